"""Intervals by resampling: whole events, because what happens in one happens to every wallet in it, and wallets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copytrade_pipelines.scoring.frame import Codes, Floats


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the bounds about it; NaN where there is none."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """From bound to bound."""
        return self.high - self.low


Places = NDArray[np.int64]
UNKNOWN = Interval(np.nan, np.nan, np.nan)
# Takes how often each row and each wallet counts, and gives a vector of numbers.
Measure = Callable[[Floats, Places], Floats]


@dataclass(frozen=True, slots=True)
class Draws:
    """What was measured with events, with wallets, and with single rows drawn anew. Shape: (resamples, measures)."""

    events: Floats
    wallets: Floats
    rows: Floats

    def interval(self, value: float, pick: Callable[[Floats], Floats], confidence: float) -> Interval:
        """Bounds about the estimate, clustered both ways.

        Whoever trades an event shares its luck, and another season would bring other wallets; what is neither's, the
        rows, is in both and taken off once. Source: Cameron, Gelbach and Miller 2011, with quantiles for variances.
        """
        by_event, by_wallet, by_row = (
            _reach(pick(draws), confidence) for draws in (self.events, self.wallets, self.rows)
        )
        if np.isnan(value) or np.isnan(by_event + by_wallet).any():
            return Interval(value, np.nan, np.nan)
        both = by_event**2 + by_wallet**2 - np.nan_to_num(by_row) ** 2
        below, above = np.sqrt(np.maximum(both, np.maximum(by_event, by_wallet) ** 2)).tolist()
        return Interval(value, value - below, value + above)


def within(found: Interval, least: float, most: float) -> Interval:
    """An interval of something that cannot be less or more than that."""
    return Interval(found.value, max(found.low, least), min(found.high, most))


def resampled(measure: Measure, event: Codes, wallet: Codes, resamples: int, draw: np.random.Generator) -> Draws:
    """Measure as many times with events, wallets and rows drawn with replacement."""
    once = np.ones(int(wallet.max()) + 1, dtype=np.int64)
    blocks, block = np.unique(event, return_inverse=True)
    present, holder = np.unique(wallet, return_inverse=True)
    by_event, by_wallet, by_row = [], [], []
    for _ in range(resamples):
        by_event.append(measure(_counts(len(blocks), draw)[block].astype(float), once))
        repeats = np.zeros_like(once)
        repeats[present] = _counts(len(present), draw)
        by_wallet.append(measure(repeats[present][holder].astype(float), repeats))
        by_row.append(measure(_counts(len(event), draw).astype(float), once))
    return Draws(np.stack(by_event), np.stack(by_wallet), np.stack(by_row))


def _counts(units: int, draw: np.random.Generator) -> Places:
    # How often each unit comes, if as many are drawn with replacement.
    return np.bincount(draw.integers(0, units, units), minlength=units)


def _reach(draws: Floats, confidence: float) -> Floats:
    # How far draws lie below and above their own median. Resampled wallet means carry their noise twice, so resampled
    # rank correlations are smaller than the measured one: they tell how far it may be off, and not where it is.
    known = draws[~np.isnan(draws)]
    if len(known) < 2:
        return np.full(2, np.nan)
    tail = (1.0 - confidence) / 2.0
    low, middle, high = np.quantile(known, [tail, 0.5, 1.0 - tail])
    # The mirror: an estimate that may come out too high by that much may be too high by that much.
    return np.array([high - middle, middle - low])


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's, equal values sharing their mean rank. Returns: NaN where one of them does not vary."""
    if len(first) < 3:
        return float("nan")
    a, b = _ranks(first), _ranks(second)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0.0 else float("nan")


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place])
