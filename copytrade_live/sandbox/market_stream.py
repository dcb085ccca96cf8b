"""The market channel: whoever names tokens gets their books, and then whatever changes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.frame_gate import FrameGate, Gates
from copytrade_live.sandbox.market_frames import MarketFrames
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue

# Real seconds between two looks at the books.
LOOK_SECONDS = 0.1


class MarketStream:
    """Serves /ws/market."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._venue, self._desk = venue, desk
        self._gates = Gates(venue.faults, "/ws/market", venue.now)

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one client until it leaves."""
        await socket.accept()
        frames, gate = MarketFrames(self._venue, self._desk), self._gates.open(socket)
        pusher = asyncio.create_task(self._push(gate, frames))
        try:
            with suppress(WebSocketDisconnect):
                while True:
                    await self._hear(socket, gate, frames)
        finally:
            pusher.cancel()
            await asyncio.gather(pusher, return_exceptions=True)

    async def _hear(self, socket: WebSocket, gate: FrameGate, frames: MarketFrames) -> None:
        text = await socket.receive_text()
        if text == "PING":
            await socket.send_text("PONG")
            return
        asked = _read(text)
        tokens = asked.get("assets_ids")
        named = [str(token) for token in tokens] if isinstance(tokens, list) else []
        if asked.get("operation") == "unsubscribe":
            frames.leave(named)
        elif asked.get("type") == "market" or asked.get("operation") == "subscribe":
            is_taken = gate.takes_subscription()
            books = frames.follow(named, custom=asked.get("custom_feature_enabled") is True) if is_taken else []
            if books:
                await gate.send(books)

    async def _push(self, gate: FrameGate, frames: MarketFrames) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await gate.send_all(frames.look())


def _read(text: str) -> Row:
    try:
        asked = json.loads(text)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
