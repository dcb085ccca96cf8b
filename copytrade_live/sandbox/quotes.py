"""The synthetic world's public prices: lagged, noisy views of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import HOUR, Instant
from copytrade_live.sandbox.truth import GRID
from copytrade_live.sandbox.world import Floats, Instants

# The public learns what the truth was this share of the remaining life ago, so that the mid is wrong by a few
# cents at any age of a market; without it a fixed lag would give away everything in the last hours.
LAG_SHARE = 0.02
LONGEST_LAG: Instant = 4 * HOUR


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

    def _read(self, values: Floats, markets: NDArray[np.int64], at: Instants) -> Floats:
        last = self.points[markets] - 1
        place = np.clip((at - self.opened_at[markets]) / GRID, 0.0, last)
        index = np.minimum(place.astype(np.int64), last - 1)
        part = place - index
        start = self.offset[markets] + index
        return np.asarray(values[start] * (1.0 - part) + values[start + 1] * part)
