"""Faults of the world that is shown: an index that stalls, leaders' fills that fail, markets that close early."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.faults import FaultBook, row_luck
from copytrade_live.sandbox.world import World

# Kept apart from the luck of other faults of rows with the same seed.
_APART = 7_919


class WorldFaults:
    """What of a world is hidden, for how long."""

    def __init__(self, book: FaultBook) -> None:
        self._book = book

    def indexed_until(self, now: Instant, lag: Instant) -> Instant:
        """Up to when the data API knows what happened."""
        window = self._book.window(FaultKind.INDEX_STALLED, now) if self._book.has(FaultKind.INDEX_STALLED) else None
        if window is None:
            return now - lag
        self._book.count(FaultKind.INDEX_STALLED)
        return min(now, window.opened_at) - lag

    def is_closed_early(self, condition_id: str, now: Instant) -> bool:
        """Whether a market takes no orders though it should."""
        if not self._book.has(FaultKind.MARKET_CLOSED_EARLY):
            return False
        if self._book.window(FaultKind.MARKET_CLOSED_EARLY, now, key=condition_id) is None:
            return False
        self._book.count(FaultKind.MARKET_CLOSED_EARLY)
        return True

    def reverted(self, world: World, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which fills never settle."""
        fault = self._book.standing(FaultKind.FILL_REVERTED)
        if fault is None:
            return np.zeros(len(rows), dtype=np.bool_)
        is_reverted = row_luck(fault.seed + _APART, rows) < fault.probability
        if fault.wallets:
            wanted = {one.lower() for one in fault.wallets}
            numbers = [number for number, wallet in enumerate(world.wallets) if wallet.address in wanted]
            is_reverted &= np.isin(world.ledger.wallet[rows], numbers)
        return np.asarray(is_reverted)

    def without_reverted(self, world: World, rows: NDArray[np.int64], indexed_until: Instant) -> NDArray[np.int64]:
        """Rows but for those whose failure the data API has noticed."""
        fault = self._book.standing(FaultKind.FILL_REVERTED)
        if fault is None:
            return rows
        is_old = world.ledger.at[rows] <= indexed_until - round(fault.delay_seconds * SECOND)
        is_gone = self.reverted(world, rows) & is_old
        if is_gone.any():
            self._book.count(FaultKind.FILL_REVERTED)
        return np.asarray(rows[~is_gone])
