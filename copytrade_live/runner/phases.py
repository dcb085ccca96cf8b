"""The runner's rounds: what is done, how often, one after the other when stepped and side by side when live."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from copytrade_live.clock import Clock

# A recurring piece of work may be late by this many of its intervals, and by no less than the seconds.
LATE_INTERVALS, LATE_SECONDS = 5, 15.0


@dataclass(slots=True)
class Phase:
    """One recurring piece of work. Units: seconds of the runner's clock, which nobody can set back.

    With wake it does not wait for the interval when run side by side, but for what wake awaits.
    """

    name: str
    interval_seconds: float
    run: Callable[[], Awaitable[None]]
    next_due: float = float("-inf")
    wake: Callable[[], Awaitable[None]] | None = None

    async def run_if_due(self, now: float) -> None:
        """Run once when the time has come, and set the next one."""
        if now >= self.next_due:
            self.next_due = now + self.interval_seconds
            await self.run()


def late_ones(phases: Iterable[Phase], now: float, pace: float) -> Iterator[str]:
    """Which phases are late, and how late. pace: seconds of the runner's clock in one of the machine's."""
    for phase in phases:
        allowed = max(LATE_SECONDS * pace, LATE_INTERVALS * phase.interval_seconds)
        late = now - phase.next_due
        if math.isfinite(phase.next_due) and late > allowed:
            yield f"{phase.name} is {late:.0f} s late, {allowed:.0f} s allowed"


async def tick(phases: Sequence[Phase], clock: Clock) -> None:
    """Run every phase that is due, in order."""
    for phase in phases:
        await phase.run_if_due(clock.monotonic())


async def run_side_by_side(
    phases: Sequence[Phase], clock: Clock, services: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
) -> None:
    """Run every phase at its own pace until cancelled: a slow one delays no other. One that breaks ends them all.

    services run beside them without end, such as connections that stay open.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for phase in phases:
                group.create_task(_repeat(phase, clock), name=phase.name)
            for service in services:
                group.create_task(service())
    except ExceptionGroup as group_failure:
        raise group_failure.exceptions[0] from group_failure


async def _repeat(phase: Phase, clock: Clock) -> None:
    while True:
        await phase.run_if_due(clock.monotonic())
        if phase.wake is not None:
            # It is due when something came, not before, however long that takes.
            due, phase.next_due = phase.next_due, math.inf
            await phase.wake()
            phase.next_due = due
        else:
            await clock.sleep(max(0.0, phase.next_due - clock.monotonic()))
