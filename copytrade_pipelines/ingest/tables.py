"""Typed venue rows as Arrow tables in the shape of the raw tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from copytrade_live.core.market import Book, Instant, Role
from copytrade_live.venue.rows import (
    BadRow,
    EventRow,
    MarketRow,
    PositionRow,
    PricePoint,
    ResolutionRow,
    VenueActivity,
    VenueFill,
)
from copytrade_pipelines.warehouse_schema import COLUMNS, KEYS, LADDER

_LADDER = pa.list_(pa.struct([("price", pa.float64()), ("size", pa.float64())]))
_ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("ms"),
    "VARCHAR[]": pa.list_(pa.string()),
    "DOUBLE[]": pa.list_(pa.float64()),
    LADDER: _LADDER,
}
Rows = Sequence[Mapping[str, object]]


def arrow(table: str, rows: Rows) -> pa.Table:
    """Rows as an Arrow table with the columns of a raw table; a row may leave out what it does not know."""
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS[table].items()])
    keys = KEYS[table]
    columns = {name: [row[name] if name in keys else row.get(name) for row in rows] for name in COLUMNS[table]}
    return pa.table(columns, schema=schema)


def from_columns(table: str, columns: Mapping[str, object]) -> pa.Table:
    """Columns as an Arrow table in the shape of a raw table."""
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS[table].items()])
    return pa.table({name: columns[name] for name in COLUMNS[table]}, schema=schema)


def fills(rows: Iterable[tuple[VenueFill, Role]], *, source: str, lag: Instant) -> pa.Table:
    """Rows of raw.fills; a fill counts as known lag after it happened."""
    return arrow(
        "raw.fills",
        [
            {
                "fill_id": fill.fill_id,
                "wallet": fill.wallet,
                "condition_id": fill.condition_id,
                "token_id": fill.token_id,
                "outcome": fill.outcome,
                "outcome_index": fill.outcome_index,
                "side": fill.side.value,
                "role": role.value,
                "price": fill.price,
                "size": fill.size,
                "event_at": fill.event_at,
                "observed_at": fill.event_at + lag,
                "tx_hash": fill.tx_hash,
                "occurrence": fill.occurrence,
                "source": source,
                "title": fill.title,
                "slug": fill.slug,
                "event_slug": fill.event_slug,
            }
            for fill, role in rows
        ],
    )


def activity(rows: Iterable[VenueActivity], *, source: str, lag: Instant) -> pa.Table:
    """Rows of raw.activity."""
    return arrow(
        "raw.activity",
        [
            {
                "activity_id": row.activity_id,
                "wallet": row.wallet,
                "type": row.type,
                "condition_id": row.condition_id,
                "token_id": row.token_id,
                "size": row.size,
                "usdc_size": row.usdc_size,
                "event_at": row.event_at,
                "observed_at": row.event_at + lag,
                "tx_hash": row.tx_hash,
                "source": source,
            }
            for row in rows
        ],
    )


def positions(rows: Iterable[PositionRow], *, observed_at: Instant, source: str) -> pa.Table:
    """Rows of raw.positions: a state of now, so its time is the hour it was asked for."""
    return arrow(
        "raw.positions",
        [
            {
                "wallet": row.wallet,
                "token_id": row.token_id,
                "condition_id": row.condition_id,
                "status": row.status,
                "outcome": row.outcome,
                "size": row.size,
                "total_size": row.total_size,
                "average_price": row.average_price,
                "realised_pnl": row.realised_pnl,
                "total_pnl": row.total_pnl,
                "event_at": row.event_at,
                "observed_at": observed_at,
                "source": source,
            }
            for row in rows
        ],
    )


def markets(rows: Iterable[MarketRow], *, lag: Instant) -> pa.Table:
    """Rows of raw.markets; observed_at is lag after the market closed, or while it is open after it started."""
    return arrow("raw.markets", [_market(row, lag) for row in rows])


def events(rows: Iterable[EventRow], *, lag: Instant) -> pa.Table:
    """Rows of raw.events; known when it started."""
    return arrow(
        "raw.events",
        [
            {
                "event_id": row.event_id,
                "slug": row.slug,
                "title": row.title,
                "category": row.category,
                "tags": list(row.tags),
                "neg_risk": row.neg_risk,
                "neg_risk_id": row.neg_risk_id,
                "condition_ids": list(row.condition_ids),
                "yes_tokens": list(row.yes_tokens),
                "no_tokens": list(row.no_tokens),
                "start_at": row.start_at,
                "end_at": row.end_at,
                "closed": row.closed,
                "observed_at": _later(row.start_at or row.updated_at, lag),
            }
            for row in rows
        ],
    )


def resolutions(rows: Iterable[ResolutionRow], *, source: str, lag: Instant) -> pa.Table:
    """Rows of raw.resolutions; winning_outcome is filled in from the market's outcomes afterwards."""
    return arrow(
        "raw.resolutions",
        [
            {
                "condition_id": row.condition_id,
                "status": row.status,
                "payouts": list(row.payouts),
                "winning_outcome": None,
                "resolved_at": row.resolved_at,
                "known_at": _later(row.resolved_at or row.updated_at, lag),
                "was_disputed": row.was_disputed,
                "source": source,
            }
            for row in rows
        ],
    )


def books(rows: Iterable[tuple[str, Book]], *, source: str, as_observed: bool = False) -> pa.Table:
    """Rows of raw.books. A snapshot is known when it was stamped: the venue keeps no history to lag behind.

    as_observed takes the time it was seen at instead, which a journal recorded.
    """
    return arrow("raw.books", [_book(condition, book, source, as_observed) for condition, book in rows])


def prices(points: Mapping[str, Sequence[PricePoint]]) -> pa.Table:
    """Rows of raw.prices."""
    return arrow(
        "raw.prices",
        [{"token_id": token, "at": point.at, "mid": point.mid} for token, row in points.items() for point in row],
    )


def quarantine(rows: Iterable[BadRow]) -> pa.Table:
    """Rows of raw.quarantine, one per distinct payload of a source; the hour of arrival is not kept."""
    distinct = {_quarantine_id(row): row for row in rows}
    return arrow(
        "raw.quarantine",
        [
            {
                "quarantine_id": key,
                "source": row.source,
                "reason": row.reason,
                "field": row.field,
                "value": row.value,
                "payload": row.payload,
                "first_seen_at": None,
            }
            for key, row in distinct.items()
        ],
    )


def _quarantine_id(row: BadRow) -> str:
    return hashlib.sha256(f"{row.source}|{row.payload}".encode()).hexdigest()[:32]


def _market(row: MarketRow, lag: Instant) -> dict[str, object]:
    # Not updatedAt: volume moves it every minute, and the row would change with the hour it was fetched.
    known_at = (row.closed_at if row.closed else row.start_at) or row.updated_at
    return {
        "condition_id": row.condition_id,
        "market_id": row.market_id,
        "question": row.question,
        "slug": row.slug,
        "event_id": row.event_id,
        "event_slug": row.event_slug,
        "category": row.category,
        "outcomes": list(row.outcomes),
        "token_ids": list(row.token_ids),
        "tick_size": row.tick_size,
        "min_order_size": row.min_order_size,
        "fee_rate": row.fee_rate,
        "fee_exponent": row.fee_exponent,
        "neg_risk": row.neg_risk,
        "start_at": row.start_at,
        "end_at": row.end_at,
        "closed": row.closed,
        "closed_at": row.closed_at,
        "accepting_orders": row.accepting_orders,
        "observed_at": _later(known_at, lag),
        "uma_statuses": list(row.uma_statuses),
        "uma_end_at": row.uma_end_at,
        # Of an open market they move with every trade.
        "outcome_prices": list(row.outcome_prices) if row.closed else None,
    }


def _book(condition: str, book: Book, source: str, as_observed: bool) -> dict[str, object]:
    bids = [{"price": level.price, "size": level.size} for level in book.bids]
    asks = [{"price": level.price, "size": level.size} for level in book.asks]
    identity = f"{book.token_id}|{book.event_at}|{bids}|{asks}"
    return {
        "book_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "token_id": book.token_id,
        "condition_id": condition,
        "event_at": book.event_at,
        "observed_at": book.observed_at if as_observed else book.event_at,
        "bids": bids,
        "asks": asks,
        "source": source,
    }


def _later(moment: Instant | None, lag: Instant) -> Instant | None:
    return None if moment is None else moment + lag
