"""The only reader of wall time. Everything else is handed a Clock, or a time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

from copytrade_live.core.market import Instant


class Clock(Protocol):
    """What now is, and how to wait."""

    def now(self) -> Instant:
        """Milliseconds since epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment. For spans: nobody sets this clock, it only ever goes forwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait this long on this clock."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> Instant:
        """Milliseconds since epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


class AcceleratedClock:
    """A clock that runs speed times as fast as the machine's, from a given start: a sandbox world's time."""

    def __init__(self, start: Instant, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, was {speed}")
        self._start = start
        self.speed = speed
        self._anchor = time.monotonic()

    def now(self) -> Instant:
        """Milliseconds since epoch, UTC, in the world's time."""
        return self._start + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        """The world's seconds since its start."""
        return (time.monotonic() - self._anchor) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait this many of the world's seconds."""
        await asyncio.sleep(seconds / self.speed)


def speed_of(clock: Clock) -> float:
    """Seconds of a clock in one of the machine's."""
    return clock.speed if isinstance(clock, AcceleratedClock) else 1.0


class Pulse(Protocol):
    """How time passes at a socket: spans and waits, no dates."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait this long."""
        ...


class LoopPulse:
    """Time of the running event loop: real, or virtual in a simulated loop, however fast a sandbox's world runs."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait this long."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to: for stepped worlds and tests."""

    def __init__(self, start: Instant) -> None:
        self._now = start

    def now(self) -> Instant:
        """Milliseconds since epoch, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since epoch: this clock is never set back."""
        return self._now / 1000

    def set(self, instant: Instant) -> None:
        """Move to an instant; time never goes backwards."""
        if instant < self._now:
            raise ValueError(f"time goes forwards only: was {self._now}, asked for {instant}")
        self._now = instant

    async def sleep(self, seconds: float) -> None:
        """Move forward by this long at once."""
        self._now += int(seconds * 1000)
        await asyncio.sleep(0)


def stopwatch() -> float:
    """Seconds of real time since some moment, as finely as the machine counts: to measure work, never to decide."""
    return time.perf_counter()


def to_name(instant: Instant) -> str:
    """An instant in the names of files, whole seconds of UTC."""
    return f"{datetime.fromtimestamp(instant / 1000, tz=UTC):%Y%m%dT%H%M%SZ}"


def to_iso(instant: Instant) -> str:
    """An instant as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(instant / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> Instant:
    """An ISO 8601 time as an instant; without an offset it is read as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
