"""Recorded dumps into the raw tables, through the venue's own parsing, identities and quarantine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from copytrade_live.core.market import SECOND, Instant, Role
from copytrade_live.errors import ConfigError
from copytrade_live.settings import PipelinesConfig
from copytrade_live.venue.identity import identify_activity, identify_fills
from copytrade_live.venue.rows import ActivityRow, BadRow, FillRow
from copytrade_live.venue.wire_data import parse_activity, parse_fill, parse_rows
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.dump_files import DumpRow, read_dump
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.warehouse import Warehouse

_WHOLE_AS_FLOAT = re.compile(r"([0-9]+)\.0+")
DEFAULT_LAG: Instant = round(PipelinesConfig().index_lag_seconds * SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSummary:
    """What became of one file's rows: read = new + duplicates + quarantined."""

    path: Path
    read: int
    new_fills: int
    new_activity: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import did, file by file."""

    files: tuple[FileSummary, ...]

    @property
    def new_fills(self) -> int:
        """Fills that were not there before."""
        return sum(file.new_fills for file in self.files)

    @property
    def new_activity(self) -> int:
        """Other activity rows that were not there before."""
        return sum(file.new_activity for file in self.files)

    @property
    def duplicates(self) -> int:
        """Rows that were there already, or stood in the files more than once."""
        return sum(file.duplicates for file in self.files)

    @property
    def quarantined(self) -> int:
        """Rows that did not fit and were set aside in raw.quarantine."""
        return sum(file.quarantined for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dump:
    path: Path
    read: int
    fills: tuple[FillRow, ...]
    activity: tuple[ActivityRow, ...]
    bad: tuple[BadRow, ...]


def import_dumps(
    paths: Iterable[Path], warehouse: Warehouse, timezone: str = "UTC", *, lag: Instant = DEFAULT_LAG
) -> ImportSummary:
    """Import recorded data-API rows; every file is read before anything is written, in one transaction.

    timezone names the zone of times without an offset. Importing a file again changes nothing.
    Raises: InputFileError, ConfigError, WarehouseError; then nothing was imported.
    """
    zone = _zone(timezone)
    dumps = [_parse(path, read_dump(path), zone) for path in paths]
    with warehouse.connect() as con:
        return ImportSummary(files=tuple(_write(con, dump, lag) for dump in dumps))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"--timezone must be a name like America/New_York or UTC, was {name!r}") from None


def _parse(path: Path, rows: list[DumpRow], zone: ZoneInfo) -> _Dump:
    good, bad = parse_rows((_with_instant(row, zone) for row in rows), _parse_row, f"import/{path.name}")
    return _Dump(
        path=path,
        read=len(rows),
        fills=tuple(row for row in good if isinstance(row, FillRow)),
        activity=tuple(row for row in good if isinstance(row, ActivityRow)),
        bad=tuple(bad),
    )


def _parse_row(row: object) -> FillRow | ActivityRow:
    # Trade listings have no type; only activity listings say what a row is.
    return parse_activity(row) if isinstance(row, dict) and row.get("type") else parse_fill(row)


def _with_instant(row: DumpRow, zone: ZoneInfo) -> dict[str, object]:
    return {**row, "timestamp": _timestamp(row.get("timestamp"), zone)}


def _timestamp(value: object, zone: ZoneInfo) -> object:
    """Local times become milliseconds; whatever cannot be read is left for the parser to refuse."""
    if isinstance(value, str):
        whole = _WHOLE_AS_FLOAT.fullmatch(value)  # spreadsheets write 1771354979.0
        if whole or value.isdigit():
            return whole[1] if whole else value
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    if not isinstance(value, datetime):
        return value
    moment = value if value.tzinfo else value.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def _write(con: duckdb.DuckDBPyConnection, dump: _Dump, lag: Instant) -> FileSummary:
    source = f"import/{dump.path.name}"
    fills = [(fill, Role.UNKNOWN) for fill in identify_fills(dump.fills)]
    others = identify_activity(dump.activity)
    new_fills = upsert(con, "raw.fills", tables.fills(fills, source=source, lag=lag)).new
    new_activity = upsert(con, "raw.activity", tables.activity(others, source=source, lag=lag)).new
    upsert(con, "raw.quarantine", tables.quarantine(dump.bad))
    return FileSummary(
        path=dump.path,
        read=dump.read,
        new_fills=new_fills,
        new_activity=new_activity,
        duplicates=len(dump.fills) + len(dump.activity) - new_fills - new_activity,
        quarantined=len(dump.bad),
    )
