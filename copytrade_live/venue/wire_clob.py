"""Payloads of the CLOB to typed rows and books."""

from __future__ import annotations

from typing import Any

from copytrade_live.core.market import Book, Instant, Level
from copytrade_live.venue import fields
from copytrade_live.venue.fields import Payload
from copytrade_live.venue.rows import ClobMarketRow, PricePoint


def parse_book(payload: object, observed_at: Instant) -> Book:
    """One answer of /book or /books. The venue sends best last; both orders are read by sorting."""
    row = fields.row_of(payload, "book")
    return Book(
        token_id=fields.token(row, "asset_id"),
        bids=tuple(sorted(_levels(row, "bids"), key=lambda level: -level.price)),
        asks=tuple(sorted(_levels(row, "asks"), key=lambda level: level.price)),
        event_at=fields.instant(row, "timestamp"),
        observed_at=observed_at,
    )


def book_condition(payload: object) -> str:
    """The condition a book belongs to; excerpts leave it out."""
    return fields.optional_condition(fields.row_of(payload, "book"), "market")


def parse_clob_market(payload: object) -> ClobMarketRow:
    """The answer of /clob-markets/{condition}; absent nr and itode are false, absent fd is no fee."""
    row = fields.row_of(payload, "clob market")
    tokens = [fields.row_of(item, "t") for item in _list(row, "t")]
    schedule = fields.row_of(row.get("fd") or {}, "fd")
    return ClobMarketRow(
        condition_id=fields.condition(row, "c"),
        token_ids=tuple(fields.token(item, "t") for item in tokens),
        outcomes=tuple(fields.text(item, "o") for item in tokens),
        tick_size=fields.size(row, "mts"),
        min_order_size=fields.size(row, "mos"),
        fee_rate=fields.optional_number(schedule, "r", 0.0),
        fee_exponent=fields.optional_number(schedule, "e", 1.0),
        neg_risk=fields.truth(row, "nr"),
        has_taker_delay=fields.truth(row, "itode"),
    )


def parse_tick_size(payload: object) -> float:
    """The answer of /tick-size."""
    return fields.size(fields.row_of(payload, "tick size"), "minimum_tick_size")


def parse_midpoint(payload: object) -> float:
    """The answer of /midpoint."""
    return fields.price(fields.row_of(payload, "midpoint"), "mid")


def parse_prices_history(payload: object) -> list[PricePoint]:
    """The answer of /prices-history: mids, oldest first."""
    row = fields.row_of(payload, "prices history")
    points = [fields.row_of(item, "history") for item in _list(row, "history")]
    found = [PricePoint(at=fields.instant(point, "t"), mid=fields.price(point, "p")) for point in points]
    return sorted(found, key=lambda point: point.at)


def parse_prices_histories(payload: object) -> dict[str, list[PricePoint]]:
    """The answer of /batch-prices-history: the mids of each token, oldest first."""
    row = fields.row_of(payload, "prices histories")
    by_token = fields.row_of(row.get("history"), "history")
    return {token: parse_prices_history({"history": points}) for token, points in by_token.items()}


def parse_time(payload: object) -> Instant:
    """The answer of /time: whole seconds (a sandbox may send milliseconds)."""
    return fields.instant({"time": payload}, "time")


def _levels(row: Payload, field: str) -> list[Level]:
    found = [fields.row_of(item, field) for item in _list(row, field)]
    levels = (Level(fields.price(item, "price"), fields.size_or_zero(item, "size")) for item in found)
    return [level for level in levels if level.size > 0.0]


def _list(row: Payload, field: str) -> list[Any]:
    found = row.get(field)
    if found is None:
        return []
    if not isinstance(found, list):
        fields.refuse(field, found, "a list")
    return found
