"""Frames of the market stream: what asks for books, and books that follow what the frames tell."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from copytrade_live.core.market import Book, Instant, Level, Side
from copytrade_live.venue import fields
from copytrade_live.venue.wire_clob import parse_book

BOOK, PRICE_CHANGE = "book", "price_change"
_NONE = ("", "0", None)
_decode = msgspec.json.Decoder().decode
Message = Mapping[str, Any]


def opening(token_ids: Collection[str]) -> str:
    """The first frame of a connection."""
    return json.dumps({"type": "market", "assets_ids": list(token_ids), "custom_feature_enabled": False})


def subscribing(token_ids: Collection[str]) -> str:
    """Asks for more tokens; their books come at once."""
    return json.dumps({"operation": "subscribe", "assets_ids": list(token_ids), "custom_feature_enabled": False})


def unsubscribing(token_ids: Collection[str]) -> str:
    """Asks for fewer."""
    return json.dumps({"operation": "unsubscribe", "assets_ids": list(token_ids)})


def messages_of(frame: str) -> Sequence[Message]:
    """The messages of a frame, which holds one or a list of them; anything else holds none."""
    if not frame.startswith(("{", "[")):
        return ()
    try:
        found = _decode(frame)
    except (msgspec.DecodeError, RecursionError):
        return ()
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


class LiveBook:
    """One token's book as the stream tells it. It is trusted from a whole book on until a change contradicts it."""

    __slots__ = ("asks", "bids", "event_at", "is_trusted", "token_id")

    def __init__(self, token_id: str) -> None:
        self.token_id = token_id
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.event_at: Instant = 0
        self.is_trusted = False

    def replace(self, message: Message) -> None:
        """Take in a whole book. Raises: PayloadError."""
        whole = parse_book(message, 0)
        self.bids = {level.price: level.size for level in whole.bids}
        self.asks = {level.price: level.size for level in whole.asks}
        self.event_at = whole.event_at
        self.is_trusted = True

    def change(self, changes: Sequence[Message], event_at: Instant) -> None:
        """Take in what changed together. A book that then disagrees with the told best prices is not trusted."""
        if not self.is_trusted or event_at < self.event_at:
            return  # a late frame: the whole book that came since knows better
        for one in changes:
            levels = self.bids if fields.side(one, "side") is Side.BUY else self.asks
            price, size = fields.price(one, "price"), fields.size_or_zero(one, "size")
            if size > 0.0:
                levels[price] = size
            else:
                levels.pop(price, None)
        self.event_at = event_at
        self.is_trusted = self._agrees(changes[-1])

    def as_book(self, observed_at: Instant, depth: int) -> Book:
        """The book, best first, at most depth levels a side."""
        bids = sorted(self.bids.items(), reverse=True)[:depth]
        asks = sorted(self.asks.items())[:depth]
        return Book(
            token_id=self.token_id,
            bids=tuple(Level(price, size) for price, size in bids),
            asks=tuple(Level(price, size) for price, size in asks),
            event_at=self.event_at,
            observed_at=observed_at,
        )

    def _agrees(self, told: Message) -> bool:
        bid, ask = told.get("best_bid"), told.get("best_ask")
        if bid not in _NONE and (not self.bids or max(self.bids) != float(str(bid))):
            return False
        # An empty side is told as a price nobody can better.
        return ask in (*_NONE, "1") or (bool(self.asks) and min(self.asks) == float(str(ask)))


def changes_by_token(message: Message) -> dict[str, list[Message]]:
    """The changes of a price_change message by token. Raises: PayloadError."""
    listed = message.get("price_changes")
    if not isinstance(listed, list):
        fields.refuse("price_changes", listed, "a list")
    found: dict[str, list[Message]] = {}
    for one in listed:
        row = fields.row_of(one, "price change")
        found.setdefault(fields.token(row, "asset_id"), []).append(row)
    return found
