"""Room to write: measured every second, and lived without for a while. Entries pause, nothing is written by halves.

A step that finds the disk full has not happened; whoever took it does so again. Before that, while little is left,
entries are refused by a condition, so that what is left serves exits, cancels and fills.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable

from copytrade_live.clock import Clock
from copytrade_live.core.reasons import Condition
from copytrade_live.errors import DiskFull
from copytrade_live.runner.conditions import tell
from copytrade_live.runner.execution import Record
from copytrade_live.runner.health import Health
from copytrade_live.store.journal import Journal

# Names no file: a journal is the same wherever its home is.
NO_ROOM = "the disk is full: nothing more can be written; free disk space"
PART = "disk"
_MEGABYTE = 1_000_000


class Room:
    """Watches the disk of the journal. Units: limit in megabytes that must be free; 0: what a write meets."""

    def __init__(self, journal: Journal, clock: Clock, health: Health, limit: float) -> None:
        self._journal = journal
        self._clock = clock
        self._health = health
        self._limit = limit
        # What a step met that could not be written, until it was told.
        self._met: DiskFull | None = None

    async def within(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do a round of work; one that finds the disk full is done again when its turn comes."""
        try:
            await work()
        except DiskFull as error:
            self.met(error)

    def met(self, error: DiskFull) -> None:
        """Somebody found no room."""
        self._met = error
        self._health.failed(PART, error)

    def look(self, record: Record) -> None:
        """Measure, and say so when it turned. Raises: DiskFull when not even that can be written."""
        free, why = self._measure()
        is_ok = not why and free >= self._limit
        tell(record, self._clock, Condition.DISK, is_ok=is_ok, measured=free, limit=self._limit, detail=why)
        self._met = None
        if is_ok:
            self._health.healed(PART)

    def _measure(self) -> tuple[float, str]:
        """Megabytes that can be written, and why there are none."""
        try:
            self._journal.check_writable(self._clock.now())
        except DiskFull:
            return 0.0, NO_ROOM
        if self._met is not None:
            return 0.0, NO_ROOM
        if self._limit == 0.0:
            return 0.0, ""
        free = shutil.disk_usage(self._journal.path.parent).free / _MEGABYTE
        return free, "" if free >= self._limit else f"{free:.0f} MB are free, free disk space"
