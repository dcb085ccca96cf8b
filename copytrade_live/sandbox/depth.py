"""The synthetic world's books: how much rests how far from the mid, for one market or for many orders at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.ladder import Ladder, Rung
from copytrade_live.sandbox.quotes import Paths
from copytrade_live.sandbox.world import Floats, Instants

# Resting sizes are drawn again this often.
SHUFFLE: Instant = 20 * SECOND
VARIANTS = 16
LEVELS = 15
FEWEST_LEVELS = 8
# Depth is drawn as the dollars within this distance of the best price.
NEAR = 0.015
_SNAP = 1e-9
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Depth:
    """How every market's book looks around its mid.

    Units: half_spread in dollars per share, offsets in ticks from the best.
    Shape: one row a market; offsets are (market, level), shares (market, variant, side, level) with side 0 the
    bids, at a price of one dollar; levels beyond a market's count hold no shares.
    """

    tick_size: Floats
    ticks: NDArray[np.int64]
    half_spread: Floats
    offsets: NDArray[np.int64]
    shares: Floats

    def touch(self, markets: NDArray[np.int64], mids: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Best bid and ask in ticks, each rounded away from the mid and inside the grid."""
        tick_size, half, ticks = self.tick_size[markets], self.half_spread[markets], self.ticks[markets]
        bid = np.floor((mids - half) / tick_size + _SNAP).astype(np.int64)
        ask = np.ceil((mids + half) / tick_size - _SNAP).astype(np.int64)
        bid = np.minimum(np.maximum(bid, 1), ticks - 2)
        return bid, np.minimum(np.maximum(ask, bid + 1), ticks - 1)

    def side(
        self, markets: NDArray[np.int64], mids: Floats, at: Instants, is_bid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], Floats]:
        """One side of many books. Returns: ticks and sizes, (order, level), size 0 where nothing rests."""
        bid, ask = self.touch(markets, mids)
        ticks = self.ticks[markets]
        best = np.where(is_bid, bid, ask)
        # Depth counts in dollars of whoever would buy here: of this outcome from asks, of the other from bids.
        dollars = np.where(is_bid, ticks - bid, ask) * self.tick_size[markets]
        sizes = self.shares[markets, _variant(markets, at), np.where(is_bid, 0, 1)] / np.maximum(dollars, 0.15)[:, None]
        levels = best[:, None] + np.where(is_bid, -1, 1)[:, None] * self.offsets[markets]
        is_real = (levels > 0) & (levels < ticks[:, None])
        return levels, np.where(is_real, np.round(sizes, 2), 0.0)


def draw_depth(rng: np.random.Generator, tick_size: Floats, is_thin: NDArray[np.bool_]) -> Depth:
    """Draw every book's character: dollars near the best, spread and spacing."""
    count = len(tick_size)
    dollars = np.where(is_thin, rng.uniform(300, 1500, count), np.exp(rng.uniform(np.log(4500), np.log(30000), count)))
    half = np.where(is_thin, rng.uniform(0.006, 0.010, count), rng.uniform(0.002, 0.006, count))
    fine = (tick_size < 0.01)[:, None]
    gaps = np.where(fine, rng.integers(1, 4, (count, LEVELS)), 1)
    offsets = np.cumsum(gaps, axis=1) - gaps[:, :1]
    levels = rng.integers(FEWEST_LEVELS, LEVELS + 1, count)
    weights = np.exp(rng.normal(0.0, 0.5, (count, VARIANTS, 2, LEVELS)))
    weights *= (np.arange(LEVELS) < levels[:, None])[:, None, None, :]
    is_near = (offsets * tick_size[:, None] <= NEAR + _SNAP)[:, None, None, :]
    near = (weights * is_near).sum(axis=3, keepdims=True)
    return Depth(
        tick_size=tick_size,
        ticks=np.round(1 / tick_size).astype(np.int64),
        half_spread=half,
        offsets=offsets,
        shares=weights * (dollars[:, None, None, None] / near),
    )


def build_ladder(depth: Depth, paths: Paths, market: int, at: Instant) -> Ladder:
    """One market's book at an instant."""
    quoted_at = np.array([at - at % SECOND] * 2, dtype=np.int64)
    markets = np.array([market, market], dtype=np.int64)
    levels, sizes = depth.side(markets, paths.mids(markets, quoted_at), quoted_at, np.array([True, False]))
    return Ladder(float(depth.tick_size[market]), _rungs(levels[0], sizes[0]), _rungs(levels[1], sizes[1]))


def _rungs(levels: NDArray[np.int64], sizes: Floats) -> tuple[Rung, ...]:
    return tuple((level, size) for level, size in zip(levels.tolist(), sizes.tolist(), strict=True) if size > 0)


def _variant(markets: NDArray[np.int64], at: Instants) -> NDArray[np.int64]:
    mixed = (markets.astype(np.uint64) << np.uint64(40)) + (at // SHUFFLE).astype(np.uint64)
    mixed = mixed * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _STIR
    return ((mixed ^ (mixed >> np.uint64(27))) % np.uint64(VARIANTS)).astype(np.int64)
