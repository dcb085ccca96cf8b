"""How far a long step has come: the command line draws it, Dagster logs it."""

from __future__ import annotations

from typing import Protocol

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import SECOND


class Progress(Protocol):
    """Told after each batch."""

    def __call__(self, done: int, total: int, label: str) -> None:
        """Done of total things called label."""
        ...


def silent(done: int, total: int, label: str) -> None:
    """Tell nobody."""


class Rate:
    """Progress with the rows a second and the time it will still take, as far as one can tell."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress, self._what, self._total = progress, what, total
        self._clock = SystemClock()
        self._began_at = self._clock.now()

    def tell(self, done: int, rows: int) -> None:
        """So many things are done, and so many rows read."""
        seconds = max((self._clock.now() - self._began_at) / SECOND, 0.001)
        left = f", {_spoken(seconds / done * (self._total - done))} left" if 0 < done < self._total else ""
        self._progress(done, self._total, f"{self._what}, {rows:,} rows, {rows / seconds:,.0f} rows/s{left}")


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def with_time_left(progress: Progress) -> Progress:
    """The same progress, with how long the rest of what it counts will take at the pace so far."""
    clock = SystemClock()
    # What is counted, and where and when the first word of it came: what was done before it has another pace.
    counted, first, began_at = "", 0, 0.0

    def tell(done: int, total: int, label: str) -> None:
        nonlocal counted, first, began_at
        if label != counted or done < first:
            counted, first, began_at = label, done, clock.monotonic()
        pace = (clock.monotonic() - began_at) / (done - first) if done > first else None
        left = f", {_spoken(pace * (total - done))} left" if pace is not None and done < total else ""
        progress(done, total, f"{label}{left}")

    return tell
