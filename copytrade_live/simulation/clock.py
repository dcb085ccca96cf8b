"""The runner's clock in a simulation: the loop's time, seen through a wall clock that may be wrong."""

from __future__ import annotations

import asyncio

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.simulation.loop import VirtualLoop


class VirtualClock:
    """Implements copytrade_live.clock.Clock. skew is how far the wall clock is ahead of the truth."""

    def __init__(self, loop: VirtualLoop, start: Instant) -> None:
        self._loop = loop
        self._start = start
        self.skew: Instant = 0

    def now(self) -> Instant:
        """What the wall clock says, milliseconds since epoch."""
        return self.truth() + self.skew

    def truth(self) -> Instant:
        """What the time is; only the venue and the checks know."""
        return self._start + round(self._loop.time() * SECOND)

    def monotonic(self) -> float:
        """Seconds that no step of the wall clock moves."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time, whatever the wall clock does."""
        await asyncio.sleep(seconds)
