"""A state database made again: from a backup, and from what was exported of the journal after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.clock import to_name
from copytrade_live.core.events import OperatorCommanded
from copytrade_live.core.market import Instant
from copytrade_live.durable import make_folder, sync_folder, unwritable
from copytrade_live.errors import StateError
from copytrade_live.store.backup import look_into
from copytrade_live.store.belonging import keep_private
from copytrade_live.store.commands import mark_taken
from copytrade_live.store.database import WAL_SUFFIX
from copytrade_live.store.journal import Journal
from copytrade_live.store.lock import RunnerLock
from copytrade_live.store.rows import JournalRow
from copytrade_live.store.segments import Segment, find_segments, read_segment

_SIDE_FILES = (WAL_SUFFIX, "-shm")

# Told how many events of the export are read, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a state database was made from. set_aside is the one that was there before, None where none was."""

    from_backup: int
    from_export: int
    last_seq: int
    observed_at: Instant | None
    set_aside: Path | None


def restore(
    state: Path,
    export: Path,
    mode: str,
    now: Instant,
    backup: Path | None = None,
    told: Progress = lambda done, all_: None,
) -> Restored:
    """Make a state database again; without a backup from the folder of the exported journal alone.

    What was there is set aside, never deleted. Nothing is changed unless all of it could be made.
    Raises: StateError when a runner runs, the backup is of another mode or does not fit the export, or there is nothing
    to make it from.
    """
    segments = find_segments(export) if export.is_dir() else []
    if backup is None and not segments:
        raise StateError(f"{export} holds no exported journal; name a backup: copytrade restore FILE")
    make_folder(state.parent)
    lock = RunnerLock(state)
    lock.acquire()
    try:
        made = state.with_name("restored-" + state.name)
        _discard(made)
        try:
            copied, read = _make(made, segments, mode, backup, told)
            found = look_into(made)
            set_aside = _swap(state, made, now)
        finally:
            _discard(made)
    finally:
        lock.release()
    return Restored(
        from_backup=copied,
        from_export=read,
        last_seq=found.last_seq,
        observed_at=found.observed_at,
        set_aside=set_aside,
    )


def _make(made: Path, segments: Sequence[Segment], mode: str, backup: Path | None, told: Progress) -> tuple[int, int]:
    if backup is not None:
        _take_copy(backup, made, mode)
    with Journal.open(made, mode) as journal:
        copied = journal.last_seq
        rows = (row for segment in segments if segment.last >= copied for row in read_segment(segment.path))
        read = _append(journal, rows, told, segments[-1].last if segments else 0)
        # Everything in one file: what lies beside it is not moved along.
        journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return copied, read


def _take_copy(backup: Path, made: Path, mode: str) -> None:
    found = look_into(backup)
    if found.mode != mode:
        raise StateError(
            f"{backup} is a backup of {found.mode or 'no'} trading, and {mode} was asked for; "
            "paper and live never share a journal"
        )
    keep_private(made)
    source = sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(made)) as target:
        source.backup(target)


def _append(journal: Journal, rows: Iterable[JournalRow], told: Progress, last: int) -> int:
    """Add what the journal does not have. Returns: how many rows."""
    known, count = journal.last_seq, 0
    for batch in _batches(rows):
        told(batch[-1].seq, last)
        for row in batch:
            if row.seq == known and journal.row(known) != row:
                raise StateError(
                    f"the backup and the exported journal tell different things at seq {known}; they are of different "
                    "journals: name another backup, or move the export folder away"
                )
        new = [row for row in batch if row.seq > known]
        journal.take_back(new)
        for row in new:
            if row.type == OperatorCommanded.__name__ and isinstance(event := row.event, OperatorCommanded):
                mark_taken(journal.connection, event.command_id, row.seq)
        count += len(new)
    return count


def _batches(rows: Iterable[JournalRow], size: int = 2_000) -> Iterator[list[JournalRow]]:
    batch: list[JournalRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _swap(state: Path, made: Path, now: Instant) -> Path | None:
    aside = state.with_name(f"{state.stem}-replaced-{to_name(now)}{state.suffix}")
    was_there = state.exists()
    try:
        # The log first: beside another database SQLite might read it into that.
        for suffix in (*_SIDE_FILES, ""):
            side = state.with_name(state.name + suffix)
            if side.exists():
                side.rename(aside.with_name(aside.name + suffix))
        made.rename(state)
        sync_folder(state.parent)
    except OSError as error:
        raise unwritable(state, error) from error
    return aside if was_there else None


def _discard(made: Path) -> None:
    for suffix in ("", *_SIDE_FILES, ".lock"):
        made.with_name(made.name + suffix).unlink(missing_ok=True)
