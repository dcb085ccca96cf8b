"""One book as ticks and shares, and how it mirrors into the other outcome's book."""

from __future__ import annotations

import math
from dataclasses import dataclass

Rung = tuple[int, float]
_SNAP = 1e-9


@dataclass(frozen=True, slots=True)
class Ladder:
    """Resting orders of the first outcome, best first. Units: prices in ticks of tick_size, sizes in shares."""

    tick_size: float
    bids: tuple[Rung, ...]
    asks: tuple[Rung, ...]

    @property
    def ticks(self) -> int:
        """How many ticks make one dollar."""
        return round(1 / self.tick_size)

    def price(self, ticks: int) -> float:
        """Ticks as dollars per share, without float dust."""
        return round(ticks * self.tick_size, 6)

    def of_outcome(self, outcome: int) -> Ladder:
        """The book of outcome 0 or 1: a bid for one is an offer of the other."""
        if outcome == 0:
            return self
        mirror = self.ticks
        bids = tuple((mirror - tick, size) for tick, size in self.asks)
        asks = tuple((mirror - tick, size) for tick, size in self.bids)
        return Ladder(self.tick_size, bids, asks)

    @property
    def mid(self) -> float | None:
        """Middle of best bid and best ask, None when a side is empty."""
        if not self.bids or not self.asks:
            return None
        return round((self.bids[0][0] + self.asks[0][0]) * self.tick_size / 2, 6)


def touch_ticks(mid: float, half_spread: float, tick_size: float) -> tuple[int, int]:
    """Best bid and ask in ticks around a mid, each rounded away from it and inside the grid."""
    ticks = round(1 / tick_size)
    bid = math.floor((mid - half_spread) / tick_size + _SNAP)
    ask = math.ceil((mid + half_spread) / tick_size - _SNAP)
    bid = min(max(bid, 1), ticks - 2)
    return bid, min(max(ask, bid + 1), ticks - 1)


def take(rungs: tuple[Rung, ...], tick_size: float, stake: float, reach: int) -> list[tuple[float, float]]:
    """Spend up to stake against one side, going at most reach ticks beyond its best.

    Returns: (price, shares) of each rung consumed, shares in whole cents of a share.
    """
    taken: list[tuple[float, float]] = []
    left = stake
    for tick, available in rungs:
        if abs(tick - rungs[0][0]) > reach or left < 1.0:
            break
        price = round(tick * tick_size, 6)
        size = math.floor(min(available, left / price) * 100 + _SNAP) / 100
        if size > 0:
            taken.append((price, size))
            left -= price * size
    return taken


def sell_into(rungs: tuple[Rung, ...], tick_size: float, shares: float, reach: int) -> list[tuple[float, float]]:
    """Sell up to shares against the bids, going at most reach ticks below the best. Returns: (price, shares)."""
    taken: list[tuple[float, float]] = []
    left = shares
    for tick, available in rungs:
        size = math.floor(min(available, left) * 100 + _SNAP) / 100
        if abs(tick - rungs[0][0]) > reach or size <= 0:
            break
        taken.append((round(tick * tick_size, 6), size))
        left -= size
    return taken
