"""What is not as it should be, observed when it changes."""

from __future__ import annotations

from copytrade_live.clock import Clock
from copytrade_live.core.events import ConditionObserved
from copytrade_live.core.reasons import Condition
from copytrade_live.runner.execution import Record


class Conditions:
    """Tells the record of a condition when it turns, never while it stays."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[Condition, bool] = {}

    def tell(
        self, record: Record, kind: Condition, *, is_ok: bool, measured: float, limit: float, detail: str = ""
    ) -> None:
        """Observe a condition if it is news; a run begins with all of them unknown."""
        if self._told.get(kind) is is_ok:
            return
        now = self._clock.now()
        record.observe(
            ConditionObserved(
                event_at=now,
                observed_at=now,
                kind=kind,
                is_ok=is_ok,
                measured=measured,
                limit=limit,
                detail=detail,
            )
        )
        self._told[kind] = is_ok

    def is_ok(self, kind: Condition) -> bool:
        """Whether a condition was last told as good; what was never told counts as good."""
        return self._told.get(kind, True)


class ErrorCount:
    """Refused and doubtful orders within the last minute."""

    _SPAN_SECONDS = 60.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: list[float] = []

    def add(self) -> None:
        """One more."""
        self._times.append(self._clock.monotonic())

    @property
    def count(self) -> int:
        """How many there were within the span."""
        since = self._clock.monotonic() - self._SPAN_SECONDS
        self._times = [time for time in self._times if time > since]
        return len(self._times)
