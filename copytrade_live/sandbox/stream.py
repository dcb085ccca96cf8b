"""The activity stream: takers' fills as the world's time reaches them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

from starlette.websockets import WebSocket, WebSocketDisconnect

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.checksum import checksummed
from copytrade_live.sandbox.frame_gate import FrameGate, Gates
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.venue import Venue

PUBLISH_LAG: Instant = SECOND
TYPES = ("trades", "orders_matched")
# Real seconds between two looks at the world's time, and looks between two keep-alives.
LOOK_SECONDS = 0.05
LOOKS_A_KEEPALIVE = 100


class ActivityStream:
    """Serves the stream at the root path."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._connections = 0
        self._gates = Gates(venue.faults, "/", venue.now)

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one client until it leaves."""
        await socket.accept()
        self._connections += 1
        subscribed: set[str] = set()
        gate = self._gates.open(socket)
        pusher = asyncio.create_task(self._push(socket, gate, f"sandbox-{self._connections}", subscribed))
        try:
            while True:
                await self._hear(socket, gate, subscribed)
        except WebSocketDisconnect:
            return
        finally:
            pusher.cancel()
            await asyncio.gather(pusher, return_exceptions=True)

    async def _hear(self, socket: WebSocket, gate: FrameGate, subscribed: set[str]) -> None:
        text = await socket.receive_text()
        if text == "PING":
            await socket.send_text("PONG")
            return
        try:
            wanted = read_subscription(text)
        except ValueError as error:
            await socket.send_text(json.dumps({"message": str(error)}))
            return
        if gate.takes_subscription():
            subscribed |= wanted

    async def _push(self, socket: WebSocket, gate: FrameGate, connection_id: str, subscribed: set[str]) -> None:
        sent = self._published()
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            if looks % LOOKS_A_KEEPALIVE == 0:
                await socket.send_text("")
            published = self._published()
            await gate.send_all(self._frames(sent, published, connection_id, subscribed))
            sent = published

    def _published(self) -> int:
        return self._venue.world.ledger.rows_until(self._venue.now() - PUBLISH_LAG)

    def _frames(self, first: int, last: int, connection_id: str, subscribed: set[str]) -> Iterator[Row]:
        ledger = self._venue.world.ledger
        for row in range(first, last):
            if ledger.kind[row] == Kind.TRADE and ledger.is_taker[row]:
                for name in TYPES:
                    if name in subscribed:
                        yield activity_frame(self._venue, row, connection_id, name)


def read_subscription(text: str) -> set[str]:
    """The activity types a subscribe frame asks for. Raises: ValueError when it is not one we know.

    An unknown topic fails the whole frame; filters are accepted and ignored, as the venue does.
    """
    message = json.loads(text)
    if not isinstance(message, dict) or message.get("action") != "subscribe":
        raise ValueError("action must be subscribe")
    subscriptions = message.get("subscriptions")
    if not isinstance(subscriptions, list) or not subscriptions:
        raise ValueError("subscriptions must be a list with at least one topic")
    wanted: set[str] = set()
    for one in subscriptions:
        if not isinstance(one, dict) or one.get("topic") != "activity" or one.get("type") not in (*TYPES, "*"):
            raise ValueError("unknown topic or type")
        wanted |= set(TYPES) if one["type"] == "*" else {str(one["type"])}
    return wanted


def activity_frame(venue: Venue, row: int, connection_id: str, name: str) -> Row:
    """One fill as the stream sends it, wallet in mixed case."""
    ledger = venue.world.ledger
    market, outcome = venue.markets[int(ledger.market[row])], int(ledger.outcome[row])
    wallet, at = venue.world.wallets[int(ledger.wallet[row])], int(ledger.at[row])
    payload = {
        "asset": market.token_ids[outcome],
        "bio": "",
        "conditionId": market.condition_id,
        "eventSlug": market.event_slug,
        "icon": "",
        "name": wallet.name,
        "outcome": market.outcomes[outcome],
        "outcomeIndex": outcome,
        "price": float(ledger.price[row]),
        "profileImage": "",
        "proxyWallet": checksummed(wallet.address),
        "pseudonym": wallet.pseudonym,
        "side": "BUY" if ledger.is_buy[row] else "SELL",
        "size": float(ledger.size[row]),
        "slug": market.slug,
        "timestamp": at // SECOND,
        "title": market.question,
        "transactionHash": ledger.tx[row],
    }
    stamp = at + PUBLISH_LAG
    return {"connection_id": connection_id, "payload": payload, "timestamp": stamp, "topic": "activity", "type": name}
