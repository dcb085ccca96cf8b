"""How the synthetic world's wallets trade: what each kind knows, buys and sells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND, Instant
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.tape import Tape
from copytrade_live.sandbox.truth import GRID


class TraderKind(StrEnum):
    """What a wallet is, the truth a score is judged by."""

    NOISE = "noise"
    FAVOURITE = "favourite_buyer"
    LONGSHOT = "longshot_gambler"
    MAKER = "maker"
    PUMP = "pump"
    SKILLED = "skilled_taker"


@dataclass(frozen=True, slots=True)
class Trader:
    """One wallet at work. Units: skill in dollars per share, bets_a_day and median_stake as they say."""

    number: int
    kind: TraderKind
    skill: float | None
    bets_a_day: float
    median_stake: float


@dataclass(frozen=True, slots=True)
class Pump:
    """A push on a thin market's price: up by height at at, gone within half an hour."""

    market: int
    outcome: int
    at: Instant
    height: float


_PARTS = (0.4, 0.6, 1.0)


def trade(tape: Tape, rng: np.random.Generator, trader: Trader) -> None:
    """Let one trader live through the whole world."""
    behave = _BEHAVIOURS[trader.kind]
    for at in _moments(rng, trader.bets_a_day, tape.first_at, tape.last_at):
        behave(tape, rng, trader, at)


def pump(tape: Tape, rng: np.random.Generator, wallet: int, episode: Pump) -> None:
    """Buy in several transactions before the push and sell into it."""
    held = 0.0
    for step in range(3):
        at = episode.at - (4 - step) * MINUTE
        held += tape.buy(rng, wallet, episode.market, episode.outcome, at, float(rng.uniform(200, 900)))
    tape.sell(rng, wallet, episode.market, episode.outcome, episode.at + 6 * MINUTE, held)


def _moments(rng: np.random.Generator, a_day: float, first_at: Instant, last_at: Instant) -> list[Instant]:
    count = int(rng.poisson(a_day * (last_at - first_at) / DAY))
    return [int(at) for at in np.sort(rng.integers(first_at, last_at, count))]


def _stake(rng: np.random.Generator, trader: Trader) -> float:
    stake = min(max(trader.median_stake * math.exp(rng.normal(0.0, 0.9)), 60.0), 3000.0)
    return stake * 5 if rng.random() < 0.03 else stake


def _pick(tape: Tape, rng: np.random.Generator, at: Instant, low: float, high: float) -> tuple[int, int] | None:
    """A random open token whose best ask lies in a band; None when there is none."""
    look = tape.look(at)
    choices = np.flatnonzero((look.asks >= low) & (look.asks <= high))
    return look.token(int(choices[int(rng.integers(len(choices)))])) if len(choices) else None


def _bet_in_band(
    low: float, high: float, sell_chance: float
) -> Callable[[Tape, np.random.Generator, Trader, Instant], None]:
    def behave(tape: Tape, rng: np.random.Generator, trader: Trader, at: Instant) -> None:
        found = _pick(tape, rng, at, low, high)
        if found is None:
            return
        market, outcome = found
        held = tape.buy(rng, trader.number, market, outcome, at, _stake(rng, trader))
        later = at + int(rng.uniform(1, 30) * HOUR)
        if rng.random() < sell_chance and held > 0 and tape.is_trading(market, later):
            tape.sell(rng, trader.number, market, outcome, later, held * (0.5 if rng.random() < 0.5 else 1.0))

    return behave


def _buy_edge(tape: Tape, rng: np.random.Generator, trader: Trader, at: Instant) -> None:
    """Buy where the truth is above the ask by about the trader's skill, and sell part once the mid caught up."""
    # Right after a grid point the glance is fresh.
    skill, at = trader.skill or 0.0, at // GRID * GRID + 1 + at % (20 * SECOND)
    found = _find_edge(tape, rng, at, skill)
    if found is None:
        return
    market, outcome = found
    best_ask = tape.side(market, outcome, at, is_ask=True)[0][0]
    held = tape.buy(rng, trader.number, market, outcome, at, _stake(rng, trader))
    lag = (tape.markets[market].end_at - at) * 0.02
    later = at + int(lag * rng.uniform(1.2, 3.0)) + 5 * MINUTE
    if held <= 0 or not tape.is_trading(market, later):
        return
    bids = tape.side(market, outcome, later, is_ask=False)
    gained = (bids[0][0] - best_ask) * tape.markets[market].tick_size if bids else 0.0
    if gained >= 0.4 * skill and rng.random() < 0.75:
        tape.sell(rng, trader.number, market, outcome, later, held * _PARTS[int(rng.integers(3))])


def _find_edge(tape: Tape, rng: np.random.Generator, at: Instant, skill: float) -> tuple[int, int] | None:
    look = tape.look(at)
    fees = np.tile(look.fee_rates, 2) * look.asks * (1.0 - look.asks)
    gaps = look.truths - look.asks - fees
    gaps[(look.asks < 0.06) | (look.asks > 0.94)] = -1.0
    choices = np.flatnonzero((gaps >= skill) & (gaps <= skill + 0.02))
    if not len(choices):
        choices = np.flatnonzero(gaps >= skill)
    return look.token(int(choices[int(rng.integers(len(choices)))])) if len(choices) else None


def _make(tape: Tape, rng: np.random.Generator, trader: Trader, at: Instant) -> None:
    """Split collateral, be lifted on both sides over the next hours, merge what is left."""
    markets = tape.look(at).markets
    market = int(markets[int(rng.integers(len(markets)))])
    size = float(np.round(_stake(rng, trader), 2))
    if rng.random() < 0.5:
        outcome = int(rng.integers(2))
        tape.rest(trader.number, market, outcome, at, size, is_buy=True)
        later = at + int(rng.uniform(0.3, 12) * HOUR)
        if tape.is_trading(market, later):
            tape.rest(trader.number, market, outcome, later, size, is_buy=False)
        return
    tape.convert(Kind.SPLIT, trader.number, market, at, size, size, tape.transaction())
    sold = round(size * float(rng.uniform(0.3, 0.9)), 2)
    for outcome in (0, 1):
        later = at + int(rng.uniform(0.2, 6) * HOUR)
        if not tape.is_trading(market, later):
            return
        tape.rest(trader.number, market, outcome, later, sold, is_buy=False)
    merged = round(size - sold, 2)
    done = at + 7 * HOUR
    if tape.is_trading(market, done):
        tape.convert(Kind.MERGE, trader.number, market, done, merged, merged, tape.transaction())


_BEHAVIOURS: dict[TraderKind, Callable[[Tape, np.random.Generator, Trader, Instant], None]] = {
    TraderKind.NOISE: _bet_in_band(0.08, 0.92, 0.35),
    TraderKind.FAVOURITE: _bet_in_band(0.92, 0.985, 0.03),
    TraderKind.LONGSHOT: _bet_in_band(0.025, 0.12, 0.05),
    TraderKind.MAKER: _make,
    TraderKind.PUMP: _bet_in_band(0.15, 0.85, 0.3),
    TraderKind.SKILLED: _buy_edge,
}
