"""When to leave a position: the leader's own sells, profit, loss, time. Exits never look at the gate or at halts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig, ExitConfig
from copytrade_live.core.execution import exit_root, order_id, price_attempt
from copytrade_live.core.market import HOUR, SECOND, Book, Instant, Micro, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import Portfolio, Position
from copytrade_live.core.pricing import floor_size, from_micro
from copytrade_live.core.reasons import ExitReason, HoldReason
from copytrade_live.core.registry import Registry
from copytrade_live.core.signal import Signal
from copytrade_live.core.valuation import gain_on_cost


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
    """Decide on one position against its book. The rules of its leader's policy in order; first call wins."""
    if any(entry.order.token_id == position.token_id for entry in portfolio.working.values()):
        return Hold(reason=HoldReason.ORDER_WORKING)
    if book is None or book.best_bid is None:
        return Hold(reason=HoldReason.NO_BID)
    trigger = first_trigger(position, book.best_bid, config, now)
    if trigger is None:
        return Hold(reason=HoldReason.NO_TRIGGER)
    if position.sellable == 0:
        return Hold(reason=HoldReason.UNSETTLED)
    size = size_to_sell(trigger.size, position.sellable, position.market.min_order_size)
    if size == 0:
        return Hold(reason=HoldReason.DUST)
    order = _exit_order(position, book.best_bid, size, trigger.reason, config, now)
    return Exit(reason=trigger.reason, measured=trigger.measured, limit=trigger.limit, order=order)


def mirror_fraction(signal: Signal) -> float:
    """Share of its holding that a leader sold; everything when its holding is unknown."""
    before = signal.leader_size_before
    return 1.0 if before is None else share_sold(signal.size, before)


def share_sold(size: float, before: float) -> float:
    """The part of a holding that a sale takes; everything where nothing was known to be held."""
    return 1.0 if before <= 0.0 else min(1.0, size / before)


@dataclass(slots=True, kw_only=True)
class ExitCase:
    """What an exit rule looks at. Units: bid in dollars per share, gain on cost as a fraction, not realised."""

    position: Position
    bid: float
    limits: ExitConfig
    now: Instant
    gain: float


ExitRule = Callable[[ExitCase], Trigger | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitPolicy:
    """Which rules call for an exit, in order, after what is owed. mirrors says whether a leader's sells make us owe."""

    rules: tuple[ExitRule, ...] = ()
    mirrors: bool = True


def leader_sold(case: ExitCase) -> Trigger:
    """The leader sold: so do we, the same share."""
    owed, held = case.position.owed, case.position.held
    return Trigger(reason=ExitReason.MIRROR, measured=owed / held, limit=0.0, size=owed)


def profit_is_taken(case: ExitCase) -> Trigger | None:
    """The gain reached the target."""
    limit = case.limits.take_profit
    return _whole(case, ExitReason.TAKE_PROFIT, case.gain, limit) if case.gain >= limit else None


def loss_is_stopped(case: ExitCase) -> Trigger | None:
    """The loss reached the limit."""
    limit = -case.limits.stop_loss
    return _whole(case, ExitReason.STOP_LOSS, case.gain, limit) if case.gain <= limit else None


def time_is_up(case: ExitCase) -> Trigger | None:
    """The market's scheduled end is near; one without an end has none."""
    end_at = case.position.market.end_at
    if end_at is None:
        return None
    hours, limit = (end_at - case.now) / HOUR, case.limits.time_exit_hours
    return _whole(case, ExitReason.TIME_EXIT, hours, limit) if hours <= limit else None


EXIT_POLICIES: Registry[ExitPolicy] = Registry(
    "exit policy",
    {
        "rules": ExitPolicy(rules=(profit_is_taken, loss_is_stopped, time_is_up)),
        "mirror": ExitPolicy(),
        "take_profit": ExitPolicy(rules=(profit_is_taken,), mirrors=False),
        "stop_loss": ExitPolicy(rules=(loss_is_stopped,), mirrors=False),
        "time": ExitPolicy(rules=(time_is_up,), mirrors=False),
        "hold": ExitPolicy(mirrors=False),
    },
)


def mirrors(config: DecisionConfig, wallet: str) -> bool:
    """Whether a leader's sells are mirrored."""
    return config.exit.mirror_leader_exits and EXIT_POLICIES.find(config.exit_policy(wallet)).mirrors


def _whole(case: ExitCase, reason: ExitReason, measured: float, limit: float) -> Trigger:
    return Trigger(reason=reason, measured=measured, limit=limit, size=case.position.held)


def first_trigger(position: Position, bid: float, config: DecisionConfig, now: Instant) -> Trigger | None:
    """The first rule that calls for an exit at a bid, None when none does."""
    if position.is_closing:
        return Trigger(reason=ExitReason.OPERATOR, measured=1.0, limit=0.0, size=position.held)
    # What is owed was owed when it was decided: it is sold whatever the policy says today.
    gain = gain_on_cost(bid, position.average_cost)
    case = ExitCase(position=position, bid=bid, limits=config.exit, now=now, gain=gain)
    if position.owed > 0:
        return leader_sold(case)
    for rule in EXIT_POLICIES.find(config.exit_policy(position.wallet)).rules:
        trigger = rule(case)
        if trigger is not None:
            return trigger
    return None


def size_to_sell(wanted: Micro, sellable: Micro, min_order_size: float) -> Micro:
    """What is sold of what is wanted, 0 when it is below the venue's least size. A rest too small goes along now."""
    size = floor_size(from_micro(min(wanted, sellable)))
    rest = from_micro(sellable - size)
    if 0.0 < rest < min_order_size:
        size = floor_size(from_micro(sellable))
    return size if from_micro(size) >= min_order_size else 0


def _exit_order(
    position: Position, bid: float, size: Micro, reason: ExitReason, config: DecisionConfig, now: Instant
) -> Order:
    market = position.market
    root_id = exit_root(position.root_id, position.exits + 1)
    return Order(
        order_id=order_id(root_id, 1),
        root_id=root_id,
        attempt=1,
        token_id=position.token_id,
        condition_id=market.condition_id,
        event_id=market.event_id,
        wallet=position.wallet,
        side=Side.SELL,
        limit=price_attempt(Side.SELL, bid, bid, 1, market.tick_size, config.execution),
        size=size,
        anchor=bid,
        tick_size=market.tick_size,
        fee_rate=market.fee_rate,
        fee_exponent=market.fee_exponent,
        submitted_at=now,
        expires_at=now + round(config.execution.order_ttl_seconds * SECOND),
        exit_reason=reason,
    )
