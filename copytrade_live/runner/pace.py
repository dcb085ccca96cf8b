"""Whether the runner keeps its own pace: after a loop was blocked, or the machine slept, all that it knows is old."""

from __future__ import annotations

from copytrade_live.clock import Clock, speed_of
from copytrade_live.core.reasons import Condition
from copytrade_live.runner.conditions import tell
from copytrade_live.runner.execution import Record

# How often it is looked, and for how long there must be no stall before entries are allowed again: machine's seconds.
_LOOK_SECONDS = 0.5
_CALM_SECONDS = 10.0


class Pace:
    """Measures how late the loop wakes it. Units: limit in seconds of the machine, whatever time the world keeps.

    speed: seconds of the runner's clock in one of the machine's.
    """

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self._limit = limit
        self.speed = speed_of(clock)
        self._due = float("inf")
        self._stalled_at = float("-inf")
        self._worst = 0.0

    async def step(self) -> None:
        """Wait until the next look is due."""
        self._due = self._clock.monotonic() + _LOOK_SECONDS * self.speed
        await self._clock.sleep(_LOOK_SECONDS * self.speed)

    def look(self, record: Record) -> None:
        """Measure, and say so when it turned. Whoever is about to act on what came in meanwhile looks first."""
        now = self._clock.monotonic()
        late = (now - self._due) / self.speed
        if late > self._limit:
            # Counted once, however often it is looked before the next step.
            self._due, self._stalled_at, self._worst = now, now, late
        is_ok = now - self._stalled_at >= _CALM_SECONDS * self.speed
        tell(
            record,
            self._clock,
            Condition.LOOP_STALL,
            is_ok=is_ok,
            measured=self._worst,
            limit=self._limit,
            detail="" if is_ok else f"nothing ran for {self._worst:.1f} s",
        )
