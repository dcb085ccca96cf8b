"""The activity stream: takers' fills, of the world and of accounts here, as the world's time reaches them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import chain

from starlette.websockets import WebSocket, WebSocketDisconnect

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.checksum import checksummed
from copytrade_live.sandbox.frame_gate import FrameGate, Gates
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.own_history import OwnHistory, OwnRow
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldMarket

PUBLISH_LAG: Instant = SECOND
TYPES = ("trades", "orders_matched")
# Real seconds between two looks at the world's time, and looks between two keep-alives.
LOOK_SECONDS = 0.05
LOOKS_A_KEEPALIVE = 100


class ActivityStream:
    """Serves the stream at the root path."""

    def __init__(self, venue: Venue, own: OwnHistory) -> None:
        self._venue, self._own = venue, own
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
        sent = self._venue.now() - PUBLISH_LAG
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            if looks % LOOKS_A_KEEPALIVE == 0:
                await socket.send_text("")
            published = self._venue.now() - PUBLISH_LAG
            await gate.send_all(self._frames(sent, published, connection_id, subscribed))
            sent = published

    def _frames(self, after: Instant, until: Instant, connection_id: str, subscribed: set[str]) -> Iterator[Row]:
        ours = map(self._ours, self._own.takes(after, until))
        for at, payload in chain(self._strangers(after, until), ours):
            for name in TYPES:
                if name in subscribed:
                    yield {
                        "connection_id": connection_id,
                        "payload": payload,
                        "timestamp": at + PUBLISH_LAG,
                        "topic": "activity",
                        "type": name,
                    }

    def _strangers(self, after: Instant, until: Instant) -> Iterator[tuple[Instant, Row]]:
        ledger = self._venue.world.ledger
        for row in range(ledger.rows_until(after), ledger.rows_until(until)):
            if ledger.kind[row] == Kind.TRADE and ledger.is_taker[row]:
                yield int(ledger.at[row]), fill_payload(self._venue, row)

    def _ours(self, row: OwnRow) -> tuple[Instant, Row]:
        payload = trade_payload(self._venue.markets[row.market], row.outcome)
        return row.at, payload | {
            "name": "",
            "price": row.price,
            "proxyWallet": checksummed(row.wallet),
            "pseudonym": "",
            "side": "BUY" if row.is_buy else "SELL",
            "size": row.size,
            "timestamp": row.at // SECOND,
            "transactionHash": row.transaction,
        }


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


def fill_payload(venue: Venue, row: int) -> Row:
    """One fill of the world as the stream sends it, wallet in mixed case."""
    ledger = venue.world.ledger
    wallet = venue.world.wallets[int(ledger.wallet[row])]
    return trade_payload(venue.markets[int(ledger.market[row])], int(ledger.outcome[row])) | {
        "name": wallet.name,
        "price": float(ledger.price[row]),
        "proxyWallet": checksummed(wallet.address),
        "pseudonym": wallet.pseudonym,
        "side": "BUY" if ledger.is_buy[row] else "SELL",
        "size": float(ledger.size[row]),
        "timestamp": int(ledger.at[row]) // SECOND,
        "transactionHash": ledger.tx[row],
    }


def trade_payload(market: WorldMarket, outcome: int) -> Row:
    """What a fill says of its market, and what it leaves blank."""
    return {
        "asset": market.token_ids[outcome],
        "bio": "",
        "conditionId": market.condition_id,
        "eventSlug": market.event_slug,
        "icon": "",
        "outcome": market.outcomes[outcome],
        "outcomeIndex": outcome,
        "profileImage": "",
        "slug": market.slug,
        "title": market.question,
    }
