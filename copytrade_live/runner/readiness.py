"""Whether a runner can do its work right now, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.clock import speed_of
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.reasons import Condition
from copytrade_live.errors import StateError
from copytrade_live.runner.phases import late_ones
from copytrade_live.runner.vitals import Vitals

# One look at the disk serves every asker for so long.
_DISK_EVERY: Instant = SECOND


class Readiness:
    """Answers /readyz. A database counts as writable only when a row was written."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals
        self._disk_at: Instant | None = None
        self._disk_said = ""

    def reasons(self) -> list[str]:
        """Why the runner cannot do its work; empty when it can."""
        return [*self._disk(), *self._unwell(), *self._late(), *self._blind()]

    def _disk(self) -> Iterator[str]:
        now = self._vitals.clock.now()
        if self._disk_at is None or now - self._disk_at >= _DISK_EVERY:
            self._disk_at, self._disk_said = now, ""
            try:
                self._vitals.journal.check_writable(now)
            except StateError as error:
                self._disk_said = str(error)
        if self._disk_said:
            yield self._disk_said

    def _unwell(self) -> Iterator[str]:
        broken = self._vitals.state.standing.broken
        for kind in (Condition.DISK, Condition.LOOP_STALL):
            if (found := broken.get(kind)) is not None:
                yield f"{kind.value}: {found.detail} (measured {found.measured:.4g}, limit {found.limit:.4g})"

    def _late(self) -> Iterator[str]:
        clock = self._vitals.clock
        return late_ones(self._vitals.phases, clock.monotonic(), speed_of(clock))

    def _blind(self) -> Iterator[str]:
        now, tracker = self._vitals.clock.now(), self._vitals.tracker
        if tracker.followed and not any(source.is_alive(now) for source in tracker.sources):
            yield "no source of leaders' fills is alive"
