"""From the copier's edge to a number of shares: fractional Kelly under every cap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.core.context import Context, entry_limit
from copytrade_live.core.events import SizingTrace
from copytrade_live.core.filters import is_on_probation
from copytrade_live.core.kelly import applied_fraction, certainty, expected_edge, kelly_fraction, time_decay
from copytrade_live.core.limits import Room, rooms
from copytrade_live.core.market import HOUR, Market, Micro
from copytrade_live.core.pricing import cost_per_share, floor_size, from_micro
from copytrade_live.core.reasons import Rejected, RejectReason
from copytrade_live.core.registry import Registry
from copytrade_live.core.score import TraderScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """How many shares, and the numbers behind them. Units: size in micro-shares."""

    size: Micro
    trace: SizingTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What a sizing rule asks for, before any cap. Units: notional in collateral, belief and edge per share."""

    belief: float
    edge: float
    kelly_full: float
    kelly_applied: float
    notional: float


# What says how much to stake on a copy: context, market, score and the cost of a share now, fee included.
SizingRule = Callable[[Context, Market, TraderScore, float], Stake]


def kelly_stake(c: Context, market: Market, score: TraderScore, cost: float) -> Stake:
    """Fractional Kelly on the edge that is left at today's cost: less where it is uncertain, less near the end."""
    edge = expected_edge(score.edge_mean, cost, c.signal.price + score.copy_cost_mean)
    kelly_full = kelly_fraction(cost + edge, cost)
    sure = certainty(score.edge_mean, score.edge_sd)
    applied = applied_fraction(c.config.sizing.kelly_multiplier, kelly_full, sure, _decay(c, market))
    return Stake(
        belief=cost + edge,
        edge=edge,
        kelly_full=kelly_full,
        kelly_applied=applied,
        notional=applied * c.portfolio.equity,
    )


SIZING_RULES: Registry[SizingRule] = Registry("sizing rule", {"kelly": kelly_stake})


def size_copy(c: Context, market: Market, score: TraderScore, ask: float) -> Sized | Rejected:
    """Size a copy, or say which number leaves nothing worth buying. Caps and minimums hold for every rule."""
    cost = cost_per_share(ask, market.fee_rate, market.fee_exponent)
    probation = is_on_probation(c)
    stake = SIZING_RULES.find(c.config.sizing.rule)(c, market, score, cost)
    if stake.notional <= 0.0 and not probation:
        return Rejected(reason=RejectReason.NO_EDGE, measured=stake.edge, limit=0.0)
    wanted = c.config.sizing.probation_notional if probation else stake.notional
    caps = rooms(c, market)
    notional, capped_by = _cap(c, caps, wanted)
    trace = SizingTrace(
        belief=stake.belief,
        cost=cost,
        edge=stake.edge,
        kelly_full=stake.kelly_full,
        kelly_applied=stake.kelly_applied,
        notional_wanted=wanted,
        notional=notional,
        capped_by=capped_by,
        is_probation=probation,
    )
    return _to_shares(c, market, caps, trace)


def least_notional(min_notional: float, min_order_size: float, worst: float) -> float:
    """The smallest stake worth an order: ours, or the venue's least size at the worst price. Units: collateral."""
    return max(min_notional, min_order_size * worst)


def _decay(c: Context, market: Market) -> float:
    if market.end_at is None:
        return 1.0
    return time_decay((market.end_at - c.now) / HOUR, c.config.sizing.decay_hours)


def _cap(c: Context, caps: tuple[Room, ...], wanted: float) -> tuple[float, str]:
    notional, capped_by = wanted, ""
    own = c.config.leader(c.signal.wallet).max_per_trade
    largest = c.config.sizing.max_per_trade if own is None else min(own, c.config.sizing.max_per_trade)
    per_trade = largest * c.portfolio.equity
    if notional > per_trade:
        notional, capped_by = per_trade, "per_trade"
    for room in caps:
        if notional > room.left:
            notional, capped_by = room.left, room.reason.value
    return notional, capped_by


def _to_shares(c: Context, market: Market, caps: tuple[Room, ...], trace: SizingTrace) -> Sized | Rejected:
    # Shares are counted at the worst price we may pay, so that a cap holds whatever the book does.
    worst = cost_per_share(entry_limit(c, market), market.fee_rate, market.fee_exponent)
    least = least_notional(c.config.sizing.min_notional, market.min_order_size, worst)
    for room in caps:
        if room.left < least:
            return Rejected(reason=room.reason, measured=room.used, limit=room.limit)
    size = floor_size(trace.notional / worst)
    if trace.notional < c.config.sizing.min_notional or from_micro(size) < market.min_order_size:
        return Rejected(reason=RejectReason.BELOW_MINIMUM, measured=trace.notional, limit=least)
    return Sized(size=size, trace=trace)
