"""Days and weeks that turn, and stops that trip."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    ConditionObserved,
    Fact,
    HaltTripped,
    Observation,
    OrderFilled,
    Period,
    PeriodOpened,
)
from copytrade_live.core.reasons import Condition, HaltReason
from copytrade_live.core.state import State, period_number
from copytrade_live.core.valuation import fall_from

Trip = tuple[HaltReason, float | None, float | None]


def open_periods(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Note the equity that a new day or week begins with."""
    now = seen.observed_at
    for period, current in ((Period.DAY, after.day), (Period.WEEK, after.week)):
        if after.run_id and period_number(period, now) != current:
            yield PeriodOpened(event_at=now, observed_at=now, period=period, equity=after.portfolio.equity)


def trip_halts(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Halt entries for the first stop that trips; an operator resumes."""
    if after.standing.halt is not None:
        return
    now = seen.observed_at
    for stop in (_lost_week, _unknown_orders, _strange_fill, _order_errors):
        tripped = stop(before, after, seen, config)
        if tripped is not None:
            reason, measured, limit = tripped
            yield HaltTripped(event_at=now, observed_at=now, reason=reason, measured=measured, limit=limit)
            return


def _lost_week(before: State, after: State, seen: Observation, config: DecisionConfig) -> Trip | None:
    opened = after.portfolio.week_equity
    if opened is None or opened <= 0.0 or after.portfolio is before.portfolio:
        return None
    limit = config.risk.weekly_drawdown_halt
    # Positions are worth nothing at the worst, and adding them up at every book costs most of a step.
    if fall_from(opened, after.portfolio.sure_equity) < limit:
        return None
    fall = fall_from(opened, after.portfolio.equity)
    return (HaltReason.WEEKLY_DRAWDOWN, fall, limit) if fall >= limit else None


def _unknown_orders(before: State, after: State, seen: Observation, config: DecisionConfig) -> Trip | None:
    if after.portfolio.working is before.portfolio.working:
        return None
    count, limit = len(after.portfolio.unknown_orders), config.risk.max_unknown_orders
    grew = count > len(before.portfolio.unknown_orders)
    return (HaltReason.UNKNOWN_ORDERS, float(count), float(limit)) if grew and count >= limit else None


def _strange_fill(before: State, after: State, seen: Observation, config: DecisionConfig) -> Trip | None:
    is_strange = isinstance(seen, OrderFilled) and before.portfolio.order_of(seen.fill.order_id) is None
    return (HaltReason.STRANGE_FILL, None, None) if is_strange else None


def _order_errors(before: State, after: State, seen: Observation, config: DecisionConfig) -> Trip | None:
    if isinstance(seen, ConditionObserved) and seen.kind is Condition.ORDER_ERRORS and not seen.is_ok:
        return HaltReason.ORDER_ERRORS, seen.measured, seen.limit
    return None
