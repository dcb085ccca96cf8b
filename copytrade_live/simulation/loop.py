"""An event loop in virtual time: it never waits, and runs what is ready at one instant in an order drawn by seed."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Any

from copytrade_live.simulation.luck import stream


class SleepForever(RuntimeError):
    """Everybody waits for somebody else: nothing can ever wake this loop again."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Time jumps to the next timer. No sockets, no threads, no signals: what needs those does not belong here."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._virtual = 0.0
        self._order = stream(seed, "schedule")

    def time(self) -> float:
        """Seconds since the simulation began."""
        return self._virtual

    def stall(self, seconds: float) -> None:
        """Let time pass in which nothing runs: a blocked loop, a suspended machine."""
        self._virtual += seconds

    def run_in_executor(  # type: ignore[override]  # without the generics of typeshed
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run at once: a thread would bring real time in."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _run_once(self) -> None:
        """Run everything that is ready, after a jump to the next timer when nothing is."""
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        ready = self._ready  # type: ignore[attr-defined]
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            if not scheduled:
                raise SleepForever(f"nothing left to wake the simulation after {self._virtual:.3f} seconds")
            self._virtual = max(self._virtual, scheduled[0].when())
        while scheduled and scheduled[0].when() <= self._virtual:
            ready.append(heapq.heappop(scheduled))
        handles = list(ready)
        ready.clear()
        if len(handles) > 1:
            self._order.shuffle(handles)
        for handle in handles:
            if not handle.cancelled():
                handle._run()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers leave when their time comes."""

    def _process_events(self, event_list: object) -> None:
        """There is no input or output to process."""

    def _write_to_self(self) -> None:
        """There is no selector to wake."""
