"""Books and prints of a warehouse as rows by token, in order of time; those of one moment alone are asked for again."""

from __future__ import annotations

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
_FOLLOW, _SOME_TOGETHER, _GO_BACK = 2, 1, 0


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
        _part(take, laid, known, starts)
    return Books(laid.rows[: laid.count], laid.levels[: laid.end], known, starts)


def prints_of(take: Taking, tokens: int) -> Prints:
    """The prints of all touched tokens."""
    query = queries.PRINTS + (queries.PRINTED_ONCE if _count(take, queries.MAKERS) else "")
    found, follow = _prints(take, query, tokens)
    return found if follow == _FOLLOW else _prints(take, query + queries.PRINTS_ORDERED, tokens)[0]


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
        self.count = self.end = 0

    def add(self, batch: pa.RecordBatch) -> None:
        bids, asks = ladder(batch.column("bids")), ladder(batch.column("asks"))
        self._make_room(batch.num_rows, len(bids.prices) + len(asks.prices))
        first, end = self.count, self.end
        token, known_at, event_at = (numbers_of(batch.column(name)) for name in ("token", "known_at", "event_at"))
        count = lay_books(
            token,
            known_at,
            event_at,
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
            first,
            end,
        )
        self.count += count
        self.end = int(self.rows["end"][self.count - 1]) if count else end

    def tokens(self, first: int = 0) -> Array:
        found: Array = self.rows["token"][first : self.count]
        return found

    def known(self, first: int = 0) -> Array:
        return self._known[first : self.count]

    def _make_room(self, rows: int, levels: int) -> None:
        if self.count + rows > len(self.rows):
            self.rows = _longer(self.rows, self.count, self.count + 2 * rows)
            self._known = _longer(self._known, self.count, self.count + 2 * rows)
        if self.end + levels > len(self.levels):
            # As many levels a book as this batch has, and some more.
            wanted = round(1.1 * levels / max(1, rows) * max(0, self._most - self.count)) + levels
            self.levels = _longer(self.levels, self.end, self.end + wanted)


def _longer(array: Array, used: int, length: int) -> Array:
    longer = np.zeros(length, array.dtype)
    longer[:used] = array[:used]
    return longer


def _part(take: Taking, laid: _Laid, known: Array, starts: Array) -> None:
    """Put books of one token and one moment in the order of their ids."""
    token = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    are_same = (known["known_at"][1:] == known["known_at"][:-1]) & (token[1:] == token[:-1])
    together = np.append(are_same, False) | np.insert(are_same, 0, False)
    pairs = _pairs(token[together], known["known_at"][together])
    times, codes = np.unique(known["known_at"][together]), np.unique(token[together])
    before = laid.count
    query = queries.BOOKS + queries.TOGETHER + queries.BOOKS_ORDERED
    for batch in take.ask(query, batch_rows=BATCH, times=times.tolist(), codes=codes.tolist()):
        laid.add(batch)
    again, own = laid.known(before), _pairs(laid.tokens(before).astype(np.int64), laid.known(before)["known_at"])
    # Other tokens had books at some of those moments too.
    wanted = np.flatnonzero(np.isin(own, pairs))
    known[together] = again[wanted[np.argsort(own[wanted], kind="stable")]]


def _pairs(tokens: Array, times: Array) -> Array:
    # Milliseconds take 42 bits until the year 2109.
    return (tokens << 42) | times


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
