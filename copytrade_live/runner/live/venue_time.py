"""The venue's clock as we know it, carried on by a clock of ours that nobody sets."""

from __future__ import annotations

from copytrade_live.clock import Clock
from copytrade_live.core.market import SECOND, Instant


class VenueTime:
    """What time it is at the venue. Until it was asked once, our own time of day must do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: tuple[Instant, float] | None = None

    def learn(self, theirs: Instant) -> None:
        """The venue told its time just now."""
        self._known = (theirs, self._clock.monotonic())

    def now(self) -> Instant:
        """Milliseconds since epoch on the venue's clock."""
        if self._known is None:
            return self._clock.now()
        told, at = self._known
        return told + round((self._clock.monotonic() - at) * SECOND)
