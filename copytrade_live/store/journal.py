"""The append-only journal in SQLite: the only memory a runner has; its state is the fold of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from copytrade_live.core.events import JournalEvent, OperatorCommanded
from copytrade_live.core.market import Instant
from copytrade_live.durable import ROOM, make_folder, may_grow, sync_file
from copytrade_live.errors import DiskFull, NotWrittenOut, StateError
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.ports import SignedOrder
from copytrade_live.store.belonging import claim, claim_mode, keep_private
from copytrade_live.store.checkpoints import Checkpoint, keep_checkpoint
from copytrade_live.store.commands import mark_taken
from copytrade_live.store.database import WAL_SUFFIX, connect, migrate, naming, not_written_out, transaction
from copytrade_live.store.lock import RunnerLock
from copytrade_live.store.rows import JournalRow, to_row
from copytrade_live.store.signed_orders import find_signed, keep_signed

_COLUMNS = "seq, run_id, type, version, caused_by, event_at, observed_at, payload"
_INSERT = f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant of ours
_SELECT = f"SELECT {_COLUMNS} FROM journal"  # noqa: S608 - a constant of ours

# An account that was changed from outside is valued at the marks of then, so that stops compare with what is left.
_VALUED_AT_MARKS = "SELECT seq FROM journal WHERE seq > ? AND type = 'ExternalChangeAdopted' ORDER BY seq"
_LAST_BOOKS = (
    "SELECT max(seq) FROM journal WHERE seq > ?1 AND seq <= ?2 AND type = 'BookObserved' "
    "AND json_array_length(payload, '$.book.bids') > 0 GROUP BY json_extract(payload, '$.book.token_id')"
)

_NEWEST = (1 << 63) - 1

# One step's events, and the signed order that the first of them tells of.
Kept = tuple[Sequence[JournalEvent], SignedOrder | None]


class Journal:
    """What happened, in order, durable once append returns."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: RunnerLock | None) -> None:
        self.path = path
        self._log = path.with_name(path.name + WAL_SUFFIX)
        self._connection = connection
        self._lock = lock
        self._is_hurried, self._is_waiting = True, False
        # Why nothing may be written any more.
        self._ended = ""
        # The newest seq, as whoever holds the lock knows it without asking.
        self._last_seq: int | None = None

    @classmethod
    def open(cls, path: Path, mode: str) -> Journal:
        """Open for writing, create it if there is none.

        Raises: StateError when another runner has it, it is damaged, or it was made in another mode.
        """
        make_folder(path.parent)
        lock = RunnerLock(path)
        lock.acquire()
        try:
            keep_private(path)
            connection = connect(path)
            try:
                migrate(connection, path)
                with naming(path):
                    # What the run before could not write out is written anew, so that no later row rests on it.
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                    claim_mode(connection, path, mode)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise
        return cls(path, connection, lock)

    @classmethod
    def open_reader(cls, path: Path, *, is_checked: bool = False) -> Journal:
        """Open for reading beside a running runner. Raises: StateError when missing, damaged or never started.

        is_checked: this process has checked the file before.
        """
        connection = connect(path, read_only=True, is_checked=is_checked)
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone() is None:
            connection.close()
            raise StateError(f"state database {path} holds no journal yet; start the runner first: copytrade run")
        return cls(path, connection, None)

    def append(
        self,
        run_id: str,
        events: Sequence[JournalEvent],
        signed: SignedOrder | None = None,
        *,
        may_wait: bool = False,
    ) -> list[int]:
        """Commit one step: an observation first, then the facts that answer it. Returns: their seqs.

        An operator's command counts as taken in the same transaction, so that it is never taken twice. So is the
        signed order kept that the observation tells of: whoever finds one finds both.
        A step that may wait survives the death of the process at once, and that of the machine with the next step
        that may not, or with flush: nothing is lost that anything else was built on.
        """
        return self.append_steps(run_id, [(events, signed)], may_wait=may_wait)

    def append_steps(self, run_id: str, steps: Sequence[Kept], *, may_wait: bool = False) -> list[int]:
        """Commit steps that follow from one another: all of them, or nothing. Returns: their seqs."""
        detail = "+".join(type(events[0]).__name__ for events, _ in steps)
        reach(Failpoint.JOURNAL_BEFORE_WRITE, detail)
        with self._writing():
            self._hurry(not may_wait)
        with self._writing(), transaction(self._connection):
            last = self.last_seq if self._last_seq is None else self._last_seq
            rows: list[JournalRow] = []
            for events, _ in steps:
                first = last + 1
                for event in events:
                    last += 1
                    rows.append(to_row(event, seq=last, run_id=run_id, caused_by=first if last > first else None))
            self._connection.executemany(_INSERT, [_values(row) for row in rows])
            self._note(rows, steps)
            reach(Failpoint.JOURNAL_BEFORE_COMMIT, detail)
        self._last_seq, self._is_waiting = last, may_wait
        reach(Failpoint.JOURNAL_AFTER_COMMIT, detail)
        return [row.seq for row in rows]

    def take_back(self, rows: Sequence[JournalRow]) -> None:
        """Commit rows as they were written before. Raises: StateError unless they follow the newest one."""
        last = self.last_seq
        for seq, row in enumerate(rows, start=last + 1):
            if row.seq != seq:
                raise StateError(f"journal event {row.seq} cannot be taken back: {seq} is the next of {self.path}")
        with self._writing(), transaction(self._connection):
            self._connection.executemany(_INSERT, [_values(row) for row in rows])
        self._last_seq = last + len(rows)

    def _note(self, rows: Sequence[JournalRow], steps: Sequence[Kept]) -> None:
        seqs = iter(rows)
        for events, signed in steps:
            for place, event in enumerate(events):
                seq = next(seqs).seq
                if isinstance(event, OperatorCommanded):
                    mark_taken(self._connection, event.command_id, seq)
                if signed is not None and place == 0:
                    keep_signed(self._connection, signed, seq)

    def keep_checkpoint(self, checkpoint: Checkpoint, written_at: Instant) -> None:
        """Keep what the rows up to its seq fold to, without waiting for the disk. Raises: StateError."""
        with self._writing():
            self._hurry(False)
            keep_checkpoint(self._connection, checkpoint, written_at)
        self._is_waiting = True

    def flush(self) -> None:
        """Have everything that was appended survive the death of the machine. Raises: StateError."""
        with self._writing():
            if not self._is_waiting:
                return
            try:
                sync_file(self._log)
            except OSError as error:
                raise not_written_out(self.path, error) from error
            self._is_waiting = False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Name what fails, and end all writing after a failed fsync: what would follow might rest on nothing."""
        if self._ended:
            raise NotWrittenOut(self._ended)
        try:
            with naming(self.path):
                yield
        except NotWrittenOut as error:
            self._ended = str(error)
            raise

    def _hurry(self, is_hurried: bool) -> None:
        # SQLite flushes the whole log with the next commit that is hurried, and so all that waited before it.
        if is_hurried is not self._is_hurried:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if is_hurried else 'NORMAL'}")
        self._is_hurried = is_hurried

    def read(self, after_seq: int = 0, limit: int | None = None) -> Iterator[JournalRow]:
        """Rows after a seq, in order, at most limit of them."""
        with naming(self.path):
            cursor = self._connection.execute(
                f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, -1 if limit is None else limit)
            )
            for found in cursor:
                yield JournalRow(**dict(found))

    def read_types(self, types: Sequence[str], after_seq: int, until_seq: int) -> Iterator[JournalRow]:
        """Rows of some types after a seq, up to and with another, in order."""
        marks = ", ".join("?" * len(types))
        with naming(self.path):
            cursor = self._connection.execute(
                f"{_SELECT} WHERE seq > ? AND seq <= ? AND type IN ({marks}) ORDER BY seq",
                (after_seq, until_seq, *types),
            )
            for found in cursor:
                yield JournalRow(**dict(found))

    def read_what_counts(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """Rows after a seq that make the state: of each token's books only the last that bids, as only marks know it.

        The last of all, and the last before anything is valued at marks. Most of a journal is books, so this is many
        times faster than reading all of it.
        """
        with naming(self.path):
            looks = [int(found[0]) for found in self._connection.execute(_VALUED_AT_MARKS, (after_seq,))]
            for start, end in pairwise([after_seq, *looks, _NEWEST]):
                cursor = self._connection.execute(
                    f"{_SELECT} WHERE seq > ?1 AND seq <= ?2 "
                    f"AND (type != 'BookObserved' OR seq IN ({_LAST_BOOKS})) ORDER BY seq",
                    (start, end),
                )
                for found in cursor:
                    yield JournalRow(**dict(found))

    def row(self, seq: int) -> JournalRow | None:
        """One row, None when there is none."""
        return next((row for row in self.read(seq - 1, 1) if row.seq == seq), None)

    def events(self, after_seq: int = 0) -> Iterator[JournalEvent]:
        """The events themselves, in order."""
        return (row.event for row in self.read(after_seq))

    def claim_account(self, account: str) -> None:
        """Tie this journal to one account for good. Raises: StateError when it belongs to another."""
        with naming(self.path):
            claim(self._connection, self.path, "account", account)

    def signed_order(self, order_id: str) -> SignedOrder | None:
        """What was signed for an order of ours, None when nothing was."""
        with naming(self.path):
            return find_signed(self._connection, order_id)

    @property
    def last_seq(self) -> int:
        """The newest seq, 0 for an empty journal."""
        with naming(self.path):
            found = self._connection.execute("SELECT max(seq) FROM journal").fetchone()[0]
        return int(found or 0)

    def check_writable(self, now: Instant) -> None:
        """Write a row and commit it. Raises: DiskFull without room for some steps, StateError for anything worse."""
        if not may_grow(self._log):
            raise DiskFull(f"state database {self.path} has no room to grow; free disk space")
        with self._writing():
            # A row that is there already is written without any room; so some is asked for, and given back.
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute("INSERT INTO meta (key, value) VALUES ('room', hex(zeroblob(?)))", (ROOM,))
            finally:
                self._connection.rollback()
        with self._writing(), transaction(self._connection):
            self._connection.execute(
                "INSERT INTO meta (key, value) VALUES ('written_at', ?) "
                "ON CONFLICT DO UPDATE SET value = excluded.value",
                (str(now),),
            )

    @property
    def mode(self) -> str:
        """The mode this journal was made in; a reader may meet a journal that has none yet."""
        with naming(self.path):
            found = self._connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
        return str(found[0]) if found else ""

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection, for the operator commands beside the journal."""
        return self._connection

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Let every read inside see the journal as it stood at the first, whatever a runner adds meanwhile."""
        with naming(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file and let another runner have it."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Journal:
        """Use as a context manager that closes."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close whatever happened."""
        self.close()


def _values(row: JournalRow) -> tuple[int | str | None, ...]:
    return (row.seq, row.run_id, row.type, row.version, row.caused_by, row.event_at, row.observed_at, row.payload)
