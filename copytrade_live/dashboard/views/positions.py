"""What we hold and when each position is left."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.execution import signal_of
from copytrade_live.core.exits import EXIT_POLICIES, loss_is_stopped, mirrors, profit_is_taken, time_is_up
from copytrade_live.core.market import HOUR, Instant
from copytrade_live.core.portfolio import Portfolio, Position
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import ExitReason
from copytrade_live.core.valuation import gain_on_cost, price_at_gain
from copytrade_live.dashboard.history import History
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.positions import ExitPlan, MarkPoint, Marks, PositionRow, Positions
from copytrade_live.dashboard.titles import Titles
from copytrade_live.visible import visible

# A chart is no wider.
MOST_MARKS = 400


def positions(seen: Moment, titles: Titles) -> Positions:
    """Every open position, the largest first."""
    portfolio = seen.state.portfolio
    held = sorted(portfolio.positions.values(), key=lambda one: (-one.value, one.token_id))
    rows = [position_row(one, portfolio, seen.decided_by, seen.now, titles) for one in held]
    return Positions(now_at=seen.now, seq=seen.view.last_seq, items=rows)


def position_row(
    held: Position, portfolio: Portfolio, config: DecisionConfig, now: Instant, titles: Titles
) -> PositionRow:
    """One of them."""
    market, cost = held.market, held.cost + held.coming_cost
    outcomes = dict(zip(market.token_ids, market.outcomes, strict=True))
    exits = [one.order.order_id for one in portfolio.working.values() if one.order.token_id == held.token_id]
    return PositionRow(
        token_id=held.token_id,
        condition_id=market.condition_id,
        title=titles.question(market.condition_id),
        outcome=visible(outcomes.get(held.token_id, "")),
        category=visible(market.category),
        wallet=held.wallet,
        signal_id=signal_of(held.root_id)[0],
        size=from_micro(held.size),
        coming=from_micro(held.coming),
        going=from_micro(held.going),
        owed=from_micro(held.owed),
        average_cost=held.average_cost,
        cost=from_micro(cost),
        mark=held.mark,
        value=held.value,
        unrealised_pnl=held.unrealised,
        gain=None if held.mark is None else gain_on_cost(held.mark, held.average_cost),
        realised_pnl=from_micro(held.realised),
        opened_at=held.opened_at,
        end_at=market.end_at,
        market_status=market.status.value,
        neg_risk=market.neg_risk,
        is_closing=held.is_closing,
        exit_order_id=exits[0] if exits else None,
        plan=list(exit_plan(held, config, now)),
    )


def marks(seen: Moment, history: History, held: Position) -> Marks:
    """How a share of it was worth more and less since we hold it."""
    points = history.marks_of(held.token_id, MOST_MARKS)
    if held.mark is not None:
        points.append(MarkPoint(at=seen.now, mark=held.mark))
    return Marks(points=points, is_complete=not seen.is_catching_up)


def exit_plan(held: Position, config: DecisionConfig, now: Instant) -> Iterator[ExitPlan]:
    """What would sell it, in the order in which the rules are asked."""
    if held.is_closing:
        yield _plan(ExitReason.OPERATOR, at=now)
    if held.owed > 0 or mirrors(config, held.wallet):
        yield _plan(ExitReason.MIRROR, at=now if held.owed > 0 else None)
    limits = config.exit
    for rule in EXIT_POLICIES.find(config.exit_policy(held.wallet)).rules:
        if rule is profit_is_taken:
            yield _at_price(held, ExitReason.TAKE_PROFIT, limits.take_profit)
        elif rule is loss_is_stopped:
            yield _at_price(held, ExitReason.STOP_LOSS, -limits.stop_loss)
        elif rule is time_is_up and held.market.end_at is not None:
            yield _plan(ExitReason.TIME_EXIT, at=max(0, held.market.end_at - round(limits.time_exit_hours * HOUR)))
    yield _plan(ExitReason.RESOLUTION, at=held.market.end_at)


def _at_price(held: Position, reason: ExitReason, gain: float) -> ExitPlan:
    level = price_at_gain(held.average_cost, gain)
    distance = None if not held.mark else gain_on_cost(level, held.mark)
    return _plan(reason, level=level, distance=distance)


def _plan(
    reason: ExitReason, *, level: float | None = None, at: Instant | None = None, distance: float | None = None
) -> ExitPlan:
    return ExitPlan(reason=reason.value, summary=reason.summary, level=level, at=at, distance=distance)
