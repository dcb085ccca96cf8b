"""How the synthetic world's wallets trade: what each kind knows, buys and sells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND, Instant
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.quotes import LAG_SHARE
from copytrade_live.sandbox.tape import Numbers, Orders, Tape
from copytrade_live.sandbox.truth import GRID
from copytrade_live.sandbox.world import Floats, Instants

_PORTION = 10_000


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
    """One wallet at work. Units: skill in dollars per share, median_stake in collateral."""

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


def trade(tape: Tape, rng: np.random.Generator, trader: Trader) -> None:
    """Let one trader live through the whole world."""
    count = int(rng.poisson(trader.bets_a_day * (tape.last_at - tape.first_at) / DAY))
    at = np.sort(rng.integers(tape.first_at, tape.last_at, count))
    # A glance holds every open token for every moment: in portions, so that a busy wallet needs no more memory.
    for start in range(0, max(count, 1), _PORTION):
        _BEHAVIOURS[trader.kind](tape, rng, trader, at[start : start + _PORTION])


def pump(tape: Tape, rng: np.random.Generator, wallet: int, episodes: list[Pump]) -> None:
    """Buy in several transactions before each push and sell into it."""
    market = np.array([episode.market for episode in episodes], dtype=np.int64)
    outcome = np.array([episode.outcome for episode in episodes], dtype=np.int64)
    at = np.array([episode.at for episode in episodes], dtype=np.int64)
    held = np.zeros(len(episodes))
    for step in range(3):
        before = at - (4 - step) * MINUTE
        stake = rng.uniform(200, 900, len(episodes))
        held += tape.cross(rng, wallet, Orders(market=market, outcome=outcome, at=before, amount=stake, is_buy=True))
    sells = Orders(market=market, outcome=outcome, at=at + 6 * MINUTE, amount=held, is_buy=False)
    tape.cross(rng, wallet, sells)


def _stakes(rng: np.random.Generator, trader: Trader, count: int) -> Floats:
    stakes = np.clip(trader.median_stake * np.exp(rng.normal(0.0, 0.9, count)), 60, 3000)
    return np.asarray(np.where(rng.random(count) < 0.03, stakes * 5, stakes))


@dataclass(frozen=True, slots=True)
class _BetInBand:
    """Buys tokens priced in a band without knowing anything, and sometimes sells them later."""

    low: float
    high: float
    sell_chance: float

    def __call__(self, tape: Tape, rng: np.random.Generator, trader: Trader, at: Instants) -> None:
        look = tape.look(at)
        found, market, outcome = look.choose(rng, (look.asks >= self.low) & (look.asks <= self.high))
        stakes = _stakes(rng, trader, len(at))
        buys = Orders(market=market, outcome=outcome, at=at, amount=stakes, is_buy=True).pick(found)
        held = tape.cross(rng, trader.number, buys)
        later = buys.at + (rng.uniform(1, 30, len(held)) * HOUR).astype(np.int64)
        is_sold = (rng.random(len(held)) < self.sell_chance) & (held > 0) & tape.is_trading(buys.market, later)
        part = np.where(rng.random(len(held)) < 0.5, 0.5, 1.0)
        sells = Orders(market=buys.market, outcome=buys.outcome, at=later, amount=held * part, is_buy=False)
        tape.cross(rng, trader.number, sells.pick(is_sold))


def _buy_edge(tape: Tape, rng: np.random.Generator, trader: Trader, at: Instants) -> None:
    """Buy where the truth is above the ask by about the trader's skill, and sell part once the mid caught up."""
    skill = trader.skill or 0.0
    # Right after a grid point the glance is fresh.
    at = at // GRID * GRID + 1 + at % (20 * SECOND)
    look = tape.look(at)
    gaps = look.truths - look.asks - look.fee_rates * look.asks * (1.0 - look.asks)
    is_fit = (gaps >= skill) & (look.asks >= 0.06) & (look.asks <= 0.94)
    is_near = is_fit & (gaps <= skill + 0.02)
    found, market, outcome = look.choose(rng, np.where(np.any(is_near, axis=1, keepdims=True), is_near, is_fit))
    stakes = _stakes(rng, trader, len(at))
    buys = Orders(market=market, outcome=outcome, at=at, amount=stakes, is_buy=True).pick(found)
    held = tape.cross(rng, trader.number, buys)
    _sell_caught_up(tape, rng, trader, buys, held)


def _sell_caught_up(tape: Tape, rng: np.random.Generator, trader: Trader, buys: Orders, held: Floats) -> None:
    market, outcome = buys.market, buys.outcome
    lag = (tape.paths.end_at[market] - buys.at) * LAG_SHARE
    later = buys.at + (lag * rng.uniform(1.2, 3.0, len(held))).astype(np.int64) + 5 * MINUTE
    gained = tape.best(market, outcome, later, is_bid=True) - tape.best(market, outcome, buys.at, is_bid=False)
    is_sold = (held > 0) & (gained >= 0.4 * (trader.skill or 0.0)) & (rng.random(len(held)) < 0.75)
    part = np.array((0.4, 0.6, 1.0))[rng.integers(0, 3, len(held))]
    sells = Orders(market=market, outcome=outcome, at=later, amount=held * part, is_buy=False)
    tape.cross(rng, trader.number, sells.pick(is_sold & tape.is_trading(market, later)))


def _make(tape: Tape, rng: np.random.Generator, trader: Trader, at: Instants) -> None:
    """Half the time quote one side and then the other; else split, be lifted on both sides and merge the rest."""
    look = tape.look(at)
    _, market, outcome = look.choose(rng, ~np.isnan(look.asks))
    size = np.round(_stakes(rng, trader, len(at)), 2)
    is_quote = rng.random(len(at)) < 0.5
    bids = Orders(market=market, outcome=outcome, at=at, amount=size, is_buy=True).pick(is_quote)
    tape.rest(trader.number, bids)
    later = bids.at + (rng.uniform(0.3, 12, len(bids.at)) * HOUR).astype(np.int64)
    offers = Orders(market=bids.market, outcome=bids.outcome, at=later, amount=bids.amount, is_buy=False)
    tape.rest(trader.number, offers.pick(tape.is_trading(bids.market, later)))
    _split_and_merge(tape, rng, trader.number, market[~is_quote], at[~is_quote], size[~is_quote])


def _split_and_merge(
    tape: Tape, rng: np.random.Generator, wallet: int, market: Numbers, at: Instants, size: Floats
) -> None:
    done = at + 7 * HOUR
    is_long = tape.is_trading(market, done)
    market, at, done, size = market[is_long], at[is_long], done[is_long], size[is_long]
    count = len(market)
    wallets = np.full(count, wallet)
    tape.convert(Kind.SPLIT, wallets, market, at, size, tape.new_transactions(count))
    sold = np.round(size * rng.uniform(0.3, 0.9, count), 2)
    for outcome in (0, 1):
        later = at + (rng.uniform(0.2, 6, count) * HOUR).astype(np.int64)
        tape.rest(
            wallet,
            Orders(market=market, outcome=np.full(count, outcome), at=later, amount=sold, is_buy=False),
        )
    tape.convert(Kind.MERGE, wallets, market, done, np.round(size - sold, 2), tape.new_transactions(count))


_BEHAVIOURS: dict[TraderKind, Callable[[Tape, np.random.Generator, Trader, Instants], None]] = {
    TraderKind.NOISE: _BetInBand(0.08, 0.92, 0.35),
    TraderKind.FAVOURITE: _BetInBand(0.92, 0.985, 0.03),
    TraderKind.LONGSHOT: _BetInBand(0.025, 0.12, 0.05),
    TraderKind.MAKER: _make,
    TraderKind.PUMP: _BetInBand(0.15, 0.85, 0.3),
    TraderKind.SKILLED: _buy_edge,
}
