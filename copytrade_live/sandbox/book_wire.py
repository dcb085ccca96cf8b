"""A book as the CLOB sends it: strings, best price last, and a hash over the compact JSON."""

from __future__ import annotations

import hashlib
import json

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.ladder import Ladder, Rung
from copytrade_live.sandbox.venue import Venue

NO_BOOK = "No orderbook exists for the requested token id"
Book = dict[str, object]


def book_payload(venue: Venue, market: int, outcome: int, now: Instant) -> Book | None:
    """The answer to /book; None when the token has no book."""
    ladder = venue.ladder(market, outcome, now)
    if ladder is None:
        return None
    listed = venue.markets[market]
    last = venue.last_trade(market, outcome, now)
    book: Book = {
        "market": listed.condition_id,
        "asset_id": listed.token_ids[outcome],
        "timestamp": str(now - now % SECOND),
        "hash": "",
        "bids": _levels(ladder, ladder.bids),
        "asks": _levels(ladder, ladder.asks),
        "min_order_size": number_text(listed.min_order_size),
        "tick_size": number_text(venue.tick_size(market, now)),
        "neg_risk": listed.neg_risk,
        "last_trade_price": number_text(last.price) if last else "",
    }
    return book | {"hash": book_hash(book)}


def book_hash(book: Book) -> str:
    """SHA-1 of the compact JSON with an empty hash; keys in the order of the wire."""
    return hashlib.sha1(
        json.dumps(book | {"hash": ""}, separators=(",", ":")).encode(), usedforsecurity=False
    ).hexdigest()


def number_text(value: float) -> str:
    """A decimal without exponent or trailing zeros."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text or "0"


def _levels(ladder: Ladder, rungs: tuple[Rung, ...]) -> list[dict[str, str]]:
    return [{"price": number_text(ladder.price(tick)), "size": number_text(size)} for tick, size in reversed(rungs)]
