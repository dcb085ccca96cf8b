"""Connections that say what a test tells them to."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from copytrade_live.errors import VenueUnavailable
from copytrade_live.venue.rows import FillRow
from copytrade_live.venue.sockets import FrameSocket

HUNG_UP = ""


class ScriptedSocket:
    """One connection: what was sent, and frames to receive until it is closed."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.is_closed = False
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()

    def say(self, *frames: str) -> None:
        for frame in frames:
            self._frames.put_nowait(frame)

    def break_off(self) -> None:
        self._frames.put_nowait(None)

    async def send(self, frame: str) -> None:
        if self.is_closed:
            raise VenueUnavailable("closed")
        self.sent.append(frame)

    async def receive(self) -> str:
        frame = await self._frames.get()
        if frame is None:
            self.is_closed = True
            raise VenueUnavailable("hung up")
        return frame

    async def close(self) -> None:
        self.is_closed = True
        self._frames.put_nowait(None)


@dataclass
class Switchboard:
    """Where connections are dialled: the sockets handed out, and how often dialling fails first."""

    failures: int = 0
    sockets: list[ScriptedSocket] = field(default_factory=list)

    async def dial(self) -> FrameSocket:
        if self.failures:
            self.failures -= 1
            raise VenueUnavailable("nobody there")
        self.sockets.append(ScriptedSocket())
        return self.sockets[-1]

    async def answered(self, count: int) -> ScriptedSocket:
        """The count-th connection, once it is there."""
        async with asyncio.timeout(10):
            while len(self.sockets) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        return self.sockets[count - 1]


def frame_of(row: FillRow, kind: str = "trades", **changes: object) -> str:
    """A fill as the stream tells it."""
    payload = {
        "asset": row.token_id,
        "conditionId": row.condition_id,
        "outcome": row.outcome,
        "outcomeIndex": row.outcome_index,
        "price": row.price,
        "proxyWallet": "0x" + row.wallet[2:].upper(),
        "side": row.side.value,
        "size": row.size,
        "timestamp": row.event_at // 1000,
        "transactionHash": row.tx_hash,
    }
    return json.dumps({"topic": "activity", "type": kind, "timestamp": row.event_at, "payload": payload | changes})
