"""Landed stretches into the raw tables: checked by column, identified, upserted, and marked as known at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa

from copytrade_live.core.market import MICRO, Instant, Role
from copytrade_live.errors import PayloadError
from copytrade_live.venue.data_api import SOURCE
from copytrade_live.venue.fields import rows_of
from copytrade_live.venue.identity import fill_ids, identify_activity
from copytrade_live.venue.listing import Page
from copytrade_live.venue.rows import ActivityRow, BadRow, VenueActivity
from copytrade_live.venue.stretch import History, Stretch
from copytrade_live.venue.wire_data import bad_row, parse_activity, parse_rows
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.fill_columns import FIELDS, FillColumns, between, joined, read_fills
from copytrade_pipelines.ingest.history_marks import HistoryMark, advance, read_marks, write_marks
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert

_PAGE = "#page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading stretches did."""

    fills: Change = NO_CHANGE
    activity: Change = NO_CHANGE
    quarantined: int = 0

    def __add__(self, other: Loaded) -> Loaded:
        return Loaded(
            fills=self.fills + other.fills,
            activity=self.activity + other.activity,
            quarantined=self.quarantined + other.quarantined,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Stretches as tables, ready to be written."""

    stretches: tuple[Stretch, ...]
    fills: pa.Table
    activity: pa.Table
    bad: tuple[BadRow, ...]


def parse_stretches(stretches: Sequence[Stretch], *, lag: Instant) -> Batch:
    """Read the pages of stretches. A page that is none leaves its stretch incomplete."""
    fills: list[pa.Table] = []
    others: list[VenueActivity] = []
    bad: list[BadRow] = []
    kept: list[Stretch] = []
    for stretch in stretches:
        found: Sequence[BadRow]
        if stretch.history is History.FILLS:
            table, found = _fills_of(stretch, lag)
            fills.append(table)
        else:
            rows, found = _activity_of(stretch)
            others += rows
        is_whole = not any(row.source.endswith(_PAGE) for row in found)
        kept.append(stretch if is_whole else replace(stretch, is_complete=False))
        bad += found
    return Batch(
        stretches=tuple(kept),
        fills=_last_of_each(pa.concat_tables(fills) if fills else tables.fills([], source=SOURCE, lag=lag), "fill_id"),
        activity=_last_of_each(tables.activity(others, source=SOURCE, lag=lag), "activity_id"),
        bad=tuple(bad),
    )


def write_batch(con: duckdb.DuckDBPyConnection, batch: Batch, *, asked_at: Instant | None) -> Loaded:
    """Upsert a batch and move the marks; in one transaction, so that a kill leaves both or neither."""
    marks = read_marks(con, sorted({stretch.wallet for stretch in batch.stretches}))
    touched: dict[tuple[str, History], HistoryMark] = {}
    for stretch in batch.stretches:
        key = (stretch.wallet, stretch.history)
        touched[key] = advance(touched.get(key, marks[key]), stretch, asked_at)
    loaded = Loaded(
        fills=upsert(con, "raw.fills", batch.fills),
        activity=upsert(con, "raw.activity", batch.activity),
        quarantined=upsert(con, "raw.quarantine", tables.quarantine(batch.bad)).new,
    )
    write_marks(con, touched)
    return loaded


def fills_table(columns: FillColumns, roles: Sequence[str] | None, *, lag: Instant) -> tuple[pa.Table, list[str]]:
    """Rows of raw.fills, and their ids; roles None leaves them unknown."""
    named = dict(zip(FIELDS, columns.columns, strict=True))
    events = np.asarray(named["event_at"], dtype=np.int64)
    ids, occurrences = fill_ids(
        named["wallet"],
        named["tx_hash"],
        (events // 1000).tolist(),
        named["token_id"],
        named["side"],
        _micro(named["price"]),
        _micro(named["size"]),
    )
    count = len(ids)
    made = {
        **named,
        "fill_id": ids,
        "role": roles or [Role.UNKNOWN.value] * count,
        "event_at": events,
        "observed_at": events + lag,
        "occurrence": occurrences,
        "source": [SOURCE] * count,
    }
    return tables.from_columns("raw.fills", made), ids


def _fills_of(stretch: Stretch, lag: Instant) -> tuple[pa.Table, list[BadRow]]:
    columns, bad = _read(stretch, stretch.pages)
    table, ids = fills_table(columns, None, lag=lag)
    if not stretch.taker_pages:
        return table, bad
    taken, poor = _read(stretch, stretch.taker_pages)
    _, taken_ids = fills_table(taken, None, lag=lag)
    crossing = set(taken_ids)
    # Of a listing cut short nothing is concluded from what is not there.
    other = Role.MAKER if stretch.is_complete else Role.UNKNOWN
    roles = [Role.TAKER.value if key in crossing else other.value for key in ids]
    place = table.schema.get_field_index("role")
    return table.set_column(place, "role", pa.array(roles, pa.string())), [*bad, *poor]


def _read(stretch: Stretch, pages: Iterable[Page]) -> tuple[FillColumns, list[BadRow]]:
    parts: list[FillColumns] = []
    bad: list[BadRow] = []
    for page in pages:
        columns, poor = read_fills(page)
        parts.append(between(columns, max(stretch.start, page.since), stretch.end))
        bad += poor
    return joined(parts), bad


def _activity_of(stretch: Stretch) -> tuple[list[VenueActivity], list[BadRow]]:
    rows: list[ActivityRow] = []
    bad: list[BadRow] = []
    for page in stretch.pages:
        source = f"{SOURCE}{page.request.split('?', 1)[0]}"
        try:
            good, poor = parse_rows(rows_of(json.loads(page.body), "data"), parse_activity, source)
        except PayloadError as error:
            good, poor = [], [bad_row(error.value, error, f"{source}{_PAGE}")]
        lowest = max(stretch.start, page.since)
        rows += [row for row in good if isinstance(row, ActivityRow) and _is_inside(row, lowest, stretch.end)]
        bad += poor
    return identify_activity(sorted(rows, key=lambda row: -row.event_at)), bad


def _is_inside(row: ActivityRow, start: int, end: int | None) -> bool:
    second = row.event_at // 1000
    return start <= second and (end is None or second <= end)


def _micro(values: Sequence[float]) -> list[int]:
    # The same rounding as identity.py: halves go to the even neighbour.
    found: list[int] = np.rint(np.asarray(values, dtype=np.float64) * MICRO).astype(np.int64).tolist()
    return found


def _last_of_each(table: pa.Table, key: str) -> pa.Table:
    """A table whose keys are distinct: a stretch read twice in one batch counts once, as it was read last."""
    ids = table.column(key).to_pylist()
    if len(set(ids)) == len(ids):
        return table
    places = {name: place for place, name in enumerate(ids)}
    return table.take(sorted(places.values()))
