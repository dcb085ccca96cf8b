"""A market paid out, or a copy ended: what it earned, and what that says of its leader."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    CopyClosed,
    Fact,
    LeaderMuted,
    MarketResolved,
    Observation,
    OrderAbandoned,
    PositionSettled,
)
from copytrade_live.core.market import Instant
from copytrade_live.core.portfolio import LeaderRecord, Position
from copytrade_live.core.pricing import from_micro, settle_cash
from copytrade_live.core.reasons import AbandonReason, MuteReason
from copytrade_live.core.state import State
from copytrade_live.core.valuation import shortfall_after


def settle(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Earn the payout of what is held, and give up what still works."""
    if not isinstance(seen, MarketResolved):
        return
    now = seen.observed_at
    for entry in after.portfolio.working.values():
        if entry.order.condition_id == seen.condition_id:
            yield OrderAbandoned(
                event_at=now,
                observed_at=now,
                order_id=entry.order.order_id,
                reason=AbandonReason.RESOLVED,
                rest=entry.rest,
            )
    payouts = dict(seen.payouts)
    for position in after.portfolio.positions.values():
        # What is sold provisionally waits for its fill; what is bought so is settled when it is final.
        size = position.size - position.going
        if position.market.condition_id == seen.condition_id and size > 0:
            payout = payouts[position.token_id]
            yield PositionSettled(
                event_at=seen.event_at,
                observed_at=now,
                token_id=position.token_id,
                size=size,
                payout=payout,
                cash=settle_cash(size, payout),
                is_receivable=True,
            )


def close_copies(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Count what ended with this observation, and mute its leader when it lost too much."""
    held = after.portfolio.positions
    if before.portfolio.positions is held or before.portfolio.positions.keys() <= held.keys():
        return
    for token_id, position in before.portfolio.positions.items():
        # A copy of which nothing ever became final did not happen.
        happened = position.size > 0 or position.realised != 0
        if token_id not in held and happened:
            yield from _close(position, before, after, seen.observed_at, config)


def _close(position: Position, before: State, after: State, now: Instant, config: DecisionConfig) -> Iterator[Fact]:
    risk = config.risk
    pnl = position.realised + after.portfolio.realised - before.portfolio.realised
    record = after.portfolio.records.get(position.wallet, LeaderRecord())
    shortfall = shortfall_after(record.shortfall_at(now, risk.leader_record_half_life_days), from_micro(pnl))
    streak = record.streak + 1 if pnl < 0 else 0
    yield CopyClosed(
        event_at=now,
        observed_at=now,
        token_id=position.token_id,
        wallet=position.wallet,
        condition_id=position.market.condition_id,
        root_id=position.root_id,
        pnl=pnl,
        shortfall=shortfall,
        streak=streak,
    )
    drawdown = shortfall / risk.leader_drawdown_base
    if drawdown >= risk.leader_drawdown_cutoff:
        yield LeaderMuted(
            event_at=now,
            observed_at=now,
            wallet=position.wallet,
            reason=MuteReason.LEADER_DRAWDOWN,
            measured=drawdown,
            limit=risk.leader_drawdown_cutoff,
        )
    elif streak >= risk.leader_loss_streak:
        yield LeaderMuted(
            event_at=now,
            observed_at=now,
            wallet=position.wallet,
            reason=MuteReason.LOSS_STREAK,
            measured=float(streak),
            limit=float(risk.leader_loss_streak),
        )
