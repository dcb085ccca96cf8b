"""Our own ceiling on requests to the trading side, with what lessens risk going first."""

from __future__ import annotations

from enum import IntEnum

from copytrade_live.clock import Clock
from copytrade_live.token_bucket import Bucket


class Urgency(IntEnum):
    """Who goes first when not all can."""

    EXIT = 0
    READ = 1
    ENTRY = 2


class Ceiling:
    """Everyone who asks the trading side takes one here first. Exits and cancels never wait for the others."""

    def __init__(self, requests_per_second: float, entries_per_second: float, clock: Clock) -> None:
        self._clock = clock
        # A bucket that holds less than one would never have one to give.
        burst = max(1.0, requests_per_second)
        self._requests = Bucket(requests_per_second, burst, clock)
        self._entries = Bucket(entries_per_second, max(1.0, entries_per_second), clock)
        # What entries and reads must leave for exits.
        self._kept = min(requests_per_second * 0.25, burst - 1.0)
        self.waited = 0

    def take_now(self, urgency: Urgency) -> bool:
        """Take one if one may ask at once. Returns: whether it did."""
        if self._seconds(urgency) > 0:
            return False
        self._take(urgency)
        return True

    async def wait(self, urgency: Urgency) -> None:
        """Wait until one may ask."""
        while (seconds := self._seconds(urgency)) > 0:
            self.waited += 1
            await self._clock.sleep(seconds)
        self._take(urgency)

    def _take(self, urgency: Urgency) -> None:
        self._requests.take()
        if urgency is Urgency.ENTRY:
            self._entries.take()

    def _seconds(self, urgency: Urgency) -> float:
        if urgency is Urgency.EXIT:
            return self._requests.seconds_until()
        seconds = self._requests.seconds_until(1.0 + self._kept)
        return max(seconds, self._entries.seconds_until()) if urgency is Urgency.ENTRY else seconds
