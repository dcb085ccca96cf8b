"""Books and prints of a warehouse as rows by token, in order of time; those of one moment alone are asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from copytrade_pipelines.backtest.compiled import loading_queries as queries
from copytrade_pipelines.backtest.compiled.laying import lay_books, sort_by_token
from copytrade_pipelines.backtest.compiled.layout import BOOK, LEVEL, PRINT, RECORDED, Array
from copytrade_pipelines.backtest.extract import Taking
from copytrade_pipelines.backtest.recorded_rows import ladder

# Rows of a batch.
BATCH = 1 << 17
# How rows of a token follow in time, as sort_by_token says.
_SOME_TOGETHER, _GO_BACK = 1, 0


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
    most = _count(take, queries.MOST_BOOKS)
    # What is never written to takes no room, and moving all that is laid costs as much as laying it did.
    laid = _Laid(opens, most + most // 8 + 1024)
    for batch in take.ask(queries.BOOKS, batch_rows=BATCH):
        laid.add(batch)
    known, starts, follow = _by_token(laid.tokens(), laid.known(), len(opens))
    if follow == _SOME_TOGETHER:
        _part_books(take, laid, known, starts)
    return Books(laid.rows[: laid.count], laid.levels[: laid.end], known, starts)


def prints_of(take: Taking, tokens: int) -> Prints:
    """The prints of all touched tokens."""
    query = queries.prints(has_makers=_count(take, queries.MAKERS) > 0)
    rows, starts, follow = _by_token(*_prints(take, query), tokens)
    if follow == _SOME_TOGETHER:
        together, token = _together(rows["known_at"], starts)
        with _told(take, token=token, known_at=rows["known_at"][together]):
            own, again = _prints(take, query + queries.PRINTS_TOGETHER)
        rows[together] = again[np.lexsort((again["known_at"], own))]
    return Prints(rows, starts)


def micros_of(column: pa.Array | pa.ChunkedArray) -> Array:
    """A column of times, none of them missing, in microseconds."""
    return numbers_of(column.cast(pa.timestamp("us")).cast(pa.int64()))


def numbers_of(column: pa.Array | pa.ChunkedArray) -> Array:
    """A column as numbers, NaN for what is not there."""
    found: Array = column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False)
    return found


class _Laid:
    """Books of batches as rows, one after another, in arrays that grow."""

    def __init__(self, opens: Array, most: int) -> None:
        self._opens = opens
        self._most = most
        self.rows, self.levels, self._known = np.zeros(most, BOOK), np.empty(0, LEVEL), np.empty(most, RECORDED)
        self._places = np.empty(most, np.int64)
        self.count = self.end = 0

    def add(self, batch: pa.RecordBatch) -> None:
        bids, asks = ladder(batch.column("bids")), ladder(batch.column("asks"))
        self._make_room(batch.num_rows, len(bids.prices) + len(asks.prices))
        first, end = self.count, self.end
        token, place = numbers_of(batch.column("token")), numbers_of(batch.column("place"))
        known_at, event_at = micros_of(batch.column("known_at")), micros_of(batch.column("event_at"))
        count = lay_books(
            token,
            known_at,
            event_at,
            place,
            bids.ends,
            bids.prices.ctypes.data,
            bids.sizes.ctypes.data,
            asks.ends,
            asks.prices.ctypes.data,
            asks.sizes.ctypes.data,
            self._opens,
            self.rows[first:],
            self.levels[end:].ctypes.data,
            self._known[first:],
            self._places[first:],
            first,
            end,
        )
        self.count += count
        self.end = int(self.rows["end"][self.count - 1]) if count else end

    def tokens(self) -> Array:
        found: Array = self.rows["token"][: self.count]
        return found

    def known(self) -> Array:
        return self._known[: self.count]

    def places(self, books: Array) -> Array:
        """Where books stand in the warehouse."""
        return self._places[books]

    def _make_room(self, rows: int, levels: int) -> None:
        if self.count + rows > len(self.rows):
            self.rows = _longer(self.rows, self.count, self.count + 2 * rows)
            self._known = _longer(self._known, self.count, self.count + 2 * rows)
            self._places = _longer(self._places, self.count, self.count + 2 * rows)
        if self.end + levels > len(self.levels):
            # As many levels a book as this batch has, and some more.
            wanted = round(1.1 * levels / max(1, rows) * max(0, self._most - self.count)) + levels
            self.levels = _longer(self.levels, self.end, self.end + wanted)


def _longer(array: Array, used: int, length: int) -> Array:
    longer = np.zeros(length, array.dtype)
    longer[:used] = array[:used]
    return longer


def _together(times: Array, starts: Array) -> tuple[Array, Array]:
    """Which rows are of one token and one moment with others, and their tokens."""
    are_same = times[1:] == times[:-1]
    # The last one of a token is none with the first one of the next.
    ends = starts[1:-1]
    are_same[ends[(ends > 0) & (ends < len(times))] - 1] = False
    together = np.flatnonzero(np.append(are_same, False) | np.insert(are_same, 0, False))
    return together, np.searchsorted(starts, together, "right") - 1


@contextmanager
def _told(take: Taking, **columns: Array) -> Iterator[None]:
    """The warehouse knows a table of rows that are together."""
    take.con.register("together", pa.table(columns))
    try:
        yield
    finally:
        take.con.unregister("together")


def _part_books(take: Taking, laid: _Laid, known: Array, starts: Array) -> None:
    """Put books of one token and one moment in the order of their ids."""
    together, token = _together(known["known_at"], starts)
    rows, places = known[together], laid.places(known["book"][together])
    with _told(take, place=places):
        ordered = numbers_of(take.ask(queries.BOOKS_TOGETHER).read_all().column("place"))
    by_place = np.argsort(places)
    turn = np.empty(len(places), np.int64)
    turn[by_place[np.searchsorted(places, ordered, sorter=by_place)]] = np.arange(len(places))
    known[together] = rows[np.lexsort((turn, rows["known_at"], token))]


def _prints(take: Taking, query: str) -> tuple[Array, Array]:
    """The token of each print that makes sense, and the print."""
    table = take.ask(query, batch_rows=BATCH).read_all()
    numbers = {name: numbers_of(table.column(name)) for name in table.column_names}
    with np.errstate(invalid="ignore"):
        fits = (numbers["price"] > 0.0) & (numbers["price"] < 1.0)
    rows = np.zeros(int(fits.sum()), PRINT)
    rows["known_at"] = rows["at"] = numbers["known_at"][fits]
    rows["price"], rows["is_sell"] = numbers["price"][fits], numbers["is_sell"][fits]
    # Rounded as to_micro rounds, half to even.
    rows["size"] = np.rint(numbers["size"][fits] * 1e6).astype(np.int64)
    return numbers["token"][fits], rows


def _by_token(token: Array, rows: Array, tokens: int) -> tuple[Array, Array, int]:
    """Rows by token in order of time, where those of each begin, and how they follow."""
    order = np.zeros(0, np.int64)
    while True:
        starts, by_token = np.zeros(tokens + 1, np.int64), np.empty(len(rows), rows.dtype)
        follow = sort_by_token(np.ascontiguousarray(token, np.int64), rows, order, starts, by_token)
        if follow != _GO_BACK:
            return by_token, starts, follow
        # Rows come in runs that are in order, which is what this sort is quick at.
        order = np.argsort(rows["known_at"], kind="stable")


def _count(take: Taking, query: str) -> int:
    return int(take.ask(query).read_all().column(0)[0].as_py())
