"""From the copier's edge to a number of shares: fractional Kelly under every cap."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.context import Context, entry_limit
from copytrade_live.core.events import SizingTrace
from copytrade_live.core.filters import is_on_probation
from copytrade_live.core.kelly import certainty, expected_edge, kelly_fraction, time_decay
from copytrade_live.core.limits import rooms
from copytrade_live.core.market import HOUR, Market, Micro
from copytrade_live.core.pricing import cost_per_share, floor_size, from_micro
from copytrade_live.core.reasons import Rejected, RejectReason
from copytrade_live.core.score import TraderScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """How many shares, and the numbers behind them. Units: size in micro-shares."""

    size: Micro
    trace: SizingTrace


def size_copy(c: Context, market: Market, score: TraderScore, ask: float) -> Sized | Rejected:
    """Size a copy, or say which number leaves nothing worth buying."""
    cost = cost_per_share(ask, market.fee_rate, market.fee_exponent)
    probation = is_on_probation(c)
    edge = expected_edge(score.edge_mean, cost, c.signal.price + score.copy_cost_mean)
    belief = cost + edge
    kelly_full = kelly_fraction(belief, cost)
    applied = (
        c.config.sizing.kelly_multiplier * kelly_full * certainty(score.edge_mean, score.edge_sd) * _decay(c, market)
    )
    if applied <= 0.0 and not probation:
        return Rejected(reason=RejectReason.NO_EDGE, measured=edge, limit=0.0)
    wanted = c.config.sizing.probation_notional if probation else applied * c.portfolio.equity
    notional, capped_by = _cap(c, market, wanted)
    trace = SizingTrace(
        belief=belief,
        cost=cost,
        edge=edge,
        kelly_full=kelly_full,
        kelly_applied=applied,
        notional_wanted=wanted,
        notional=notional,
        capped_by=capped_by,
        is_probation=probation,
    )
    return _to_shares(c, market, trace)


def _decay(c: Context, market: Market) -> float:
    if market.end_at is None:
        return 1.0
    return time_decay((market.end_at - c.now) / HOUR, c.config.sizing.decay_hours)


def _cap(c: Context, market: Market, wanted: float) -> tuple[float, str]:
    notional, capped_by = wanted, ""
    per_trade = c.config.sizing.max_per_trade * c.portfolio.equity
    if notional > per_trade:
        notional, capped_by = per_trade, "per_trade"
    for room in rooms(c, market):
        if notional > room.left:
            notional, capped_by = room.left, room.reason.value
    return notional, capped_by


def _to_shares(c: Context, market: Market, trace: SizingTrace) -> Sized | Rejected:
    # Shares are counted at the worst price we may pay, so that a cap holds whatever the book does.
    worst = cost_per_share(entry_limit(c, market), market.fee_rate, market.fee_exponent)
    least = max(c.config.sizing.min_notional, market.min_order_size * worst)
    for room in rooms(c, market):
        if room.left < least:
            return Rejected(reason=room.reason, measured=room.used, limit=room.limit)
    size = floor_size(trace.notional / worst)
    if trace.notional < c.config.sizing.min_notional or from_micro(size) < market.min_order_size:
        return Rejected(reason=RejectReason.BELOW_MINIMUM, measured=trace.notional, limit=least)
    return Sized(size=size, trace=trace)
