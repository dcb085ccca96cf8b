"""The study's wallets and their trades, drawn in one written order so that a rebuild matches to the digit.

Source: reference scoring, section 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

WALLETS = 4000
LOG_MEAN = 3.4
LOG_SD = 1.0
LEAST_TRADES, MOST_TRADES = 8, 800
FEE = 0.04


class Kind(IntEnum):
    """What a wallet truly is."""

    NOISE = 0
    FAVOURITE = 1
    MAKER = 2
    SKILLED = 3
    LONGSHOT = 4
    PUMP = 5


BASE_SHARES = (0.84, 0.05, 0.04, 0.03, 0.04)
SENSITIVITY_SHARES = (0.83, 0.05, 0.04, 0.03, 0.04, 0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One world of the study.

    mid_share is the part of the edge that the later mid holds; pump is what a pump wallet's own impact leaves in the
    later mid, dollars per share. has_pumps adds 1 % of such wallets, taken from the noise.
    """

    log_mean: float = LOG_MEAN
    mid_share: float = 0.6
    pump: float = 0.0
    has_pumps: bool = False
    wallets: int = WALLETS

    @classmethod
    def of_median(cls, trades: float, mid_share: float, pump: float, *, has_pumps: bool) -> Settings:
        """Settings for a median number of trades; two digits of its logarithm give the reference's 3.4, 5.0, 5.5."""
        return cls(log_mean=round(math.log(trades), 2), mid_share=mid_share, pump=pump, has_pumps=has_pumps)


@dataclass(frozen=True, slots=True)
class Trades:
    """Every wallet's trades of one period, end to end; starts says where each wallet's begin.

    own is the wallet's price, cost what a copier pays, fee included, later the mid after a while, y the outcome.
    """

    starts: np.ndarray
    mid: np.ndarray
    y: np.ndarray
    own: np.ndarray
    fee: np.ndarray
    cost: np.ndarray
    later: np.ndarray
    stake: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Trades of each wallet."""
        return np.diff(self.starts, append=len(self.mid))

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sums by wallet; every wallet has trades."""
        return np.asarray(np.add.reduceat(values, self.starts))

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Means by wallet."""
        return np.asarray(self.total(values) / self.counts)


@dataclass(frozen=True, slots=True)
class Population:
    """True kinds, and the trades that are scored and those that judge."""

    kinds: np.ndarray
    past: Trades
    future: Trades


def draw_population(seed: int, settings: Settings) -> Population:
    """Draw the wallets and both periods from one generator."""
    draw = np.random.default_rng(seed)
    shares = SENSITIVITY_SHARES if settings.has_pumps else BASE_SHARES
    kinds = draw.choice(len(shares), size=settings.wallets, p=shares)
    skilled, noise = kinds == Kind.SKILLED, kinds == Kind.NOISE
    skill = np.zeros(settings.wallets)
    skill[skilled] = np.clip(draw.normal(0.05, 0.025, int(skilled.sum())), 0.0, 0.12)
    skill[noise] = draw.normal(-0.005, 0.005, int(noise.sum()))
    past = _draw_trades(draw, kinds, skill, settings)
    drift = draw.normal(0.0, 0.03, settings.wallets)
    return Population(
        kinds, past, _draw_trades(draw, kinds, np.where(skilled, 0.75 * skill + 0.25 * drift, skill), settings)
    )


def _draw_trades(draw: np.random.Generator, kinds: np.ndarray, skill: np.ndarray, settings: Settings) -> Trades:
    counts = np.clip(draw.lognormal(settings.log_mean, LOG_SD, len(kinds)), LEAST_TRADES, MOST_TRADES).astype(int)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    mid, chance, half_spread, slip, move, stake = np.empty((6, int(counts.sum())))
    # Wallet by wallet, because the order of the draws is part of the study.
    for kind, start, count in zip(kinds.tolist(), starts.tolist(), counts.tolist(), strict=True):
        trades = slice(start, start + count)
        mid[trades] = _draw_mids(draw, kind, count)
        chance[trades] = draw.random(count)
        half_spread[trades] = draw.uniform(0.003, 0.012, count)
        slip[trades] = draw.normal(0.0, 0.006, count)
        move[trades] = draw.normal(0.0, 0.05, count)
        stake[trades] = draw.pareto(1.6, count)
    of_kind = np.repeat(kinds, counts)
    truth = np.clip(mid + np.repeat(skill, counts), 0.005, 0.995)
    price = mid + half_spread + np.abs(slip)
    fee = FEE * price * (1.0 - price)
    pump = np.where(of_kind == Kind.PUMP, settings.pump, 0.0)
    later = mid + settings.mid_share * (truth - mid) + pump + move * np.sqrt(4.0 * mid * (1.0 - mid))
    return Trades(
        starts=starts,
        mid=mid,
        y=(chance < truth).astype(float),
        own=np.where(of_kind == Kind.MAKER, mid - half_spread, mid + half_spread),
        fee=fee,
        cost=price + fee,
        later=np.clip(later, 0.002, 0.998),
        stake=10.0 + 50.0 * stake,
    )


def _draw_mids(draw: np.random.Generator, kind: int, count: int) -> np.ndarray:
    if kind == Kind.FAVOURITE:
        return draw.uniform(0.92, 0.985, count)
    if kind == Kind.LONGSHOT:
        return draw.uniform(0.02, 0.12, count)
    return np.clip(draw.beta(2.0, 2.0, count), 0.05, 0.95)
