"""Who trades in a synthetic world: how many of each kind, how often, with how much skill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from copytrade_live.sandbox.ids import wallet_address
from copytrade_live.sandbox.traders import Trader, TraderKind
from copytrade_live.sandbox.world import WorldWallet

# Shape: kind, how many, fewest and most bets a day, lowest and highest median stake.
_ROSTER = (
    (TraderKind.NOISE, 28, 1.4, 3.8, 120, 600),
    (TraderKind.FAVOURITE, 8, 2.0, 4.6, 150, 700),
    (TraderKind.LONGSHOT, 8, 2.0, 4.6, 70, 220),
    (TraderKind.MAKER, 6, 1.2, 2.5, 150, 600),
    (TraderKind.PUMP, 2, 0.5, 0.9, 150, 400),
    (TraderKind.SKILLED, 12, 3.8, 4.6, 300, 800),
)
WALLETS = sum(count for _, count, *_ in _ROSTER)
# In a world of another size a few wallets trade far more than the rest, as in life; the mean stays.
_SPREAD = 1.0
_LEAST_SKILL, _MOST_SKILL = 0.02, 0.07
_FIRST = ("amber", "brisk", "calm", "dusty", "early", "faint", "grand", "hazy", "inky", "jolly", "keen", "lunar")
_LAST = ("heron", "badger", "cricket", "dingo", "egret", "falcon", "gopher", "hornet", "ibex", "jackal", "koala")


def draw_roster(rng: np.random.Generator, seed: int) -> tuple[list[Trader], list[WorldWallet]]:
    """Draw traders and their wallets; a wallet's place and name say nothing of its kind."""
    return _draw(rng, seed, {kind: count for kind, count, *_ in _ROSTER})


def draw_scaled_roster(
    rng: np.random.Generator, seed: int, wallets: int, activity: float
) -> tuple[list[Trader], list[WorldWallet]]:
    """As many wallets as wanted in the same mixture, each activity times as busy on average."""
    bounds = np.cumsum([0] + [count for _, count, *_ in _ROSTER]) * wallets / WALLETS
    counts = np.diff(np.round(bounds).astype(int)).tolist()
    traders, listed = _draw(rng, seed, {kind: count for (kind, *_), count in zip(_ROSTER, counts, strict=True)})
    busyness = np.exp(rng.normal(0.0, _SPREAD, wallets))
    factors = (activity * busyness / busyness.mean()).tolist()
    pairs = zip(traders, factors, strict=True)
    return [replace(trader, bets_a_day=trader.bets_a_day * factor) for trader, factor in pairs], listed


def _draw(rng: np.random.Generator, seed: int, counts: dict[TraderKind, int]) -> tuple[list[Trader], list[WorldWallet]]:
    kinds = [(kind, place) for kind, count in counts.items() for place in range(count)]
    order = rng.permutation(len(kinds)).tolist()
    chosen = [kinds[place] for place in order]
    traders = [_trader(rng, number, kind, place, counts) for number, (kind, place) in enumerate(chosen)]
    return traders, [_wallet(seed, trader) for trader in traders]


def _trader(
    rng: np.random.Generator, number: int, kind: TraderKind, place: int, counts: dict[TraderKind, int]
) -> Trader:
    fewest, most, low, high = next(row[2:] for row in _ROSTER if row[0] is kind)
    last = max(counts[kind] - 1, 1)
    skill = _LEAST_SKILL + (_MOST_SKILL - _LEAST_SKILL) * place / last if kind is TraderKind.SKILLED else None
    stake = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return Trader(number, kind, skill, float(rng.uniform(fewest, most)), stake)


def _wallet(seed: int, trader: Trader) -> WorldWallet:
    first, last = _FIRST[trader.number % len(_FIRST)], _LAST[trader.number % len(_LAST)]
    return WorldWallet(
        address=wallet_address("wallet", seed, trader.number),
        kind=trader.kind.value,
        skill=trader.skill,
        name=f"{first}{last}",
        pseudonym=f"{first.title()}-{last.title()}",
    )
