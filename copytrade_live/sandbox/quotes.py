"""The synthetic world's public prices: lagged, noisy views of the truth, and the books around them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import HOUR, SECOND, Instant
from copytrade_live.sandbox.ids import digest64
from copytrade_live.sandbox.ladder import Ladder, Rung, touch_ticks
from copytrade_live.sandbox.truth import GRID
from copytrade_live.sandbox.world import Floats, Instants

# The public learns what the truth was this share of the remaining life ago, so that the mid is wrong by a few
# cents at any age of a market; without it a fixed lag would give away everything in the last hours.
LAG_SHARE = 0.02
LONGEST_LAG: Instant = 4 * HOUR
# Resting sizes are drawn again this often.
SHUFFLE: Instant = 20 * SECOND
VARIANTS = 16
LEVELS = 15
NEAR = 0.015
_MIX = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How one market's book looks around its mid.

    Units: half_spread in dollars per share, offsets in ticks from the best.
    Shape: shares is (variant, side, level); side 0 bids, 1 asks, for a price of one dollar.
    """

    tick_size: float
    half_spread: float
    offsets: tuple[int, ...]
    shares: tuple[tuple[tuple[float, ...], ...], ...]
    salt: int


def draw_depth(rng: np.random.Generator, *, tick_size: float, name: str, is_thin: bool) -> Depth:
    """Draw a book's character: dollars near the best, spread and spacing."""
    near_dollars = rng.uniform(300, 1500) if is_thin else np.exp(rng.uniform(np.log(4500), np.log(30000)))
    half_spread = float(rng.uniform(0.006, 0.010) if is_thin else rng.uniform(0.002, 0.006))
    levels = int(rng.integers(8, LEVELS + 1))
    gaps = rng.integers(1, 4, levels) if tick_size < 0.01 else np.ones(levels, dtype=np.int64)
    offsets = np.concatenate(([0], np.cumsum(gaps[:-1])))
    is_near = offsets * tick_size <= NEAR + 1e-9
    weights = np.exp(rng.normal(0.0, 0.5, (VARIANTS, 2, levels)))
    scale = near_dollars / weights[:, :, is_near].sum(axis=2, keepdims=True)
    return Depth(
        tick_size=tick_size,
        half_spread=half_spread,
        offsets=tuple(int(value) for value in offsets),
        shares=tuple(tuple(tuple(side) for side in variant) for variant in (weights * scale).tolist()),
        salt=digest64("depth", name),
    )


def build_ladder(depth: Depth, mid: float, at: Instant) -> Ladder:
    """The book around a mid at an instant."""
    return Ladder(depth.tick_size, build_side(depth, mid, at, is_bid=True), build_side(depth, mid, at, is_bid=False))


def build_side(depth: Depth, mid: float, at: Instant, *, is_bid: bool, reach: int | None = None) -> tuple[Rung, ...]:
    """One side of that book, best first; with a reach only levels up to so many ticks beyond the best."""
    bid, ask = touch_ticks(mid, depth.half_spread, depth.tick_size)
    ticks = round(1 / depth.tick_size)
    best, step = (bid, -1) if is_bid else (ask, 1)
    # Depth counts in dollars of whoever would buy here: of this outcome from asks, of the other from bids.
    scale = 1.0 / max((ticks - best if is_bid else best) * depth.tick_size, 0.15)
    shares = depth.shares[_variant(depth.salt, at // SHUFFLE)][0 if is_bid else 1]
    offsets = depth.offsets if reach is None else depth.offsets[: bisect_right(depth.offsets, reach)]
    return tuple(
        (price, round(size * scale, 2))
        for offset, size in zip(offsets, shares, strict=False)
        if 0 < (price := best + step * offset) < ticks
    )


def _variant(salt: int, bucket: int) -> int:
    mixed = (salt ^ (bucket * _MIX)) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    return (mixed ^ (mixed >> 27)) % VARIANTS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """Truth and noise of all markets, end to end in two flat arrays.

    Shape: market i owns offset[i] up to offset[i] + points[i], one value a grid step from opened_at[i].
    """

    truth: Floats
    noise: Floats
    offset: NDArray[np.int64]
    points: NDArray[np.int64]
    opened_at: Instants
    end_at: Instants
    floor: Floats

    def on_grid(self) -> Floats:
        """Every market's mids at its grid points, laid out like truth."""
        markets = np.repeat(np.arange(len(self.points)), self.points)
        steps = np.arange(len(self.truth)) - self.offset[markets]
        return self.mids(markets, self.opened_at[markets] + steps * GRID)

    def truths(self, markets: NDArray[np.int64], at: Instants) -> Floats:
        """The true chance of the first outcome."""
        return self._read(self.truth, markets, at)

    def mids(self, markets: NDArray[np.int64], at: Instants) -> Floats:
        """The public mid of the first outcome: what the truth was a while ago, and a little noise."""
        lag = np.minimum((self.end_at[markets] - at) * LAG_SHARE, LONGEST_LAG).astype(np.int64)
        raw = self._read(self.truth, markets, at - np.maximum(lag, 0)) + self._read(self.noise, markets, at)
        floor = self.floor[markets]
        return np.clip(raw, floor, 1.0 - floor)

    def truth_at(self, market: int, at: Instant) -> float:
        """The true chance of one market's first outcome."""
        return self._read_one(self.truth, market, at)

    def mid_at(self, market: int, at: Instant) -> float:
        """The public mid of one market's first outcome; the same number as mids gives."""
        lag = max(int(min((int(self.end_at[market]) - at) * LAG_SHARE, LONGEST_LAG)), 0)
        raw = self._read_one(self.truth, market, at - lag) + self._read_one(self.noise, market, at)
        floor = float(self.floor[market])
        return min(max(raw, floor), 1.0 - floor)

    def _read(self, values: Floats, markets: NDArray[np.int64], at: Instants) -> Floats:
        last = self.points[markets] - 1
        place = np.clip((at - self.opened_at[markets]) / GRID, 0.0, last)
        index = np.minimum(place.astype(np.int64), last - 1)
        part = place - index
        start = self.offset[markets] + index
        return np.asarray(values[start] * (1.0 - part) + values[start + 1] * part)

    def _read_one(self, values: Floats, market: int, at: Instant) -> float:
        last = int(self.points[market]) - 1
        place = min(max((at - int(self.opened_at[market])) / GRID, 0.0), last)
        index = min(int(place), last - 1)
        part = place - index
        start = int(self.offset[market]) + index
        return float(values[start]) * (1.0 - part) + float(values[start + 1]) * part
