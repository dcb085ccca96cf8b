"""Books and prints of a warehouse as rows by token, in order of time; asked for in order only where they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from copytrade_pipelines.backtest.compiled import loading_queries as queries
from copytrade_pipelines.backtest.compiled.laying import lay_books, places_by_token
from copytrade_pipelines.backtest.compiled.layout import BOOK, LEVEL, PRINT, RECORDED, Array
from copytrade_pipelines.backtest.extract import Taking
from copytrade_pipelines.backtest.recorded_rows import ladder

# Rows of a batch.
BATCH = 1 << 17
# How rows of a token follow in time, as places_by_token says.
_FOLLOW, _SOME_TOGETHER = 2, 1
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Books:
    """Recorded books. Shape: rows in any order, levels of each best first, bids before asks; known says when each was
    known, by token in order of time: starts[c]..starts[c + 1] are those of code c.
    """

    rows: Array
    levels: Array
    known: Array
    starts: Array


@dataclass(frozen=True, slots=True)
class Prints:
    """Trades of everybody by token in order of time. Shape: starts[c]..starts[c + 1] are those of code c."""

    rows: Array
    starts: Array


def books_of(take: Taking, opens: Array) -> Books:
    """The recorded books of all touched tokens; opens is when the market of each code opens."""
    return _in_order(lambda ordered: _books(take, opens, ordered), queries.BOOKS_ORDERED)


def prints_of(take: Taking, tokens: int) -> Prints:
    """The prints of all touched tokens."""
    makers = take.ask(queries.MAKERS).read_all().column(0)[0].as_py()
    query = queries.PRINTS + (queries.PRINTED_ONCE if makers else "")
    return _in_order(lambda ordered: _prints(take, query + ordered, tokens), queries.PRINTS_ORDERED)


def numbers_of(column: pa.Array | pa.ChunkedArray) -> Array:
    """A column as numbers, NaN for what is not there."""
    found: Array = column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False)
    return found


def _in_order(asked: Callable[[str], tuple[Found, int]], ordered: str) -> Found:
    # Rows are written as they become known, so that a table mostly stands in order; sorting a million costs more than
    # all the rest. What became known in one moment has an order that only its ids tell.
    found, follow = asked("")
    return found if follow == _FOLLOW else asked(ordered)[0]


def _books(take: Taking, opens: Array, ordered: str) -> tuple[Books, int]:
    rows, levels, known = [np.zeros(0, BOOK)], [np.zeros(0, LEVEL)], [np.zeros(0, RECORDED)]
    behind, below = 0, 0
    for batch in take.ask(queries.BOOKS + ordered, batch_rows=BATCH):
        bids, asks = ladder(batch.column("bids")), ladder(batch.column("asks"))
        own, laid = np.zeros(batch.num_rows, BOOK), np.empty(len(bids.prices) + len(asks.prices), LEVEL)
        when = np.zeros(batch.num_rows, RECORDED)
        token, known_at, event_at = (numbers_of(batch.column(name)) for name in ("token", "known_at", "event_at"))
        count = lay_books(
            *(token, known_at, event_at, bids.ends, bids.prices, bids.sizes, asks.ends, asks.prices, asks.sizes),
            *(opens, own, laid, when, below),
        )
        end = int(own["end"][count - 1]) if count else below
        when["book"] += behind
        rows.append(own[:count])
        levels.append(laid[: end - below])
        known.append(when[:count])
        behind, below = behind + count, end
    whole, when = np.concatenate(rows), np.concatenate(known)
    by_token, starts, follow = _by_token(whole["token"], when, len(opens))
    return Books(whole, np.concatenate(levels), by_token, starts), follow


def _prints(take: Taking, query: str, tokens: int) -> tuple[Prints, int]:
    table = take.ask(query, batch_rows=BATCH).read_all()
    numbers = {name: numbers_of(table.column(name)) for name in table.column_names}
    with np.errstate(invalid="ignore"):
        fits = (numbers["price"] > 0.0) & (numbers["price"] < 1.0)
    rows = np.zeros(int(fits.sum()), PRINT)
    rows["known_at"] = rows["at"] = numbers["known_at"][fits]
    rows["price"], rows["is_sell"] = numbers["price"][fits], numbers["is_sell"][fits]
    # Rounded as to_micro rounds, half to even.
    rows["size"] = np.rint(numbers["size"][fits] * 1e6).astype(np.int64)
    by_token, starts, follow = _by_token(numbers["token"][fits], rows, tokens)
    return Prints(by_token, starts), follow


def _by_token(token: Array, rows: Array, tokens: int) -> tuple[Array, Array, int]:
    starts, places = np.zeros(tokens + 1, np.int64), np.empty(len(rows), np.int64)
    follow = places_by_token(token.astype(np.int64), rows["known_at"].copy(), starts, places)
    by_token = np.empty(len(rows), rows.dtype)
    by_token[places] = rows
    return by_token, starts, follow
