"""The runner's exported journal: segments become rows of raw.journal, lines that do not fit go to quarantine."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from copytrade_live.core.codec import CodecError, decode, dumps
from copytrade_live.core.market import Instant
from copytrade_live.settings import Home
from copytrade_live.venue.rows import BadRow
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.seen import keep_what_was_seen
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert

SOURCE = "journal"
HEARTBEAT_FILE = "heartbeat.json"
UNKNOWN_MODE = "unknown"
# Runs that looked at the venue itself; what a replay or a backtest saw was recorded before.
_AT_THE_VENUE = frozenset({"paper", "live"})
_NAME = re.compile(r"^events-\d{12}-\d{12}\.jsonl$")
_WHOLE = ("seq", "version", "event_at", "observed_at")
_MODES = "select run_id, any_value(mode) from raw.journal group by run_id"

JournalLine = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The last sign of life of a runner."""

    run_id: str
    mode: str
    written_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSummary:
    """What an ingest of journals did."""

    segments: int = 0
    change: Change = NO_CHANGE
    quarantined: int = 0
    books: Change = NO_CHANGE

    def __add__(self, other: JournalSummary) -> JournalSummary:
        return JournalSummary(
            segments=self.segments + other.segments,
            change=self.change + other.change,
            quarantined=self.quarantined + other.quarantined,
            books=self.books + other.books,
        )


def segments_of(folder: Path) -> list[Path]:
    """The closed segments in the export folder, oldest first; none when there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.match(path.name))


def read_heartbeat(folder: Path) -> Heartbeat | None:
    """The runner's heartbeat, None when there is none that can be read."""
    try:
        found = json.loads((folder / HEARTBEAT_FILE).read_bytes())
        return Heartbeat(run_id=str(found["run_id"]), mode=str(found["mode"]), written_at=int(found["written_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def heartbeats_of(home: Home) -> list[Heartbeat]:
    """The heartbeats of the runners that ever ran on this folder, paper's and that of real money, newest first."""
    found = (read_heartbeat(one.export) for one in home.both())
    return sorted(filter(None, found), key=lambda one: -one.written_at)


def read_lines(path: Path) -> tuple[list[JournalLine], list[BadRow]]:
    """The events of one segment, and the lines that hold none."""
    good: list[JournalLine] = []
    bad: list[BadRow] = []
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            good.append(parse_line(text))
        except CodecError as error:
            reason = f"{path.name} line {number}: {error}"
            bad.append(BadRow(source=SOURCE, reason=reason, field="", value="", payload=text))
    return good, bad


def parse_line(text: str) -> JournalLine:
    """One line as a mapping whose event this version can read. Raises: CodecError saying what does not fit."""
    try:
        line = json.loads(text)
    except ValueError as error:
        raise CodecError(f"not JSON ({error})") from None
    if not isinstance(line, dict):
        raise CodecError(f"must be an object, was a {type(line).__name__}")
    for name in _WHOLE:
        if not isinstance(line.get(name), int) or isinstance(line[name], bool):
            raise CodecError(f"{name} must be a whole number, was {line.get(name)!r}")
    if not isinstance(line.get("run_id"), str) or not isinstance(line.get("payload"), dict):
        raise CodecError("run_id must be a text and payload an object")
    if not isinstance(line.get("caused_by"), int | None):
        raise CodecError(f"caused_by must be a whole number or null, was {line['caused_by']!r}")
    decode(line)
    return line


def ingest_segments(con: duckdb.DuckDBPyConnection, folder: Path) -> JournalSummary:
    """Bring every segment that raw.journal does not hold yet; a second time changes nothing."""
    change, books, quarantined, fresh = NO_CHANGE, NO_CHANGE, 0, 0
    heartbeat = read_heartbeat(folder)
    modes = {str(run): str(mode) for run, mode in con.execute(_MODES).fetchall() if mode != UNKNOWN_MODE}
    for path in segments_of(folder):
        if _is_ingested(con, path):
            continue
        good, bad = read_lines(path)
        modes |= {line["run_id"]: line["payload"]["mode"] for line in good if line["type"] == "RunStarted"}
        if heartbeat is not None:
            modes.setdefault(heartbeat.run_id, heartbeat.mode)
        change += upsert(con, "raw.journal", tables.arrow("raw.journal", _rows(good, modes)))
        quarantined += upsert(con, "raw.quarantine", tables.quarantine(bad)).new
        books += keep_what_was_seen(con, (line for line in good if modes.get(line["run_id"]) in _AT_THE_VENUE))
        fresh += 1
    return JournalSummary(segments=fresh, change=change, quarantined=quarantined, books=books)


def counts_by_outcome(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many decisions went which way: copied, rejected by reason, exits by reason."""
    rows = con.execute(
        """
        select case type when 'SignalCopied' then 'copied' when 'SignalRejected' then 'rejected' else 'exit' end
            || coalesce(': ' || json_extract_string(payload, '$.reason'), '') as outcome, count(*) as decisions
        from raw.journal where type in ('SignalCopied', 'SignalRejected', 'ExitDecided')
        group by outcome order by outcome
        """
    ).fetchall()
    return {str(outcome): int(decisions) for outcome, decisions in rows}


def _rows(lines: Iterable[JournalLine], modes: Mapping[str, str]) -> list[dict[str, object]]:
    distinct = {(line["run_id"], line["seq"]): line for line in lines}
    return [
        {
            "run_id": run_id,
            "seq": seq,
            "mode": modes.get(run_id, UNKNOWN_MODE),
            "type": line["type"],
            "caused_by": line.get("caused_by"),
            "event_at": line["event_at"],
            "observed_at": line["observed_at"],
            "payload": dumps(line["payload"]),
        }
        for (run_id, seq), line in distinct.items()
    ]


def rows_of(con: duckdb.DuckDBPyConnection, lines: Iterable[JournalLine]) -> list[dict[str, object]]:
    """Rows of raw.journal for lines of runs that the table may know already."""
    return _rows(lines, {str(run): str(mode) for run, mode in con.execute(_MODES).fetchall()})


def _is_ingested(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    # Segments are immutable and go in whole, so both ends tell; a segment with a bad end is simply read again.
    with path.open("rb") as file:
        first = file.readline()
        last = deque(file, maxlen=1)
    ends = [first, last[0] if last else first]
    try:
        keys = [(line["run_id"], line["seq"]) for line in map(json.loads, ends)]
    except (ValueError, KeyError, TypeError):
        return False
    ((found,),) = con.execute(
        "select count(*) from raw.journal where (run_id = ? and seq = ?) or (run_id = ? and seq = ?)",
        [*keys[0], *keys[1]],
    ).fetchall()
    return bool(found == len(set(keys)))
