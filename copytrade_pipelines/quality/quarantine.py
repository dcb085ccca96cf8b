"""Rows that were set aside: what is there, why, and a second chance when the parser has learnt to read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from copytrade_live.core.market import Instant, Role
from copytrade_live.errors import InputFileError, PayloadError
from copytrade_live.venue.identity import identify_activity, identify_fills
from copytrade_live.venue.rows import ActivityRow, FillRow
from copytrade_live.venue.wire_clob import book_condition, parse_book
from copytrade_live.venue.wire_data import (
    parse_activity,
    parse_fill,
    parse_holders,
    parse_leaderboard_row,
    parse_position,
    parse_resolution,
)
from copytrade_live.venue.wire_gamma import parse_event, parse_market
from copytrade_pipelines.ingest import journal, tables
from copytrade_pipelines.ingest.outcomes import write_resolutions
from copytrade_pipelines.ingest.terms import append_terms
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.ingest.wallets import READ_AGAIN

SHOWN_ROWS = 200
_PAGE = "#page"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """One quarantined row."""

    quarantine_id: str
    source: str
    reason: str
    field: str
    value: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reingested:
    """What became of the rows of one source: tried = accepted + refused; new is what their tables did not have."""

    source: str
    tried: int
    accepted: int
    new: int
    refused: int


# Writes parsed rows of one source into their table and says how many were new.
Write = Callable[[duckdb.DuckDBPyConnection, Sequence[Any], str, "Times"], int]
Read = Callable[[object], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The index lag that fetched rows are known after, and what time it is for rows that say none."""

    lag: Instant
    now: Instant


def list_quarantine(con: duckdb.DuckDBPyConnection, source: str = "") -> list[tuple[str, str, int, str]]:
    """Counts by source and field, the most first, with one reason each. source is the beginning of a name."""
    rows = con.execute(
        """
        SELECT source, field, count(*), min(reason) FROM raw.quarantine WHERE starts_with(source, ?)
        GROUP BY source, field ORDER BY count(*) DESC, source, field
        """,
        [source],
    ).fetchall()
    return [(str(place), str(field), int(count), str(reason)) for place, field, count, reason in rows]


def ids_of(con: duckdb.DuckDBPyConnection, source: str = "", limit: int = SHOWN_ROWS) -> list[SetAside]:
    """Quarantined rows of a source, by id."""
    return list(_rows(con, "starts_with(source, ?) ORDER BY source, quarantine_id LIMIT ?", [source, limit]))


def find_row(con: duckdb.DuckDBPyConnection, quarantine_id: str) -> SetAside:
    """One row by its id or the beginning of it. Raises: InputFileError when none or several have it."""
    found = list(_rows(con, "starts_with(quarantine_id, ?) ORDER BY quarantine_id LIMIT 2", [quarantine_id]))
    if len(found) != 1:
        many = "several quarantined rows have" if found else "no quarantined row has"
        raise InputFileError(f"{many} an id that begins with {quarantine_id!r}; see: copytrade quality quarantine list")
    return found[0]


def reingest(con: duckdb.DuckDBPyConnection, times: Times, source: str = "") -> list[Reingested]:
    """Read quarantined rows again, in this transaction: what is accepted moves, what is not keeps the new reason."""
    by_source: dict[str, list[SetAside]] = {}
    for row in _rows(con, "starts_with(source, ?) ORDER BY source, quarantine_id", [source]):
        by_source.setdefault(row.source, []).append(row)
    return [_again(con, name, rows, times) for name, rows in by_source.items()]


def _again(con: duckdb.DuckDBPyConnection, source: str, rows: Sequence[SetAside], times: Times) -> Reingested:
    good: list[tuple[SetAside, Any]] = []
    for row in rows:
        try:
            good.append((row, _reader_of(source)(_payload(row))))
        except (PayloadError, ValueError) as error:
            _refuse(con, row, error)
    new = _writer_of(source)(con, [parsed for _, parsed in good], source, times) if good else 0
    con.execute(
        "DELETE FROM raw.quarantine WHERE list_contains(?, quarantine_id)", [[row.quarantine_id for row, _ in good]]
    )
    return Reingested(source=source, tried=len(rows), accepted=len(good), new=new, refused=len(rows) - len(good))


def _payload(row: SetAside) -> object:
    if row.source == journal.SOURCE:
        return row.payload
    payload: object = json.loads(row.payload)
    return payload


def _refuse(con: duckdb.DuckDBPyConnection, row: SetAside, error: Exception) -> None:
    field, value = (error.field, str(error.value)) if isinstance(error, PayloadError) else (row.field, row.value)
    con.execute(
        """
        UPDATE raw.quarantine SET reason = $reason, field = $field, value = $value, loaded_seq = nextval('raw.load_seq')
        WHERE quarantine_id = $id AND (reason, field, value) IS DISTINCT FROM ($reason, $field, $value)
        """,
        {"reason": str(error), "field": field, "value": value, "id": row.quarantine_id},
    )


def _refuse_page(payload: object) -> Any:
    raise PayloadError("a whole page did not fit: fetch its wallet again", field="", value=type(payload).__name__)


def _refuse_unknown(payload: object) -> Any:
    raise PayloadError("nothing reads rows of this source", field="", value=type(payload).__name__)


def _read_dump(payload: object) -> FillRow | ActivityRow:
    return parse_activity(payload) if isinstance(payload, dict) and payload.get("type") else parse_fill(payload)


def _write_history(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    """Fills and activity. Alone a row does not know its twins, so its wallet is read again from the beginning."""
    origin = source if source.startswith("import/") else source.split("/")[0]
    fills = identify_fills([row for row in rows if isinstance(row, FillRow)])
    others = identify_activity([row for row in rows if isinstance(row, ActivityRow)])
    pairs = [(fill, Role.UNKNOWN) for fill in fills]
    new = upsert(con, "raw.fills", tables.fills(pairs, source=origin, lag=times.lag)).new
    new += upsert(con, "raw.activity", tables.activity(others, source=origin, lag=times.lag)).new
    con.execute(READ_AGAIN, [sorted({row.wallet for row in rows})])
    return new


def _write_markets(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    distinct = {row.condition_id: row for row in rows}
    append_terms(con, distinct.values(), lag=times.lag, now=times.now)
    return upsert(con, "raw.markets", tables.markets(distinct.values(), lag=times.lag)).new


def _write_events(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    distinct = {row.event_id: row for row in rows}
    return upsert(con, "raw.events", tables.events(distinct.values(), lag=times.lag)).new


def _write_resolutions(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    return write_resolutions(con, tuple(rows), lag=times.lag).new


def _write_positions(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    distinct = {(row.wallet, row.token_id): row for row in rows}
    origin = source.split("/")[0]
    return upsert(con, "raw.positions", tables.positions(distinct.values(), observed_at=times.now, source=origin)).new


def _write_books(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    distinct = {(book.token_id, book.event_at, book.bids, book.asks): (condition, book) for condition, book in rows}
    return upsert(con, "raw.books", tables.books(distinct.values(), source=source.split("/")[0])).new


def _write_journal(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    return upsert(con, "raw.journal", tables.arrow("raw.journal", journal.rows_of(con, rows))).new


def _drop(con: duckdb.DuckDBPyConnection, rows: Sequence[Any], source: str, times: Times) -> int:
    """Rankings of a past moment: they can be read now, and the next look at them says the same better."""
    return 0


def _read_book(payload: object) -> tuple[str, Any]:
    return book_condition(payload), parse_book(payload, 0)


def _read_line(payload: object) -> Any:
    return journal.parse_line(str(payload))


_HISTORY: tuple[Read, Write] = (_read_dump, _write_history)
_SOURCES: dict[str, tuple[Read, Write]] = {
    "data-api/v2/trades": _HISTORY,
    "data-api/trades": _HISTORY,
    "data-api/v2/activity": _HISTORY,
    "data-api/activity": _HISTORY,
    "data-api/v2/positions": (parse_position, _write_positions),
    "data-api/positions": (parse_position, _write_positions),
    "data-api/closed-positions": (parse_position, _write_positions),
    "data-api/v2/resolutions": (parse_resolution, _write_resolutions),
    "data-api/v2/leaderboard": (parse_leaderboard_row, _drop),
    "data-api/holders": (parse_holders, _drop),
    "gamma/markets/keyset": (parse_market, _write_markets),
    "gamma/events/keyset": (parse_event, _write_events),
    "clob/books": (_read_book, _write_books),
    journal.SOURCE: (_read_line, _write_journal),
}


def _reader_of(source: str) -> Read:
    if source.endswith(_PAGE):
        return _refuse_page
    return (_HISTORY if source.startswith("import/") else _SOURCES.get(source, (_refuse_unknown, _drop)))[0]


def _writer_of(source: str) -> Write:
    return (_HISTORY if source.startswith("import/") else _SOURCES.get(source, (_refuse_unknown, _drop)))[1]


def _rows(con: duckdb.DuckDBPyConnection, where: str, values: Sequence[object]) -> Iterator[SetAside]:
    names = ("quarantine_id", "source", "reason", "field", "value", "payload")
    found = con.execute(f"SELECT {', '.join(names)} FROM raw.quarantine WHERE {where}", values).fetchall()  # noqa: S608
    for row in found:
        yield SetAside(**{name: str(value or "") for name, value in zip(names, row, strict=True)})
