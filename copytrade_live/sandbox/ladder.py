"""One book as ticks and shares, and how it mirrors into the other outcome's book."""

from __future__ import annotations

from dataclasses import dataclass

Rung = tuple[int, float]


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
