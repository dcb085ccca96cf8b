"""The user channel: what happens to an API key's orders and trades, as frames of a WebSocket."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.exchange.api_keys import ApiKey
from copytrade_live.sandbox.exchange.order_wire import order_row, trade_row
from copytrade_live.sandbox.exchange.terms import Change, ChangeKind, Order, OrderStatus, Trade
from copytrade_live.sandbox.frame_gate import FrameGate, Gates
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue

# Real seconds between two looks at the world's time.
LOOK_SECONDS = 0.05
UNAUTHORISED = 4401
_TYPES = {
    ChangeKind.PLACED: "PLACEMENT",
    ChangeKind.UPDATED: "UPDATE",
    ChangeKind.CANCELLED: "CANCELLATION",
    ChangeKind.KILLED: "CANCELLATION",
}
# Why the exchange ended an order, in the venue's words; causes that are such words already stay.
_STATUSES = {
    "": "CANCELED",
    "heartbeat": "CANCELED",
    "expired": "CANCELED_EXPIRED_ORDER",
    "market closed": "CANCELED_MARKET_RESOLVED",
}


class UserStream:
    """Serves /ws/user."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._desk = desk
        self._gates = Gates(venue.faults, "/ws/user", venue.now)

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one client until it leaves; the first frame must carry an API key."""
        await socket.accept()
        with suppress(WebSocketDisconnect):
            asked = _read(await socket.receive_text())
            key = self._key(asked)
            if key is None:
                await socket.close(UNAUTHORISED)
                return
            gate = self._gates.open(socket)
            await self._talk(socket, gate, _Listener(key, _markets(asked), is_deaf=not gate.takes_subscription()))

    async def _talk(self, socket: WebSocket, gate: FrameGate, listener: _Listener) -> None:
        listeners = self._desk.exchange.listeners
        listeners.append(listener.hear)
        pusher = asyncio.create_task(self._push(gate, listener))
        try:
            while True:
                text = await socket.receive_text()
                if text == "PING":
                    await socket.send_text("PONG")
                elif gate.takes_subscription():
                    listener.change(_read(text))
        finally:
            listeners.remove(listener.hear)
            pusher.cancel()
            await asyncio.gather(pusher, return_exceptions=True)

    async def _push(self, gate: FrameGate, listener: _Listener) -> None:
        while True:
            self._desk.now()
            await gate.send_all(listener.take())
            await asyncio.sleep(LOOK_SECONDS)

    def _key(self, asked: Row) -> ApiKey | None:
        auth = asked.get("auth")
        if not isinstance(auth, dict):
            return None
        names = ("apiKey", "secret", "passphrase")
        return self._desk.keys.find(*(str(auth.get(name, "")) for name in names))


class _Listener:
    """The frames that wait for one client. markets is empty for all; a deaf one hears nothing until it asks again."""

    def __init__(self, key: ApiKey, markets: set[str], *, is_deaf: bool = False) -> None:
        self._key, self._markets, self._is_deaf = key, markets, is_deaf
        self._waiting: list[Row] = []

    def hear(self, change: Change) -> None:
        """Keep what is about this key."""
        frame = user_frame(change, self._key.key)
        if frame is not None and not self._is_deaf and (not self._markets or frame["market"] in self._markets):
            self._waiting.append(frame)

    def take(self) -> list[Row]:
        """What waits, oldest first."""
        frames, self._waiting = self._waiting, []
        return frames

    def change(self, asked: Row) -> None:
        """Follow more or fewer markets."""
        self._is_deaf = False
        if asked.get("operation") == "subscribe":
            self._markets |= _markets(asked)
        elif asked.get("operation") == "unsubscribe":
            self._markets -= _markets(asked)


def user_frame(change: Change, owner: str) -> Row | None:
    """A change as an API key's channel tells it; None when it is not about that key."""
    if change.order is not None and change.kind in _TYPES:
        return _order_frame(change.kind, change.order, change.at) if change.order.new.owner == owner else None
    if change.trade is None:
        return None
    ours = next((leg.account for leg in change.trade.legs if leg.account and leg.owner == owner), None)
    return None if ours is None else _trade_frame(change.trade, ours, owner, change.at)


def _order_frame(kind: ChangeKind, order: Order, at: Instant) -> Row:
    row = order_row(order) | {
        "event_type": "order",
        "type": _TYPES[kind],
        "order_owner": order.new.owner,
        "created_at": str(order.placed_at // SECOND),
        "timestamp": str(at),
    }
    if kind is ChangeKind.KILLED:
        # Seen in a recorded frame: a killed order tells neither what matched nor when it came.
        return row | {"status": f"CANCELED_{order.cause}", "size_matched": "", "created_at": "", "outcome": ""}
    if order.status is OrderStatus.CANCELED:
        row["status"] = _STATUSES.get(order.cause, order.cause)
    return row


def _trade_frame(trade: Trade, account: str, owner: str, at: Instant) -> Row:
    return trade_row(trade, account) | {
        "event_type": "trade",
        "type": "TRADE",
        "trade_owner": owner,
        "timestamp": str(at),
    }


def _read(text: str) -> Row:
    try:
        asked = json.loads(text)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _markets(asked: Row) -> set[str]:
    given = asked.get("markets")
    return {str(one).lower() for one in given} if isinstance(given, list) else set()
