"""Adaptive limit orders: the price of each attempt, and what follows when one expires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from copytrade_live.core.config import ExecutionConfig
from copytrade_live.core.context import levels_to_cross
from copytrade_live.core.market import SECOND, Book, Instant, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import WorkingOrder
from copytrade_live.core.pricing import (
    SIZE_STEP,
    ceil_to_tick,
    crosses,
    floor_to_tick,
    furthest_limit,
)
from copytrade_live.core.reasons import AbandonReason
from copytrade_live.core.registry import Registry


def attempt_limit(side: Side, anchor: float, best: float, attempt: int, tick: float, config: ExecutionConfig) -> float:
    """What one attempt wants: patient first, then a step nearer to the book; price_attempt bounds it.

    best is the price across: the ask for a buy, the bid for a sell. Units: dollars per share.
    """
    return patient_limit(side is Side.BUY, anchor, best, attempt, tick, config.repost_step)


def patient_limit(is_buy: bool, anchor: float, best: float, attempt: int, tick: float, repost_step: float) -> float:
    """attempt_limit of plain numbers."""
    step = max(repost_step, tick) * (attempt - 1)
    return min(min(anchor, best) + step, best) if is_buy else max(max(anchor, best) - step, best)


def bounded_limit(is_buy: bool, wanted: float, tick: float, furthest: float) -> float:
    """A wanted limit on the grid, never beyond the furthest one."""
    if is_buy:
        return min(floor_to_tick(wanted, tick), furthest)
    return max(ceil_to_tick(wanted, tick), furthest)


ExecutionPolicy = Callable[[Side, float, float, int, float, ExecutionConfig], float]
EXECUTION_POLICIES: Registry[ExecutionPolicy] = Registry("execution policy", {"adaptive": attempt_limit})


def price_attempt(side: Side, anchor: float, best: float, attempt: int, tick: float, config: ExecutionConfig) -> float:
    """The limit of one attempt by the configured policy, on the grid and never beyond the furthest limit."""
    wanted = EXECUTION_POLICIES.find(config.policy)(side, anchor, best, attempt, tick, config)
    return bounded_limit(side is Side.BUY, wanted, tick, furthest_limit(side, anchor, config.max_slippage, tick))


def next_attempt(
    entry: WorkingOrder, book: Book | None, now: Instant, config: ExecutionConfig
) -> Order | AbandonReason:
    """The order that replaces an expired attempt, or why there is none."""
    order = entry.order
    levels = levels_to_cross(book, order.side) if book else ()
    if order.attempt > config.repost_count or entry.rest < SIZE_STEP:
        return AbandonReason.ATTEMPTS_USED
    if not levels:
        return AbandonReason.BOOK_GONE
    best = levels[0].price
    if not crosses(order.side, best, furthest_limit(order.side, order.anchor, config.max_slippage, order.tick_size)):
        return AbandonReason.SLIPPAGE_ABORT
    attempt = order.attempt + 1
    return replace(
        order,
        order_id=order_id(order.root_id, attempt),
        attempt=attempt,
        limit=price_attempt(order.side, order.anchor, best, attempt, order.tick_size, config),
        size=entry.rest,
        submitted_at=now,
        expires_at=now + round(config.order_ttl_seconds * SECOND),
    )


def order_id(root_id: str, attempt: int) -> str:
    """The id of one attempt: a function of its intent, so a retry after a crash cannot double it."""
    return f"{root_id}-{attempt}"


def entry_root(signal_id: str) -> str:
    """The id that every attempt to copy a signal shares."""
    return f"entry-{signal_id}"


def exit_root(root_id: str, number: int) -> str:
    """The id that every attempt of a position's exit of that number shares; root_id is its entry's."""
    return f"exit-{root_id}-{number}"


def signal_of(root_id: str) -> tuple[str, int]:
    """The signal behind an intent, and the number of the exit, 0 for an entry."""
    if not root_id.startswith("exit-"):
        return root_id.removeprefix("entry-"), 0
    entry, _, number = root_id.removeprefix("exit-").rpartition("-")
    return entry.removeprefix("entry-"), int(number)


def is_over(entry: WorkingOrder, now: Instant, config: ExecutionConfig) -> bool:
    """Whether the whole schedule's time has passed, so that another attempt would chase an old price."""
    return has_run_out(now - entry.began_at, config.repost_count, config.order_ttl_seconds)


def has_run_out(elapsed: Instant, repost_count: int, order_ttl_seconds: float) -> bool:
    """is_over of plain numbers."""
    return elapsed >= (repost_count + 1) * order_ttl_seconds * SECOND
