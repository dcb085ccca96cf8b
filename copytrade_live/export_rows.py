"""The journal as rows for other tools: everything, decisions, fills, copies or a ledger; as JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from copytrade_live import accounting
from copytrade_live.clock import to_iso
from copytrade_live.core.codec import dumps
from copytrade_live.core.events import CopyClosed, OrderFilled
from copytrade_live.core.market import Instant
from copytrade_live.export_choices import Format, Subject
from copytrade_live.store.decision_lines import decision_line
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow, to_line

Row = Mapping[str, object]
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# CSV needs its columns before the first row; fields that come later go into the last one.
_REST = "more"
_HEAD = ("seq", "ts", "run_id", "event")

_COLUMNS: Mapping[Subject, tuple[str, ...]] = {
    Subject.JOURNAL: ("seq", "ts", "run_id", "type", "caused_by", "event_at", "observed_at", "payload"),
    Subject.DECISIONS: (
        *_HEAD,
        *("signal_id", "wallet", "token_id", "condition_id", "outcome", "side", "reason", "measured", "limit"),
        *("leader_price", "leader_size", "lag_seconds", "price", "size", "cash", "fee", "pnl", "order_id"),
        *("snapshot_id", "p_pos", "lcb10", "edge", "notional", "equity", "is_probation", _REST),
    ),
    Subject.FILLS: ("seq", "ts", "run_id", "order_id", "fill_id", "token_id", "side", "price", "size", "cash", "fee"),
    Subject.COPIES: ("seq", "ts", "run_id", "wallet", "token_id", "condition_id", "root_id", "pnl", "streak"),
    Subject.ACCOUNTING: accounting.COLUMNS,
}


def export_rows(
    path: Path, subject: Subject, kind: Format, *, since: Instant | None = None, until: Instant | None = None
) -> Iterator[str]:
    """Lines of the journal in a state database, newline included. since is in, until is not.

    Raises: StateError.
    """
    with Journal.open_reader(path) as journal:
        if subject is Subject.ACCOUNTING:
            booked = accounting.ledger(journal.read_what_counts(), since=since, until=until)
            yield from _written(booked, subject, kind)
            return
        rows = (row for row in journal.read() if _is_within(row, since, until))
        if subject is Subject.JOURNAL and kind is Format.JSONL:
            yield from (to_line(row).decode() for row in rows)
            return
        yield from _written(_MAKERS[subject](journal, rows), subject, kind)


def _written(rows: Iterator[Row], subject: Subject, kind: Format) -> Iterator[str]:
    return _csv(rows, _COLUMNS[subject]) if kind is Format.CSV else (dumps(row) + "\n" for row in rows)


def _is_within(row: JournalRow, since: Instant | None, until: Instant | None) -> bool:
    return (since is None or row.observed_at >= since) and (until is None or row.observed_at < until)


def _journal(journal: Journal, rows: Iterable[JournalRow]) -> Iterator[Row]:
    names = ("seq", "run_id", "type", "caused_by", "event_at", "observed_at", "payload")
    for row in rows:
        yield {"ts": to_iso(row.observed_at)} | {name: getattr(row, name) for name in names}


def _decisions(journal: Journal, rows: Iterable[JournalRow]) -> Iterator[Row]:
    cause: JournalRow | None = None
    for row in rows:
        if row.caused_by is None:
            cause = row
        elif cause is None or cause.seq != row.caused_by:
            cause = journal.row(row.caused_by)
        line = decision_line(row, cause if row.caused_by is not None else None)
        if line is not None:
            yield line


def _of(*kinds: type) -> Callable[[Journal, Iterable[JournalRow]], Iterator[Row]]:
    names = {kind.__name__ for kind in kinds}

    def lines(journal: Journal, rows: Iterable[JournalRow]) -> Iterator[Row]:
        for row in rows:
            line = decision_line(row, None) if row.type in names else None
            if line is not None:
                yield {name: value for name, value in line.items() if name != "event"}

    return lines


_MAKERS: Mapping[Subject, Callable[[Journal, Iterable[JournalRow]], Iterator[Row]]] = {
    Subject.JOURNAL: _journal,
    Subject.DECISIONS: _decisions,
    Subject.FILLS: _of(OrderFilled),
    Subject.COPIES: _of(CopyClosed),
}


def _csv(rows: Iterable[Row], columns: tuple[str, ...]) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        rest = {name: value for name, value in row.items() if name not in columns}
        values = {**row, _REST: json.dumps(rest, sort_keys=True) if rest else None}
        writer.writerow([_cell(values.get(name)) for name in columns])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if buffer.getvalue():
        yield buffer.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, accounting.Amount) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
