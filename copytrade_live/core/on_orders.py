"""What follows when an order of ours ends, must end, or turns out to have done more than we knew."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    CancelDecided,
    Fact,
    Observation,
    OrderAbandoned,
    OrderExpired,
    OrderFilled,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderReposted,
)
from copytrade_live.core.execution import is_over, next_attempt
from copytrade_live.core.market import Instant
from copytrade_live.core.orders import Order
from copytrade_live.core.permission import COMMANDS, Now, refusal
from copytrade_live.core.portfolio import OrderStatus, WorkingOrder
from copytrade_live.core.reasons import AbandonReason
from copytrade_live.core.state import State

# What says that an attempt is over.
ATTEMPT_OVER = (OrderExpired, OrderRefusedByVenue, OrderNotPlaced)


def follow_order(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """An attempt is over: post the next one, or give the rest up."""
    if not isinstance(seen, ATTEMPT_OVER):
        return
    entry = after.portfolio.working.get(seen.order_id)
    if entry is None:
        return
    now = seen.observed_at
    answer = _what_follows(after, entry, seen, config)
    if isinstance(answer, Order):
        yield OrderReposted(event_at=now, observed_at=now, replaced_id=seen.order_id, order=answer)
    else:
        yield OrderAbandoned(event_at=now, observed_at=now, order_id=seen.order_id, reason=answer, rest=entry.rest)


def _what_follows(
    after: State,
    entry: WorkingOrder,
    seen: OrderExpired | OrderRefusedByVenue | OrderNotPlaced,
    config: DecisionConfig,
) -> Order | AbandonReason:
    if entry.ending is not None:
        return entry.ending
    if isinstance(seen, OrderRefusedByVenue):
        return AbandonReason.REFUSED
    if isinstance(seen, OrderNotPlaced):
        return AbandonReason.NOT_PLACED
    answer = next_attempt(entry, seen.book, seen.observed_at, config.execution)
    barred = _barred(after, entry, config, seen.observed_at)
    return barred if isinstance(answer, Order) and barred is not None else answer


def _barred(after: State, entry: WorkingOrder, config: DecisionConfig, now: Instant) -> AbandonReason | None:
    standing = after.standing
    if standing.is_stopped:
        return AbandonReason.STOPPED
    if entry.status is OrderStatus.UNKNOWN:
        return AbandonReason.UNCERTAIN
    if not entry.is_entry:
        return None
    if entry.order.wallet in standing.cut_off:
        return AbandonReason.CUT_OFF
    if refusal(Now(standing=standing, config=config, now=now)) is not None:
        return AbandonReason.HALTED
    return AbandonReason.STALE if is_over(entry, now, config.execution) else None


def cancel_what_is_barred(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Cancel entries once somebody stopped them, and everything once everything is stopped."""
    if not after.portfolio.working:
        return
    standing, now = after.standing, seen.observed_at
    is_halted = refusal(Now(standing=standing, config=config, now=now), COMMANDS) is not None
    if not (is_halted or standing.is_stopped or standing.cut_off):
        return
    working = [entry for entry in after.portfolio.working.values() if entry.ending is None]
    for entry in working:
        reason = _why_cancel(after, entry, is_halted=is_halted)
        if reason is not None:
            yield _cancel(entry, reason, now)


def _why_cancel(after: State, entry: WorkingOrder, *, is_halted: bool) -> AbandonReason | None:
    if after.standing.is_stopped:
        return AbandonReason.STOPPED
    if not entry.is_entry:
        return None
    if is_halted:
        return AbandonReason.HALTED
    return AbandonReason.CUT_OFF if entry.order.wallet in after.standing.cut_off else None


def heed_late_fill(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """An attempt that was over did fill: whatever works in its place would do the same work twice."""
    if not isinstance(seen, OrderFilled) or seen.fill.order_id not in before.portfolio.retired:
        return
    late = before.portfolio.retired[seen.fill.order_id].order
    for entry in after.portfolio.working.values():
        is_same = entry.order.root_id == late.root_id
        sells_again = entry.order.side is late.side and not entry.is_entry and entry.order.token_id == late.token_id
        if entry.ending is None and (is_same or sells_again):
            yield _cancel(entry, AbandonReason.OVERTAKEN, seen.observed_at)


def _cancel(entry: WorkingOrder, reason: AbandonReason, now: Instant) -> CancelDecided:
    return CancelDecided(event_at=now, observed_at=now, order_id=entry.order.order_id, reason=reason)
