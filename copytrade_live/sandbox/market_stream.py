"""The market channel: whoever names tokens gets their books, and then whatever changes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from copytrade_live.sandbox.answers import Row, json_text
from copytrade_live.sandbox.market_frames import MarketFrames
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue

# Real seconds between two looks at the books.
LOOK_SECONDS = 0.1


class MarketStream:
    """Serves /ws/market."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._venue, self._desk = venue, desk

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one client until it leaves."""
        await socket.accept()
        frames = MarketFrames(self._venue, self._desk)
        pusher = asyncio.create_task(self._push(socket, frames))
        try:
            with suppress(WebSocketDisconnect):
                while True:
                    await self._hear(socket, frames)
        finally:
            pusher.cancel()
            await asyncio.gather(pusher, return_exceptions=True)

    async def _hear(self, socket: WebSocket, frames: MarketFrames) -> None:
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
            books = frames.follow(named, custom=asked.get("custom_feature_enabled") is True)
            if books:
                await socket.send_text(json_text(books))

    async def _push(self, socket: WebSocket, frames: MarketFrames) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for frame in frames.look():
                await socket.send_text(json_text(frame))


def _read(text: str) -> Row:
    try:
        asked = json.loads(text)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
