"""What the runner saw with its decisions, kept as market data: books, which nobody is shown twice, and terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from copytrade_live.core.codec import decode
from copytrade_live.core.events import BookObserved, LeaderFillObserved, MarketObserved, OrderExpired
from copytrade_live.core.market import Book, BookSource, Market
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.terms import RUNNER, append_terms_seen
from copytrade_pipelines.ingest.upsert import Change, upsert

_TELLING = frozenset(kind.__name__ for kind in (BookObserved, LeaderFillObserved, MarketObserved, OrderExpired))
# A market may be traded before it is fetched; then an earlier book of the token knows it.
_NAME_CONDITIONS = """
    UPDATE raw.books AS b SET condition_id = m.condition_id, loaded_seq = nextval('raw.load_seq')
    FROM (
        SELECT unnest(token_ids) AS token_id, condition_id FROM raw.markets
        UNION SELECT token_id, condition_id FROM raw.books WHERE condition_id != ''
    ) AS m
    WHERE b.condition_id = '' AND b.token_id = m.token_id
"""


def keep_what_was_seen(con: duckdb.DuckDBPyConnection, lines: Iterable[Mapping[str, Any]]) -> Change:
    """Bring the books and the market terms of journal lines into their tables. Returns: what changed in raw.books."""
    events = [decode(line) for line in lines if line["type"] in _TELLING]
    markets = [market for event in events for market in _markets(event)]
    append_terms_seen(con, markets)
    conditions = {token: market.condition_id for market in markets for token in market.token_ids}
    distinct = {
        (book.token_id, book.event_at, book.bids, book.asks): (condition or conditions.get(book.token_id, ""), book)
        for event in events
        for condition, book in _books(event)
        if book.source is BookSource.RECORDED
    }
    change = upsert(con, "raw.books", tables.books(distinct.values(), source=RUNNER, as_observed=True))
    if change.new:
        con.execute(_NAME_CONDITIONS)
    return change


def _books(event: object) -> Iterator[tuple[str, Book]]:
    match event:
        case LeaderFillObserved(signal=signal, book=Book() as book):
            yield signal.condition_id, book
        case BookObserved(book=Book() as book) | OrderExpired(book=Book() as book):
            yield "", book


def _markets(event: object) -> Iterator[Market]:
    match event:
        case LeaderFillObserved(market=Market() as market) | MarketObserved(market=Market() as market):
            yield market
