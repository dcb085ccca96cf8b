"""The one loop body of live, paper, backtest and replay: an observation in, facts and intents out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from copytrade_live.core import on_account, on_leader, on_markets, on_orders, on_time
from copytrade_live.core.calm import is_calm
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    AccountObserved,
    BookObserved,
    CancelDecided,
    ExitDecided,
    Fact,
    JournalEvent,
    LeaderFillObserved,
    LeaderFillVoided,
    MarketResolved,
    Observation,
    OrderAbandoned,
    OrderFilled,
    OrderReposted,
    PositionSettled,
    SignalCopied,
)
from copytrade_live.core.orders import Order
from copytrade_live.core.reasons import AbandonReason
from copytrade_live.core.state import State, evolve, initial_state

__all__ = ["CancelOrder", "Intent", "PlaceOrder", "Redeem", "State", "Step", "evolve", "initial_state", "step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Ask the shell to place an order, once its fact is journaled."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Ask the shell to cancel an order, once its fact is journaled. OrderExpired answers once it is proven dead."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """Ask the shell to collect a resolved market's payout. RedemptionPaid answers."""

    condition_id: str


Intent = PlaceOrder | CancelOrder | Redeem


@dataclass(frozen=True, slots=True)
class Step:
    """What one observation led to. events starts with the observation; the facts it caused follow."""

    state: State
    events: tuple[JournalEvent, ...]
    intents: tuple[Intent, ...]


# A reaction looks at the state before and after the observation and yields facts.
Reaction = Callable[[State, State, Observation, DecisionConfig], Iterator[Fact]]


def step(state: State, observation: Observation, config: DecisionConfig) -> Step:
    """Fold one observation and react to it. Pure; the shell journals the events, then acts on the intents."""
    after = evolve(state, observation)
    if isinstance(observation, BookObserved) and is_calm(after, observation, config):
        return Step(after, (observation,), ())
    events: list[JournalEvent] = [observation]
    kind: Any = type(observation)
    for reaction in _reactions_to(kind):
        for fact in reaction(state, after, observation, config):
            after = evolve(after, fact)
            events.append(fact)
    return Step(after, tuple(events), tuple(_intents(events)))


_PLACING = (SignalCopied, ExitDecided, OrderReposted)


def _intents(events: list[JournalEvent]) -> Iterator[Intent]:
    for event in events:
        if isinstance(event, _PLACING):
            yield PlaceOrder(order=event.order)
        elif isinstance(event, CancelDecided) or (
            isinstance(event, OrderAbandoned) and event.reason is AbandonReason.RESOLVED
        ):
            yield CancelOrder(order_id=event.order_id)
    paid = any(isinstance(event, PositionSettled) and event.cash > 0 for event in events)
    if paid and isinstance(events[0], MarketResolved):
        yield Redeem(condition_id=events[0].condition_id)


# Stops trip after all that can move equity, and what they bar is cancelled last, in the same step.
REACTIONS: tuple[Reaction, ...] = (
    on_time.open_periods,
    on_account.reconcile,
    on_leader.answer_leader,
    on_leader.undo_copy,
    on_leader.watch_position,
    on_orders.follow_order,
    on_orders.heed_late_fill,
    on_markets.settle,
    on_markets.close_copies,
    on_time.trip_halts,
    on_orders.cancel_what_is_barred,
)
# Those that answer only some observations; the others look at each.
_ANSWERS: Mapping[Reaction, tuple[type, ...]] = {
    on_account.reconcile: (AccountObserved,),
    on_leader.answer_leader: (LeaderFillObserved,),
    on_leader.undo_copy: (LeaderFillVoided,),
    on_leader.watch_position: (BookObserved,),
    on_orders.follow_order: on_orders.ATTEMPT_OVER,
    on_orders.heed_late_fill: (OrderFilled,),
    on_markets.settle: (MarketResolved,),
}


@cache
def _reactions_to(kind: Any) -> tuple[Reaction, ...]:
    return tuple(one for one in REACTIONS if one not in _ANSWERS or kind in _ANSWERS[one])
