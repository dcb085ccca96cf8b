"""The world's time: real, accelerated, or moved by hand."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from copytrade_live.clock import AcceleratedClock, ManualClock, to_iso
from copytrade_live.core.market import Instant

# Real seconds between two looks at the world's time.
_LOOK_SECONDS = 0.02


class Mode(StrEnum):
    """How the world's time passes."""

    REAL = "real"
    ACCELERATED = "accelerated"
    STEPPED = "stepped"


class NotSteppable(Exception):
    """The world's time cannot be moved to where it was asked to go."""


class TimeKeeper:
    """Says what now is in a world. speed None means that time stands still until stepped."""

    def __init__(self, start: Instant, *, speed: float | None) -> None:
        self._manual = ManualClock(start) if speed is None else None
        self._clock = self._manual or AcceleratedClock(start, speed or 1.0)
        self.speed = speed

    @property
    def mode(self) -> Mode:
        """How time passes."""
        if self.speed is None:
            return Mode.STEPPED
        return Mode.REAL if self.speed == 1.0 else Mode.ACCELERATED

    def now(self) -> Instant:
        """Milliseconds since epoch, UTC, in the world's time."""
        return self._clock.now()

    async def reached(self, instant: Instant) -> None:
        """Wait until the world's time is there."""
        while self.now() < instant:  # noqa: ASYNC110 - a world's time rings no bell
            await asyncio.sleep(_LOOK_SECONDS)

    def step_to(self, instant: Instant) -> Instant:
        """Move a stepped world to an instant. Returns: now. Raises: NotSteppable."""
        if self._manual is None:
            raise NotSteppable(f"time runs by itself here ({self.mode.value}); start the sandbox stepped to move it")
        if instant < self._manual.now():
            raise NotSteppable(
                f"time goes forwards only: now is {to_iso(self._manual.now())}, asked for {to_iso(instant)}"
            )
        self._manual.set(instant)
        return instant
