"""The activity stream of a simulation: everyone's fills, until it drops, freezes behind working pings, or repeats."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import VenueUnavailable
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.invariants import Invariant, Verdict
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.world import World
from copytrade_live.venue.rows import VenueFill

_STRANGER = "0x" + "77" * 20
# Patience doubles once when a new connection is mute as well, and a stall may come on top.
_NOTICED_WITHIN: Instant = 70 * SECOND


class SimSocket:
    """One connection. frozen_since says since when nothing but pongs comes over it."""

    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._news = asyncio.Event()
        self.is_open = True
        self.frozen_since: Instant | None = None

    async def send(self, frame: str) -> None:
        """A ping is answered, whatever else is wrong."""
        if not self.is_open:
            raise VenueUnavailable("the simulated stream is closed")
        if frame == "PING":
            self.put("PONG")

    async def receive(self) -> str:
        """The next frame."""
        while not self._frames:
            if not self.is_open:
                raise VenueUnavailable("the simulated stream is closed")
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()

    async def close(self) -> None:
        """Hang up."""
        self.is_open = False
        self._news.set()

    def put(self, frame: str) -> None:
        """A frame arrives."""
        self._frames.append(frame)
        self._news.set()


@dataclass
class SimStream:
    """The venue's side of the stream, over all connections."""

    world: World
    clock: VirtualClock
    mischief: Mischief
    verdict: Verdict
    seed: int
    sockets: list[SimSocket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._luck = stream(self.seed, "stream")
        fills = [one.fill for fills in self.world.fills.values() for one in fills]
        # Takers' fills only, as the venue has it: makers' come by the listing alone.
        told = [fill for fill in fills if self._luck.random() < 0.8]
        self._due = deque(sorted(told, key=lambda fill: fill.event_at))

    async def dial(self) -> SimSocket:
        """Open a connection. Raises: VenueUnavailable."""
        await self.clock.sleep(self._luck.uniform(0.05, 0.4))
        if self.mischief.strikes(SimFault.READ_FAILED):
            raise VenueUnavailable("the simulated stream is not there")
        socket = SimSocket()
        self.sockets.append(socket)
        return socket

    def cut(self) -> None:
        """The process at the other end is gone, and its connections with it."""
        for socket in self.sockets:
            socket.is_open = False

    def live(self) -> None:
        """Once a second: tell what happened, and perhaps fall silent."""
        now = self.clock.truth()
        self.sockets = [one for one in self.sockets if one.is_open]
        frames = [_frame(_STRANGER, None, now)] if self._luck.random() < 0.7 else []
        while self._due and self._due[0].event_at + SECOND <= now:
            fill = self._due.popleft()
            frames.append(_frame(fill.wallet, fill, fill.event_at))
            if self.mischief.strikes(SimFault.FILL_REPEATED):
                frames.append(frames[-1])
        for socket in self.sockets:
            self._misbehave(socket, now)
            for frame in frames:
                if socket.frozen_since is None:
                    socket.put(frame)

    def _misbehave(self, socket: SimSocket, now: Instant) -> None:
        if socket.frozen_since is None and self.mischief.strikes(SimFault.STREAM_FROZEN):
            socket.frozen_since = now
        if self.mischief.strikes(SimFault.STREAM_DROPPED):
            socket.is_open = False
            socket.put("")
        if socket.is_open and socket.frozen_since is not None:
            silent = now - socket.frozen_since
            text = f"the stream has been frozen for {silent} ms and nobody noticed"
            self.verdict.hold(silent <= _NOTICED_WITHIN, Invariant.I19, now, text)


def _frame(wallet: str, fill: VenueFill | None, at: Instant) -> str:
    payload: dict[str, object] = {"proxyWallet": wallet, "timestamp": at // SECOND}
    if fill is not None:
        payload |= {
            "side": fill.side.value,
            "asset": fill.token_id,
            "conditionId": fill.condition_id,
            "size": fill.size,
            "price": fill.price,
            "transactionHash": fill.tx_hash,
            "outcome": fill.outcome,
            "outcomeIndex": fill.outcome_index,
            "title": "",
            "slug": "",
            "eventSlug": "",
        }
    return json.dumps({"topic": "activity", "type": "trades", "timestamp": at, "payload": payload})
