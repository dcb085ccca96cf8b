"""What befalls the state database: a disk that takes nothing for a while, and somebody who reads for long."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.runner.app import Runner
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.faults import Mischief, SimFault

_NO_LIMIT = 1_073_741_823


@dataclass
class Disk:
    """Troubles of the disk, and until when. A full disk outlives the runner that met it."""

    path: Path
    clock: VirtualClock
    mischief: Mischief
    full_until: Instant = 0
    _read_until: Instant = 0
    _reader: sqlite3.Connection | None = None
    _limited: Runner | None = None

    @property
    def is_full(self) -> bool:
        """Whether nothing more can be written."""
        return self.clock.truth() < self.full_until

    def live(self, runner: Runner) -> None:
        """Once a second, with whoever runs now."""
        now = self.clock.truth()
        if self.mischief.strikes(SimFault.DISK_FULL):
            self.full_until = now + round(self.mischief.draw(SimFault.DISK_FULL, 2.0, 12.0) * SECOND)
        self._limit(runner)
        if self._reader is None and self.mischief.strikes(SimFault.DATABASE_BUSY):
            self._read_until = now + round(self.mischief.draw(SimFault.DATABASE_BUSY, 5.0, 60.0) * SECOND)
            self._reader = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
            self._reader.execute("BEGIN")
            self._reader.execute("SELECT count(*) FROM journal").fetchone()
        if self._reader is not None and now >= self._read_until:
            self.close()

    def close(self) -> None:
        """Nobody reads any more."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _limit(self, runner: Runner) -> None:
        connection = runner.journal.connection
        if self.is_full and self._limited is not runner:
            self._limited = runner
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {int(pages)}")
        elif not self.is_full and self._limited is runner:
            self._limited = None
            connection.execute(f"PRAGMA max_page_count = {_NO_LIMIT}")
