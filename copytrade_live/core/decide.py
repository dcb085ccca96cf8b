"""Whether to copy a leader's fill: filters, then size, then limits, once, the same in every shell."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.context import Context, EntryGate
from copytrade_live.core.events import SizingTrace
from copytrade_live.core.execution import entry_root, order_id, price_attempt
from copytrade_live.core.filters import FILTERS
from copytrade_live.core.limits import LIMITS
from copytrade_live.core.market import SECOND, Market, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.reasons import Rejected, Verdict
from copytrade_live.core.sizing import Sized, size_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Copy it: the order to place, the market it is in, and the numbers behind its size."""

    order: Order
    market: Market
    trace: SizingTrace


def decide(context: Context) -> Approved | Rejected:
    """Decide on a leader's buy. Total: every input gives an answer, market conditions never raise."""
    refusal = first_refusal(context, FILTERS)
    if refusal is not None:
        return refusal
    market, score = context.market, context.score
    ask = context.book.best_ask if context.book else None
    if market is None or score is None or ask is None:
        raise AssertionError("the filters refuse every absence")
    sized = size_copy(context, market, score, ask)
    if isinstance(sized, Rejected):
        return sized
    refusal = first_refusal(context, LIMITS)
    if refusal is not None:
        return refusal
    return Approved(order=_entry_order(context, market, sized, ask), market=market, trace=sized.trace)


def first_refusal(context: Context, gates: tuple[EntryGate, ...]) -> Rejected | None:
    """Walk the gates in order; the first refusal ends the walk."""
    for gate in gates:
        verdict = gate(context)
        if isinstance(verdict, Rejected):
            return verdict
    return None


def explain(context: Context) -> tuple[tuple[str, Verdict], ...]:
    """Every gate's name and answer, none skipped: what an operator asks for with why."""
    return tuple((gate.__name__, gate(context)) for gate in (*FILTERS, *LIMITS))


def _entry_order(c: Context, market: Market, sized: Sized, ask: float) -> Order:
    execution = c.config.execution
    root_id = entry_root(c.signal.signal_id)
    return Order(
        order_id=order_id(root_id, 1),
        root_id=root_id,
        attempt=1,
        token_id=c.signal.token_id,
        condition_id=market.condition_id,
        event_id=market.event_id,
        wallet=c.signal.wallet,
        side=Side.BUY,
        limit=price_attempt(Side.BUY, c.signal.price, ask, 1, market.tick_size, execution),
        size=sized.size,
        anchor=c.signal.price,
        tick_size=market.tick_size,
        fee_rate=market.fee_rate,
        fee_exponent=market.fee_exponent,
        submitted_at=c.now,
        expires_at=c.now + round(execution.order_ttl_seconds * SECOND),
    )
