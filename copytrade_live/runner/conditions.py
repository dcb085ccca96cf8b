"""What the runner measures of itself, observed when it turns and never while it stays."""

from __future__ import annotations

from copytrade_live.clock import Clock
from copytrade_live.core.events import ConditionObserved
from copytrade_live.core.reasons import Condition
from copytrade_live.runner.execution import Record


def tell(
    record: Record, clock: Clock, kind: Condition, *, is_ok: bool, measured: float, limit: float, detail: str = ""
) -> None:
    """Observe a condition against what the state believes; what was never broken counts as good."""
    if is_ok is (kind not in record.state.standing.broken):
        return
    now = clock.now()
    record.observe(
        ConditionObserved(
            event_at=now, observed_at=now, kind=kind, is_ok=is_ok, measured=measured, limit=limit, detail=detail
        )
    )
