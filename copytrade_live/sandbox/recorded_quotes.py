"""Books from recorded best prices: five rungs that share the recorded five-level size."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.ladder import Ladder, Rung
from copytrade_live.sandbox.recorded_files import Table
from copytrade_live.sandbox.world import Floats, Instants

RUNGS = 5
CENT = 0.01
COARSE_FROM, COARSE_TO = 0.04, 0.96


@dataclass(frozen=True, slots=True, eq=False)
class Quotes:
    """One market's quotes in order of time; a price of 0 is an empty side.

    Shape: values is (quote, 4): first outcome's bid, ask, size of five bids, size of five asks.
    """

    at: Instants
    values: Floats

    def ladder(self, at: Instant, tick_size: float) -> Ladder | None:
        """The book as last recorded, None before the first quote."""
        place = int(np.searchsorted(self.at, at, side="right")) - 1
        if place < 0:
            return None
        bid, ask, bid_size, ask_size = self.values[place].tolist()
        return Ladder(tick_size, _rungs(bid, bid_size, tick_size, -1), _rungs(ask, ask_size, tick_size, 1))

    def mids(self, at: Instants) -> Floats:
        """The mid as last recorded; where a side was empty the last mid before it, NaN before the first."""
        is_whole = (self.values[:, 0] > 0) & (self.values[:, 1] > 0)
        mids = (self.values[is_whole, 0] + self.values[is_whole, 1]) / 2
        place = np.searchsorted(self.at[is_whole], at, side="right") - 1
        return np.where(place >= 0, np.append(mids, np.nan)[np.maximum(place, -1)], np.nan)


def index_quotes(columns: Table, place: dict[str, int]) -> dict[int, Quotes]:
    """Quotes by market number; of rows with one time the first in the file counts, markets not listed are left out."""
    rows: dict[int, dict[Instant, tuple[float, ...]]] = defaultdict(dict)
    names = ("market_key", "ts_utc", "UpBid", "UpAsk", "UpBidTop5Size", "UpAskTop5Size")
    for key, at, *values in zip(*(columns[name] for name in names), strict=True):
        if key in place:
            rows[place[key]].setdefault(at, tuple(values))
    return {
        market: Quotes(np.array(sorted(quotes)), np.array([quotes[at] for at in sorted(quotes)], dtype=np.float64))
        for market, quotes in rows.items()
    }


def _rungs(price: float, size: float, tick_size: float, side: int) -> tuple[Rung, ...]:
    if price <= 0:
        return ()
    ticks, best = round(1 / tick_size), round(price / tick_size)
    # Between these prices the venue quotes in cents, whatever finer prices a market's last minutes see.
    step = side * (round(CENT / tick_size) if COARSE_FROM < price < COARSE_TO else 1)
    levels = [level for level in range(best, best + step * RUNGS, step) if 0 < level < ticks]
    return tuple((level, round(size / len(levels), 2)) for level in levels)
