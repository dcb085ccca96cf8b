"""A copy from its signal to its end, as observations: what tests of money are told with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import PlaceOrder, State, Step, initial_state, step
from copytrade_live.core.events import (
    ExitDecided,
    FillConfirmed,
    FillVoided,
    MarketResolved,
    OperatorCommanded,
    OrderFilled,
    Verb,
)
from copytrade_live.core.fills import fill_against
from copytrade_live.core.market import DAY, HOUR, MICRO, Level
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.portfolio import Position
from tests.builders import (
    CONDITION,
    NO,
    NOW,
    YES,
    at,
    book_seen,
    leader_fill,
    opening,
)

CONFIG = DecisionConfig()
PAID = ((YES, 1.0), (NO, 0.0))


def run(observations: list[Any], state: State | None = None, settings: DecisionConfig = CONFIG) -> Step:
    taken = Step(state=state or initial_state(), events=(), intents=())
    for observation in observations:
        taken = step(taken.state, observation, settings)
    return taken


def facts(taken: Step, kind: type) -> list[Any]:
    return [event for event in taken.events if isinstance(event, kind)]


def copied(**changes: Any) -> tuple[Order, State]:
    """An entry that works."""
    taken = run([*opening(), leader_fill()], **changes)
    (intent,) = taken.intents
    assert isinstance(intent, PlaceOrder)
    return intent.order, taken.state


def fill(of: Order, shares: float | None = None, number: int = 1, *, is_final: bool = False) -> Fill:
    size = of.size if shares is None else round(shares * MICRO)
    return replace(fill_against(of, size, (Level(of.limit, 9e9),), number)[0], is_final=is_final)


def filled(of: Order, now: int = NOW + 500, **changes: Any) -> OrderFilled:
    return OrderFilled(**at(now), fill=fill(of, **changes))


def confirmed(of: Order, now: int = NOW + 60_000, number: int = 1) -> FillConfirmed:
    return FillConfirmed(**at(now), fill_id=f"{of.order_id}.{number}", order_id=of.order_id)


def voided(of: Order, now: int = NOW + 60_000, number: int = 1) -> FillVoided:
    return FillVoided(**at(now), fill_id=f"{of.order_id}.{number}", order_id=of.order_id, cause="failed")


def command(verb: Verb, now: int = NOW + 1000, **changes: Any) -> OperatorCommanded:
    return OperatorCommanded(**at(now), command_id=f"{verb}-{now}", verb=verb, by="op", **changes)


def held_position(state: State) -> Position:
    return state.portfolio.positions[YES]


def holding() -> tuple[Order, State]:
    """A copy that is final."""
    entry, state = copied()
    return entry, run([filled(entry, is_final=True)], state).state


def leaving(state: State, now: int = NOW + HOUR) -> tuple[Order, State]:
    """A whole exit that works."""
    taken = run([book_seen(now, 0.8, 0.81)], state)
    (exit_fact,) = facts(taken, ExitDecided)
    return exit_fact.order, taken.state


def resolved(now: int = NOW + DAY) -> MarketResolved:
    return MarketResolved(**at(now), condition_id=CONDITION, payouts=PAID)
