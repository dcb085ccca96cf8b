"""Random but plausible tapes: what a shell might observe in a few days, as a function of a seed."""

from __future__ import annotations

from random import Random
from typing import Any

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import PlaceOrder, Redeem, Step, initial_state, step
from copytrade_live.core.events import (
    GateObserved,
    JournalEvent,
    KillSwitchObserved,
    MarketObserved,
    MarketResolved,
    Observation,
    OperatorCommanded,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderRefusedByVenue,
    RedemptionPaid,
    TimerFired,
    Verb,
)
from copytrade_live.core.fills import fill_against
from copytrade_live.core.market import DAY, HOUR, Level, Side
from tests.builders import NOW, WALLET, at, book, book_seen, config, gate, leader_fill, market, opening

# Wide open where a random tape would rarely pass, tight where it should trip.
BOLD = config(
    filter={"min_liquidity": 100.0, "max_spread": 0.2, "max_price_move": 0.2, "min_hours_to_resolution": 0.5},
    risk={"weekly_drawdown_halt": 0.02, "leader_loss_streak": 2, "daily_soft_stop": 1.0},
    exit={"time_exit_hours": 1.0},
    sizing={"min_notional": 1.0},
)


def random_tape(seed: int, length: int = 160) -> list[Observation]:
    """Observations in order; orders are answered by the shell in run_tape."""
    rng = Random(seed)
    tape: list[Observation] = [*opening(), GateObserved(**at(NOW), gate=gate(valid_until=NOW + 30 * DAY))]
    now = NOW
    for number in range(length):
        now += rng.randrange(1_000, 40 * 60_000)
        tape.append(_observation(rng, number, now))
    return tape


def _observation(rng: Random, number: int, now: int) -> Observation:
    market_number = rng.randrange(4)
    condition, yes, no = f"0xc{market_number}", f"{market_number}1", f"{market_number}2"
    listed = market(
        condition_id=condition,
        token_ids=(yes, no),
        event_id=f"e{market_number // 2}",
        neg_risk=market_number < 2,
        tick_size=0.001,
        end_at=None if market_number == 3 else NOW + (market_number + 2) * DAY,
        observed_at=now,
    )
    price = round(rng.uniform(0.1, 0.9), 3)
    asks = (Level(round(price + 0.004, 3), rng.uniform(5, 4000)), Level(round(price + 0.008, 3), 9000.0))
    shown = book(token_id=yes, bids=(Level(round(price - 0.004, 3), 900.0),), asks=asks, event_at=now, observed_at=now)
    kind = rng.random()
    if kind < 0.45:
        return leader_fill(
            now,
            signal_id=f"f{rng.randrange(number + 1)}" if kind < 0.03 else f"f{number}",
            condition_id=condition,
            token_id=yes,
            price=price,
            side=Side.SELL if rng.random() < 0.25 else Side.BUY,
            size=rng.uniform(50, 3000),
            leader_size_before=rng.choice([None, 5000.0]),
            with_book=None if kind < 0.05 else shown,
            with_market=None if kind < 0.06 else listed,
        )
    if kind < 0.8:
        return book_seen(now, round(price - 0.004, 3), round(price + 0.004, 3), token_id=yes)
    if kind < 0.85:
        return MarketObserved(**at(now), market=listed)
    if kind < 0.9:
        up = rng.choice([0.0, 0.5, 1.0])
        return MarketResolved(**at(now), condition_id=condition, payouts=((yes, up), (no, 1.0 - up)))
    if kind < 0.93:
        verb = rng.choice([Verb.RESUME, Verb.UNCUTOFF, Verb.HALT, Verb.CUTOFF, Verb.RESUME])
        return OperatorCommanded(**at(now), command_id=f"o{number}", verb=verb, by="op", wallet=WALLET)
    if kind < 0.95:
        return KillSwitchObserved(**at(now), is_active=rng.random() < 0.3)
    return TimerFired(**at(now))


def run_tape(
    tape: list[Observation], settings: DecisionConfig = BOLD, answers: dict[str, list[Observation]] | None = None
) -> list[JournalEvent]:
    """Drive step over a tape, answering each order as a venue might; the journal it writes."""
    rng = Random(7)
    journal: list[JournalEvent] = []
    taken = Step(state=initial_state(), events=(), intents=())
    for observation in tape:
        queue: list[Observation] = [observation]
        while queue:
            taken = step(taken.state, queue.pop(0), settings)
            journal.extend(taken.events)
            for intent in taken.intents:
                if isinstance(intent, PlaceOrder):
                    queue.extend(_answer(rng, intent, observation))
                elif isinstance(intent, Redeem):
                    owed = taken.state.portfolio.receivable[intent.condition_id]
                    now = at(observation.observed_at)
                    queue.append(RedemptionPaid(**now, condition_id=intent.condition_id, cash=owed))
    return journal


def _answer(rng: Random, intent: PlaceOrder, cause: Any) -> list[Observation]:
    order, now = intent.order, cause.observed_at
    if rng.random() < 0.1:
        return [OrderRefusedByVenue(**at(now), order_id=order.order_id, code="400", message="no")]
    levels = (Level(order.limit, order.size / 1e6 * rng.choice([0.4, 1.0, 1.0, 1.0])),)
    fills = [OrderFilled(**at(now), fill=fill) for fill in fill_against(order, order.size, levels)]
    later = book(token_id=order.token_id, bids=(Level(order.limit, 9e3),), asks=(Level(order.limit, 9e3),))
    expiry = OrderExpired(**at(now + HOUR // 240), order_id=order.order_id, book=later)
    return [OrderAccepted(**at(now), order_id=order.order_id), *fills, expiry]
