"""Rows of many tokens in order of time, read forwards a batch at a time: the last row of a token as of a moment.

A batch stays as columns and is only searched; of those read already one row a token is kept. That is what lets tens of
millions of quotes stand beside a tape without being looked at one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest.rows import Source

BATCH_ROWS = 65_536
_TOKEN = "token_id"  # noqa: S105 a column
Numbers = npt.NDArray[np.int64]

# A batch without the rows that make no sense, and the time at which each of the others could be known.
Clean = Callable[[pa.RecordBatch], tuple[pa.RecordBatch, Numbers]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in order of time. Shape: rows lists those of each token in turn, starts where those of a token begin.

    kept is for whatever a reader makes of a whole column.
    """

    columns: pa.RecordBatch
    times: Numbers
    codes: dict[str, int]
    rows: Numbers
    starts: Numbers
    kept: dict[str, Any] = field(default_factory=dict)

    def of(self, token_id: str) -> Numbers:
        """The rows of a token, in order of time."""
        code = self.codes.get(token_id)
        if code is None:
            return self.rows[:0]
        return self.rows[self.starts[code] : self.starts[code + 1]]


Row = tuple[Batch, int]


class TokenRows:
    """One source's rows. Time only goes forwards: every moment asked for is at least the one before."""

    def __init__(self, source: Source, clean: Clean, names: Sequence[str]) -> None:
        self._batches = read_batches(source, clean, names)
        self._current: Batch | None = next(self._batches, None)
        self._carried: Batch | None = None

    def last(self, token_id: str, now: Instant) -> Row | None:
        """The token's last row known at now."""
        self._advance(now)
        if self._current is not None and self._current.times[0] <= now:
            rows = self._current.of(token_id)
            place = bisect_right(rows, now, key=self._current.times.__getitem__)
            if place:
                return self._current, int(rows[place - 1])
        if self._carried is not None:
            rows = self._carried.of(token_id)
            if len(rows):
                return self._carried, int(rows[0])
        return None

    def batches(self) -> Iterator[Batch]:
        """Every batch that is not passed yet, for whoever takes all rows at once."""
        while self._current is not None:
            yield self._current
            self._current = next(self._batches, None)

    def _advance(self, now: Instant) -> None:
        while self._current is not None and self._current.times[-1] <= now:
            self._carried = _last_rows(self._carried, self._current)
            self._current = next(self._batches, None)


class RecentRows:
    """One source's rows of which only those of a short while ago are asked for."""

    def __init__(self, source: Source, clean: Clean, kept: Instant, names: Sequence[str]) -> None:
        self._batches = read_batches(source, clean, names)
        self._kept = kept
        self._held: list[Batch] = []
        self._is_over = False

    def between(self, token_id: str, since: Instant, until: Instant) -> Iterator[Row]:
        """The token's rows known after since and up to until, in order."""
        self._advance(until)
        for batch in self._held:
            if batch.times[0] <= until and batch.times[-1] > since:
                for row in batch.of(token_id):
                    if since < batch.times[row] <= until:
                        yield batch, int(row)

    def batches(self) -> Iterator[Batch]:
        """Every batch that is not read yet, for whoever takes all rows at once."""
        return self._batches

    def _advance(self, now: Instant) -> None:
        while not self._is_over and (not self._held or self._held[-1].times[-1] <= now):
            batch = next(self._batches, None)
            if batch is None:
                self._is_over = True
                return
            self._held.append(batch)
        while len(self._held) > 1 and self._held[0].times[-1] < now - self._kept:
            del self._held[0]


def read_batches(source: Source, clean: Clean, names: Sequence[str]) -> Iterator[Batch]:
    """The source's batches, rows that make no sense left out."""
    for columns in _batches(source, list(names)):
        kept, times = clean(columns)
        if kept.num_rows:
            yield index_batch(kept, times)


def _batches(source: Source, names: list[str]) -> Iterator[pa.RecordBatch]:
    if isinstance(source, pa.Table):
        yield from source.select(names).to_batches(BATCH_ROWS)
        return
    # Buffering ahead keeps what was read: memory would grow with the file.
    with pq.ParquetFile(source, read_dictionary=[_TOKEN], pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS, columns=names)


def index_batch(columns: pa.RecordBatch, times: Numbers) -> Batch:
    """A batch with the rows of each token found."""
    tokens = columns.column(_TOKEN)
    if not pa.types.is_dictionary(tokens.type):
        tokens = tokens.dictionary_encode()
    codes = tokens.indices.to_numpy(zero_copy_only=False)
    names = tokens.dictionary.to_pylist()
    return Batch(
        columns=columns,
        times=times,
        codes={name: code for code, name in enumerate(names)},
        rows=np.argsort(codes, kind="stable"),
        starts=np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=len(names))))),
    )


def _last_rows(before: Batch | None, batch: Batch) -> Batch:
    ends = batch.starts[1:][np.diff(batch.starts) > 0] - 1
    newest = np.sort(batch.rows[ends])
    columns, times = batch.columns.take(pa.array(newest)), batch.times[newest]
    if before is None:
        return index_batch(_plain(columns), times)
    gone = [code for name, code in before.codes.items() if len(batch.of(name))]
    keeps = np.ones(before.columns.num_rows, dtype=bool)
    keeps[before.rows[before.starts[gone]]] = False
    older = before.columns.filter(pa.array(keeps))
    table = pa.Table.from_batches([older, _plain(columns)]).combine_chunks()
    return index_batch(table.to_batches()[0], np.concatenate((before.times[keeps], times)))


def _plain(columns: pa.RecordBatch) -> pa.RecordBatch:
    place = columns.schema.get_field_index(_TOKEN)
    tokens = columns.column(place)
    if pa.types.is_dictionary(tokens.type):
        return columns.set_column(place, _TOKEN, tokens.cast(tokens.type.value_type))
    return columns
