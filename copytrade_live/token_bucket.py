"""A bucket of tokens: so many a second, and at most so many at once."""

from __future__ import annotations

from copytrade_live.clock import Clock


class Bucket:
    """Full at first; it fills at its rate up to its burst."""

    def __init__(self, per_second: float, burst: float, clock: Clock) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock.monotonic()

    @property
    def left(self) -> float:
        """How many are there now."""
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return self._tokens

    def seconds_until(self, tokens: float = 1.0) -> float:
        """How long until so many are there."""
        return max(0.0, (tokens - self.left) / self._rate)

    def take(self, tokens: float = 1.0) -> None:
        """Take some; taking more than there is is paid back by whoever comes next."""
        self._tokens = self.left - tokens
