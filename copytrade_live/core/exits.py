"""When to leave a position: the leader's own sells, profit, loss, time. Exits never look at the gate or at halts."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.execution import attempt_limit, order_id
from copytrade_live.core.market import HOUR, SECOND, Book, Instant, Micro, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import Portfolio, Position
from copytrade_live.core.pricing import floor_size, from_micro
from copytrade_live.core.reasons import ExitReason, HoldReason
from copytrade_live.core.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Leave the position alone, and why."""

    reason: HoldReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Sell: the rule that asks for it with its measure and limit, and the order."""

    reason: ExitReason
    measured: float
    limit: float
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One exit rule's call. Units: size in micro-shares."""

    reason: ExitReason
    measured: float
    limit: float
    size: Micro


def decide_exit(
    position: Position, book: Book | None, portfolio: Portfolio, config: DecisionConfig, now: Instant
) -> Hold | Exit:
    """Decide on one position against its book. Order: mirror, take profit, stop loss, time; first call wins."""
    if any(entry.order.token_id == position.token_id for entry in portfolio.working.values()):
        return Hold(reason=HoldReason.ORDER_WORKING)
    if book is None or book.best_bid is None:
        return Hold(reason=HoldReason.NO_BID)
    trigger = _first_trigger(position, book.best_bid, config, now)
    if trigger is None:
        return Hold(reason=HoldReason.NO_TRIGGER)
    if position.sellable == 0:
        return Hold(reason=HoldReason.UNSETTLED)
    size = _sellable(position, trigger.size)
    if size == 0:
        return Hold(reason=HoldReason.DUST)
    order = _exit_order(position, book.best_bid, size, trigger.reason, config, now)
    return Exit(reason=trigger.reason, measured=trigger.measured, limit=trigger.limit, order=order)


def mirror_fraction(signal: Signal) -> float:
    """Share of its holding that a leader sold; everything when its holding is unknown."""
    before = signal.leader_size_before
    if before is None or before <= 0.0:
        return 1.0
    return min(1.0, signal.size / before)


def _first_trigger(position: Position, bid: float, config: DecisionConfig, now: Instant) -> Trigger | None:
    rules = config.exit
    if position.is_closing:
        return Trigger(reason=ExitReason.OPERATOR, measured=1.0, limit=0.0, size=position.held)
    if position.owed > 0:
        share = position.owed / position.held
        return Trigger(reason=ExitReason.MIRROR, measured=share, limit=0.0, size=position.owed)
    gain = bid / position.average_cost - 1.0
    if gain >= rules.take_profit:
        return Trigger(reason=ExitReason.TAKE_PROFIT, measured=gain, limit=rules.take_profit, size=position.size)
    if gain <= -rules.stop_loss:
        return Trigger(reason=ExitReason.STOP_LOSS, measured=gain, limit=-rules.stop_loss, size=position.size)
    end_at = position.market.end_at
    if end_at is not None and end_at - now <= rules.time_exit_hours * HOUR:
        hours = (end_at - now) / HOUR
        return Trigger(reason=ExitReason.TIME_EXIT, measured=hours, limit=rules.time_exit_hours, size=position.size)
    return None


def _sellable(position: Position, wanted: Micro) -> Micro:
    size = floor_size(from_micro(min(wanted, position.sellable)))
    rest = from_micro(position.sellable - size)
    # A rest too small to sell later goes along now.
    if 0.0 < rest < position.market.min_order_size:
        size = floor_size(from_micro(position.sellable))
    return size if from_micro(size) >= position.market.min_order_size else 0


def _exit_order(
    position: Position, bid: float, size: Micro, reason: ExitReason, config: DecisionConfig, now: Instant
) -> Order:
    market = position.market
    root_id = f"exit-{position.root_id}-{position.exits + 1}"
    return Order(
        order_id=order_id(root_id, 1),
        root_id=root_id,
        attempt=1,
        token_id=position.token_id,
        condition_id=market.condition_id,
        event_id=market.event_id,
        wallet=position.wallet,
        side=Side.SELL,
        limit=attempt_limit(Side.SELL, bid, bid, 1, market.tick_size, config.execution),
        size=size,
        anchor=bid,
        tick_size=market.tick_size,
        fee_rate=market.fee_rate,
        fee_exponent=market.fee_exponent,
        submitted_at=now,
        expires_at=now + round(config.execution.order_ttl_seconds * SECOND),
        exit_reason=reason,
    )
