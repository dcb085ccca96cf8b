"""What the pages ask of the past, taken out of the journal into tables with indexes; made anew at every start.

Whoever reads finds all tables, always: the file has them before it has its name, and another journal empties them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from copytrade_live.core.events import (
    CopyClosed,
    JournalEvent,
    LeaderFillObserved,
    MirrorOwed,
    OrderFilled,
    PositionSettled,
    ScoresPublished,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.state import State
from copytrade_live.dashboard.signal_rows import signal_row
from copytrade_live.durable import beside_of, make_folder
from copytrade_live.store.belonging import keep_private
from copytrade_live.store.database import transaction

# Between events that move money, equity is noted so often.
SAMPLE_EVERY: Instant = 60 * SECOND
# Marks of what is held are drawn as lines: no finer than anybody sees. They go with the position.
MARK_EVERY: Instant = 5 * 60 * SECOND
_MOVES_MONEY = (OrderFilled, PositionSettled, CopyClosed)
_NAME, _SUFFIX = "replica-", ".sqlite"
_SCHEMA = """
CREATE TABLE signals (
    seq INTEGER PRIMARY KEY, signal_id TEXT NOT NULL, wallet TEXT NOT NULL, decision TEXT NOT NULL,
    reason TEXT, content TEXT NOT NULL
) STRICT;
CREATE INDEX signals_by_wallet ON signals (wallet, seq);
CREATE INDEX signals_by_reason ON signals (reason, seq);
CREATE INDEX signals_by_decision ON signals (decision, seq);
CREATE INDEX signals_by_id ON signals (signal_id);
CREATE TABLE equity (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, equity REAL NOT NULL, cash REAL NOT NULL, exposure REAL NOT NULL,
    peak REAL NOT NULL
) STRICT;
CREATE INDEX equity_by_time ON equity (at);
CREATE TABLE closed (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, wallet TEXT NOT NULL, category TEXT NOT NULL, pnl REAL NOT NULL
) STRICT;
CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, snapshot_id TEXT NOT NULL) STRICT;
CREATE TABLE marks (token_id TEXT NOT NULL, at INTEGER NOT NULL, mark REAL NOT NULL, PRIMARY KEY (token_id, at))
STRICT, WITHOUT ROWID;
"""


def replica_file(folder: Path) -> Path:
    """Where this process keeps its own: two dashboards of one home do not meet."""
    return folder / f"{_NAME}{os.getpid()}{_SUFFIX}"


class Replica:
    """Written by the thread that follows the journal; everyone else opens it for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path.parent)
        path.parent.chmod(0o700)
        _clear_abandoned(path.parent)
        _remove(path)
        _make(path)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # Nothing in it is the only copy.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._forget()

    def start_over(self) -> None:
        """Empty it for another journal; until then what the last one told is read."""
        tables = self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        with transaction(self._connection):
            for (table,) in tables:
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        self._forget()

    def _forget(self) -> None:
        self._cause: LeaderFillObserved | None = None
        self._category: dict[str, str] = {}
        self._sampled_at: Instant | None = None
        self._marked_at: Instant | None = None
        self._peak = 0.0

    def begin(self) -> None:
        """Open a batch."""
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        """Let readers see the batch."""
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close and remove it; what is in it is made again."""
        self._connection.close()
        _remove(self.path)

    def apply(self, seq: int, event: JournalEvent, state: State) -> None:
        """Take in one event; state is the fold with it."""
        match event:
            case LeaderFillObserved():
                self._cause = event
            case SignalCopied() | SignalRejected() | MirrorOwed():
                self._keep_signal(seq, event)
            case CopyClosed():
                self._connection.execute(
                    "INSERT INTO closed VALUES (?, ?, ?, ?, ?)",
                    (seq, event.observed_at, event.wallet, self._category.get(event.condition_id, ""),
                     from_micro(event.pnl)),
                )  # fmt: skip
                self._connection.execute("DELETE FROM marks WHERE token_id = ?", (event.token_id,))
            case ScoresPublished():
                self._connection.execute(
                    "INSERT INTO snapshots VALUES (?, ?, ?)", (seq, event.observed_at, event.snapshot.snapshot_id)
                )
            case _:
                pass
        self._sample(seq, event, state)
        self._mark(event.observed_at, state)

    def _keep_signal(self, seq: int, event: SignalCopied | SignalRejected | MirrorOwed) -> None:
        if isinstance(event, SignalCopied):
            self._category[event.condition_id] = event.market.category
        row = signal_row(seq, event, self._cause)
        if row is not None:
            self._connection.execute(
                "INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?)",
                (seq, row.signal_id, row.wallet, row.decision, row.reason, row.model_dump_json()),
            )

    def _sample(self, seq: int, event: JournalEvent, state: State) -> None:
        now = event.observed_at
        is_due = self._sampled_at is None or now - self._sampled_at >= SAMPLE_EVERY
        if not state.run_id or not (is_due or isinstance(event, _MOVES_MONEY)):
            return
        portfolio = state.portfolio
        equity = portfolio.equity
        self._peak = max(self._peak, equity)
        self._sampled_at = now
        self._connection.execute(
            "INSERT INTO equity VALUES (?, ?, ?, ?, ?, ?)",
            (seq, now, equity, from_micro(portfolio.cash), portfolio.gross_exposure, self._peak),
        )

    def _mark(self, now: Instant, state: State) -> None:
        if self._marked_at is not None and now - self._marked_at < MARK_EVERY:
            return
        self._marked_at = now
        marks = ((one.token_id, now, one.mark) for one in state.portfolio.positions.values() if one.mark is not None)
        self._connection.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", marks)


def _make(path: Path) -> None:
    """Give the file its name once all tables are in it."""
    beside = beside_of(path)
    beside.unlink(missing_ok=True)
    keep_private(beside)
    with closing(sqlite3.connect(beside)) as connection:
        connection.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
    beside.replace(path)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _clear_abandoned(folder: Path) -> None:
    """Remove what processes left that were killed."""
    for path in folder.glob(f"{_NAME}*{_SUFFIX}"):
        owner = path.name.removeprefix(_NAME).removesuffix(_SUFFIX)
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc/self").exists():
            _remove(path)
