"""Random but plausible tapes: what a shell might observe in a few days, as a function of a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import State, initial_state, step
from copytrade_live.core.events import (
    ConditionObserved,
    ConfigChanged,
    FeedCovered,
    GateObserved,
    JournalEvent,
    KillSwitchObserved,
    LeaderFillVoided,
    MarketObserved,
    MarketResolved,
    ModeObserved,
    Observation,
    OperatorCommanded,
    RunStarted,
    TimerFired,
    Verb,
)
from copytrade_live.core.market import DAY, MICRO, Level, Side
from copytrade_live.core.reasons import Condition, Mode
from tests.builders import NOW, WALLET, at, book, book_seen, config, gate, leader_fill, market, opening
from tests.parity.shell import Answers

# Wide open where a random tape would rarely pass, tight where it should trip.
BOLD = config(
    filter={"min_liquidity": 100.0, "max_spread": 0.2, "max_price_move": 0.2, "min_hours_to_resolution": 0.5},
    risk={
        "weekly_drawdown_halt": 0.04,
        "leader_loss_streak": 2,
        "daily_soft_stop": 1.0,
        "reconciled_within_seconds": 1e6,
    },
    exit={"time_exit_hours": 1.0},
    sizing={"min_notional": 1.0},
)


def random_tape(seed: int, length: int = 160) -> list[Observation]:
    """Observations in order; orders are answered by the shell in run_tape."""
    rng = Random(seed)
    tape: list[Observation] = [*opening(), GateObserved(**at(NOW), gate=gate(valid_until=NOW + 30 * DAY))]
    now = NOW
    for number in range(length):
        # Often so close that orders, fills and commands cross each other.
        now += rng.randrange(500, 12_000) if rng.random() < 0.5 else rng.randrange(1_000, 60 * 60_000)
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
    if kind < 0.94:
        return _command(rng, number, now, yes)
    if kind < 0.95:
        return KillSwitchObserved(**at(now), is_active=rng.random() < 0.2)
    return TimerFired(**at(now)) if kind < 0.985 else _rarity(rng, number, now)


def _command(rng: Random, number: int, now: int, token_id: str) -> Observation:
    resume = [Verb.RESUME] * 8
    verb = rng.choice([*Verb, *resume])
    argument = {Verb.MODE: rng.choice(["live", "live", "paper"]), Verb.CLOSE_POSITION: token_id}.get(verb, "")
    return OperatorCommanded(**at(now), command_id=f"o{number}", verb=verb, by="op", wallet=WALLET, argument=argument)


def _rarity(rng: Random, number: int, now: int) -> Observation:
    ok = rng.random() < 0.7
    signal_id = f"f{rng.randrange(max(0, number - 6), number + 1)}"
    condition = ConditionObserved(**at(now), kind=rng.choice(list(Condition)), is_ok=ok, measured=3.0, limit=2.0)
    return rng.choice(
        [
            condition,
            ModeObserved(**at(now), mode=Mode.LIVE),
            ConfigChanged(**at(now), config_digest="d2"),
            LeaderFillVoided(**at(now), signal_id=signal_id, cause="reverted"),
            FeedCovered(**at(now), source="poll", until=now - 5),
        ]
    )


def run_tape(tape: list[Observation], settings: DecisionConfig = BOLD) -> list[JournalEvent]:
    """Drive step over a tape, answering each order as a venue might; the journal it writes."""
    return drive(tape, settings).journal


@dataclass
class Driven:
    """What came of a tape: the journal, the state it led to, and the venue that answered."""

    journal: list[JournalEvent]
    state: State
    answers: Answers


def drive(tape: list[Observation], settings: DecisionConfig = BOLD, *, is_real: bool = True, drain: int = 0) -> Driven:
    """Drive step over a tape. drain: for how long the venue is heard after its end."""
    done = Driven([], initial_state(), Answers(7, 1_000 * MICRO, is_real=is_real))
    for observation in tape:
        _hear(done, observation.observed_at, settings)
        _take(done, _as_run(observation, is_real=is_real), settings)
        if is_real and isinstance(observation, RunStarted | TimerFired):
            _take(done, done.answers.account(observation.observed_at, done.state), settings)
    if drain:
        _hear(done, tape[-1].observed_at + drain, settings)
    return done


def _as_run(observation: Observation, *, is_real: bool) -> Observation:
    if isinstance(observation, RunStarted) and is_real:
        return replace(observation, is_real=True, starting_cash=0, account="0xus")
    return observation


def _hear(done: Driven, until: int, settings: DecisionConfig) -> None:
    while (said := done.answers.due(until)) is not None:
        _take(done, said, settings)


def _take(done: Driven, observation: Observation, settings: DecisionConfig) -> None:
    done.answers.settle(observation, done.state)
    taken = step(done.state, observation, settings)
    done.state = taken.state
    done.journal.extend(taken.events)
    for intent in taken.intents:
        done.answers.answer(intent, observation.observed_at, done.state)
