"""Reads the journal from disk through a connection of its own, right after each commit, and shows it to every check."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from copytrade_live.core.events import JournalEvent
from copytrade_live.core.market import Instant
from copytrade_live.store.database import SCHEMA_VERSION
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow, to_line

See = Callable[[JournalEvent, Instant], None]


class Witness:
    """Sees every event once, with the true instant at which it became durable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: Journal | None = None
        self._digest = hashlib.sha256()
        self.rows: list[JournalRow] = []
        self.listeners: list[See] = []

    @property
    def digest(self) -> str:
        """SHA-256 of the journal so far, as its export would spell it."""
        return self._digest.hexdigest()

    def catch_up(self, at: Instant) -> None:
        """See what is new on disk."""
        if self._reader is None:
            self._reader = Journal.open_reader(self._path)
        for row in list(self._reader.read(self.rows[-1].seq if self.rows else 0)):
            self.rows.append(row)
            self._digest.update(to_line(row))
            event = row.event
            for see in self.listeners:
                see(event, at)

    def faults_of_the_file(self) -> list[str]:
        """What SQLite itself finds wrong, and facts that answer nothing."""
        if self._reader is None:
            return []
        connection = self._reader.connection
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key of {row[0]} row {row[1]}" for row in connection.execute("PRAGMA foreign_key_check")]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            found.append(f"schema version {version}")
        hanging = connection.execute(
            "SELECT count(*) FROM journal AS fact LEFT JOIN journal AS cause ON cause.seq = fact.caused_by "
            "WHERE fact.caused_by IS NOT NULL AND (cause.seq IS NULL OR cause.caused_by IS NOT NULL)"
        ).fetchone()[0]
        if hanging:
            found.append(f"{hanging} facts that answer no observation")
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
