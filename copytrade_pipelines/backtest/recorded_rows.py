"""Books, mids and prints of an extract as columns: rows that make no sense are left out and counted, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from copytrade_live.core.market import MINUTE, Book, Instant, Level, Side
from copytrade_pipelines.backtest.columns import Clean, Numbers, RecentRows, Row, TokenRows
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.prints import Print
from copytrade_pipelines.backtest.rows import Source

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
# Between two looks of an order that rests lies a second or so.
_PRINTS_KEPT: Instant = 10 * MINUTE
_BUY = Side.BUY.value


@dataclass(frozen=True, slots=True)
class Ladder:
    """One side of every book of a batch. Shape: levels of row r are those from ends[r] up to ends[r + 1]."""

    ends: Numbers
    prices: Floats
    sizes: Floats

    def any_bad(self) -> Mask:
        """Which rows hold a price outside 0 to 1 or a size that is not positive."""
        is_bad = ~((self.prices > 0.0) & (self.prices < 1.0) & (self.sizes > 0.0) & np.isfinite(self.sizes))
        counted = np.concatenate(([0], np.cumsum(is_bad)))
        found: Mask = counted[self.ends[1:]] > counted[self.ends[:-1]]
        return found

    def best(self, highest: bool, empty: float) -> Floats:
        """The best price of each row, and empty where a side is."""
        found = np.full(len(self.ends) - 1, empty)
        filled = np.diff(self.ends) > 0
        if filled.any():
            reduce = np.maximum if highest else np.minimum
            found[filled] = reduce.reduceat(self.prices, self.ends[:-1][filled])
        return found


def ladder(column: pa.Array) -> Ladder:
    """A column of levels as flat numbers."""
    levels = pc.list_flatten(column)
    if column.null_count:
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        ends = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    else:
        offsets = column.offsets.to_numpy()
        ends = offsets.astype(np.int64) - offsets[0]
    return Ladder(
        ends=ends,
        prices=_floats(pc.struct_field(levels, "price")),
        sizes=_floats(pc.struct_field(levels, "size")),
    )


def books_of(source: Source, opening: Mapping[str, Instant], notes: TapeNotes) -> TokenRows:
    """Recorded books by when they were observed. opening says when the markets of tokens opened."""

    def clean(columns: pa.RecordBatch) -> tuple[pa.RecordBatch, Numbers]:
        bids, asks = ladder(columns.column("bids")), ladder(columns.column("asks"))
        has_time = _is_there(columns, "observed_at") & _is_there(columns, "event_at")
        is_bad = bids.any_bad() | asks.any_bad()
        is_crossed = bids.best(True, -1.0) >= asks.best(False, 2.0)
        notes.skip("book without a time", int((~has_time).sum()))
        notes.skip("book with a price outside 0 to 1 or a size that is not positive", int((has_time & is_bad).sum()))
        notes.skip("book whose bid is not below its ask", int((has_time & ~is_bad & is_crossed).sum()))
        fits = has_time & ~is_bad & ~is_crossed
        is_early = fits & _is_early(columns, opening)
        notes.skip("book recorded before its market opened", int(is_early.sum()))
        return _kept(columns, fits & ~is_early, "observed_at")

    return TokenRows(source, clean, ("token_id", "bids", "asks", "event_at", "observed_at"))


def _is_early(columns: pa.RecordBatch, opening: Mapping[str, Instant]) -> Mask:
    tokens = columns.column("token_id")
    if not pa.types.is_dictionary(tokens.type):
        tokens = tokens.dictionary_encode()
    opens = np.array([opening.get(name, 0) for name in tokens.dictionary.to_pylist()], dtype=np.int64)
    times = pc.fill_null(columns.column("observed_at"), 0).to_numpy(zero_copy_only=False)
    found: Mask = times < opens[tokens.indices.to_numpy(zero_copy_only=False)]
    return found


def mids_of(source: Source, notes: TapeNotes, lag: Instant) -> TokenRows:
    """Past mids; each counts as known lag after its time."""
    return TokenRows(source, _cleaner(notes, "mid", "at", lag, "mid outside 0 to 1"), ("token_id", "at", "mid"))


def prints_of(source: Source, notes: TapeNotes) -> RecentRows:
    """Trades of others by when they happened: the venue matches then, whoever hears of it later."""
    clean = _cleaner(notes, "price", "event_at", 0, "print with a price outside 0 to 1")
    return RecentRows(source, clean, _PRINTS_KEPT, ("token_id", "event_at", "taker_side", "price", "size"))


def book_of(token_id: str, row: Row) -> Book:
    """The token's book in a row."""
    batch, place = row
    return Book(
        token_id=token_id,
        bids=_levels(row, "bids", is_bid=True),
        asks=_levels(row, "asks", is_bid=False),
        event_at=number_in(row, "event_at"),
        observed_at=int(batch.times[place]),
    )


def print_in(row: Row) -> Print:
    """The print in a row."""
    columns, place = row[0].columns, row[1]
    side = Side.BUY if columns.column("taker_side")[place].as_py() == _BUY else Side.SELL
    return Print(
        int(row[0].times[place]),
        str(columns.column("token_id")[place]),
        side,
        columns.column("price")[place].as_py(),
        columns.column("size")[place].as_py(),
    )


def number_in(row: Row, name: str) -> Any:
    """A number of a row."""
    batch, place = row
    column = batch.kept.get(name)
    if column is None:
        column = batch.kept[name] = batch.columns.column(name).to_numpy(zero_copy_only=False)
    return column[place].item()


def _levels(row: Row, name: str, *, is_bid: bool) -> tuple[Level, ...]:
    batch, place = row
    side = batch.kept.get(name)
    if side is None:
        side = batch.kept[name] = ladder(batch.columns.column(name))
    first, end = side.ends[place], side.ends[place + 1]
    prices, sizes = side.prices[first:end].tolist(), side.sizes[first:end].tolist()
    levels = tuple(map(Level, prices, sizes))
    if prices == sorted(prices, reverse=is_bid):
        return levels
    return tuple(sorted(levels, key=lambda level: -level.price if is_bid else level.price))


def _cleaner(notes: TapeNotes, price: str, at: str, lag: Instant, problem: str) -> Clean:
    def clean(columns: pa.RecordBatch) -> tuple[pa.RecordBatch, Numbers]:
        prices = _floats(columns.column(price))
        fits = _is_there(columns, at) & (prices > 0.0) & (prices < 1.0)
        notes.skip(problem, int((~fits).sum()))
        kept, times = _kept(columns, fits, at)
        return kept, times + lag

    return clean


def _kept(columns: pa.RecordBatch, fits: Mask, time: str) -> tuple[pa.RecordBatch, Numbers]:
    kept = columns if fits.all() else columns.filter(pa.array(fits))
    return kept, kept.column(time).to_numpy(zero_copy_only=False).astype(np.int64)


def _is_there(columns: pa.RecordBatch, name: str) -> Mask:
    found: Mask = columns.column(name).is_valid().to_numpy(zero_copy_only=False)
    return found


def _floats(column: pa.Array) -> Floats:
    found: Floats = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return found
