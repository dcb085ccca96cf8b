"""What a sweep needs of the warehouse, straight into memory: books, fills and prints never become text or a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa

from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest import queries
from copytrade_pipelines.backtest.book_fit import FIT
from copytrade_pipelines.backtest.compiled import loading_queries
from copytrade_pipelines.backtest.compiled.digests import digest_of
from copytrade_pipelines.backtest.compiled.fill_columns import AllFills, Fills, one_array
from copytrade_pipelines.backtest.compiled.id_order import order_of_ids
from copytrade_pipelines.backtest.compiled.keys import drawn_lags, keys_of
from copytrade_pipelines.backtest.compiled.laying import milliseconds
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.loaded_rows import (
    BATCH,
    Books,
    Prints,
    books_of,
    micros_of,
    numbers_of,
    prints_of,
)
from copytrade_pipelines.backtest.compiled.parameters import NotCompiledError
from copytrade_pipelines.backtest.extract import FIT_BEFORE, InMemory, Taking, Window, taking
from copytrade_pipelines.backtest.lags import Curve
from copytrade_pipelines.backtest.markets import MarketBoard
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.rows import read_markets

_APART = ("fill_id", "event_at", "known_at")
_FEW = ("markets", "statuses", "payouts", "terms")
_EMPTY = {
    "fills": (),
    "books": ("token_id", "bids", "asks", "event_at", "observed_at"),
    "prints": ("token_id", "event_at", "taker_side", "price", "size"),
}
# What is loaded as rows leaves nothing to read.
NOTHING = {name: pa.table({one: pa.array([], pa.null()) for one in columns}) for name, columns in _EMPTY.items()}
# Of a market of which nobody says when it opens.
_ALWAYS = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be loaded: a window, with the scores of one version, books fitted so long before it (milliseconds),
    and detection drawn from a curve of lags if there is one.
    """

    window: Window
    version: str
    fit: Instant = FIT_BEFORE
    curve: Curve = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Rows of a window. small holds those that are few as an extract would; the codes of books and prints are places
    in tokens and conditions, the markets in which those were traded.
    """

    small: InMemory
    tokens: list[str]
    conditions: list[str]
    fills: AllFills
    books: Books
    prints: Prints

    def content(self) -> str:
        """Names the content of all rows."""
        few = [table for name, table in sorted(self.small.tables.items()) if name not in NOTHING]
        books, prints, (names, columns) = self.books, self.prints, self.fills.parts()
        return digest_of([*few, *names], [books.rows, books.levels, books.known, prints.rows, *columns])

    def within(self, window: Window) -> Fills:
        """The fills of a window."""
        return self.fills.within(window, self.small.rows("payouts"))


def load(con: duckdb.DuckDBPyConnection, asked: Asked) -> Loaded:
    """The rows that extract takes. Raises: as extract, and NotCompiledError for what only observations tell."""
    with taking(con, asked.window, asked.version) as take:
        names = take.ask(loading_queries.NAMES).read_all()
        tokens, conditions = (names.column(name).to_pylist() for name in ("token_id", "condition_id"))
        if None in tokens or None in conditions or len(set(tokens)) < len(tokens):
            raise NotCompiledError("fills name a token in several conditions, or without one; use the driver for them")
        tables = {name: take.ask(queries.OF_WINDOW[name]).read_all() for name in _FEW}
        tables |= {"scores": take.scores, "prices": take.ask(queries.PRICES).read_all()}
        tables |= {"fit": take.ask(FIT, fit=asked.fit).read_all(), **NOTHING}
        found = Loaded(
            small=InMemory(tables=tables, digest="", leaders=take.leaders),
            tokens=tokens,
            conditions=conditions,
            fills=_fills(take, names, asked),
            books=books_of(take, _openings(tables["markets"], tokens)),
            prints=prints_of(take, len(tokens)),
        )
    return replace(found, small=replace(found.small, digest=found.content()))


def _openings(markets: pa.Table, tokens: list[str]) -> Array:
    opening = MarketBoard(read_markets(markets, TapeNotes(), 0), ()).opening
    return np.array([opening.get(token, _ALWAYS) for token in tokens], np.int64)


def _fills(take: Taking, names: pa.Table, asked: Asked) -> AllFills:
    take.con.execute(loading_queries.FOLLOWED, {"leaders": list(take.leaders)})
    try:
        table = take.ask(loading_queries.FILLS, batch_rows=BATCH).read_all()
    finally:
        take.con.execute(loading_queries.NOT_FOLLOWED)
    numbers = {name: numbers_of(table.column(name)) for name in table.column_names if name not in _APART}
    numbers |= {name: milliseconds(micros_of(table.column(name))) for name in _APART[1:]}
    ids = one_array(table.column("fill_id"))
    order = order_of_ids(ids)
    if not order.are_unique:
        raise NotCompiledError("fills come twice, so that only observations tell what counts; use the driver")
    if asked.curve:
        numbers["known_at"] = numbers["event_at"] + drawn_lags(keys_of(ids), asked.curve, asked.seed)
    rows = np.lexsort((order.ranks, numbers["known_at"]))
    # A token stands in one condition, so that both have the same codes.
    token, wallet = (pa.array(numbers.pop(name)[rows].astype(np.int32)) for name in ("token", "wallet"))
    coded = pa.DictionaryArray.from_arrays
    return AllFills(
        ids=ids.take(pa.array(rows)),
        wallets=coded(wallet, pa.array(take.leaders, pa.string())),
        conditions=coded(token, one_array(names.column("condition_id"))),
        tokens=coded(token, one_array(names.column("token_id"))),
        **{name: values[rows] for name, values in numbers.items()},
    )
