"""Price grids that a fault has changed for a while."""

from __future__ import annotations

from copytrade_live.core.market import Instant

# The venue's grids, coarsest first.
GRIDS = (0.1, 0.01, 0.005, 0.0025, 0.001, 0.0001)
_DUST = 1e-9


class TickBoard:
    """Which markets have another grid than they were listed with, and until when."""

    def __init__(self) -> None:
        self._changed: dict[int, tuple[float, Instant]] = {}

    def change(self, market: int, tick_size: float, until: Instant) -> None:
        """Give a market another grid."""
        self._changed[market] = (tick_size, until)

    def tick_size(self, market: int, listed: float, now: Instant) -> float:
        """A market's grid now."""
        changed = self._changed.get(market)
        return listed if changed is None or now >= changed[1] else changed[0]


def grid_broken_by(price: float, tick_size: float) -> float | None:
    """The next coarser grid that a price does not lie on; None when it lies on all."""
    coarser = [grid for grid in reversed(GRIDS) if grid > tick_size + _DUST]
    return next((grid for grid in coarser if abs(price / grid - round(price / grid)) > 1e-6), None)
