"""What wallets do, as columns sorted by time: fills, splits, merges and redemptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import Instant

NO_OUTCOME = -1


class Kind(IntEnum):
    """What a row is; the names are the venue's words."""

    TRADE = 0
    SPLIT = 1
    MERGE = 2
    REDEEM = 3


class Entry(NamedTuple):
    """One row before it is filed. Units: price in dollars per share, size in shares, cash in collateral."""

    at: Instant
    wallet: int
    market: int
    outcome: int
    kind: Kind
    is_buy: bool
    is_taker: bool
    price: float
    size: float
    cash: float
    tx: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """Rows in order of time; rows of one transaction stand together."""

    at: NDArray[np.int64]
    wallet: NDArray[np.int32]
    market: NDArray[np.int32]
    outcome: NDArray[np.int8]
    kind: NDArray[np.int8]
    is_buy: NDArray[np.bool_]
    is_taker: NDArray[np.bool_]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    cash: NDArray[np.float64]
    tx: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tx)

    def rows_until(self, instant: Instant) -> int:
        """How many rows had happened by then, it included."""
        return int(np.searchsorted(self.at, instant, side="right"))


def file_entries(entries: Iterable[Entry]) -> Ledger:
    """Sort rows by time, keeping the given order inside one instant, and make columns of them."""
    rows = sorted(entries, key=lambda entry: entry.at)
    return Ledger(
        at=np.array([row.at for row in rows], dtype=np.int64),
        wallet=np.array([row.wallet for row in rows], dtype=np.int32),
        market=np.array([row.market for row in rows], dtype=np.int32),
        outcome=np.array([row.outcome for row in rows], dtype=np.int8),
        kind=np.array([row.kind for row in rows], dtype=np.int8),
        is_buy=np.array([row.is_buy for row in rows], dtype=np.bool_),
        is_taker=np.array([row.is_taker for row in rows], dtype=np.bool_),
        price=np.array([row.price for row in rows], dtype=np.float64),
        size=np.array([row.size for row in rows], dtype=np.float64),
        cash=np.array([row.cash for row in rows], dtype=np.float64),
        tx=tuple(row.tx for row in rows),
    )


def fill_cash(*, is_buy: bool, is_taker: bool, price: float, size: float, fee_rate: float) -> float:
    """What a fill moves: a taker pays the fee on top of a buy and out of a sell's proceeds; makers pay none."""
    fee = taker_fee(price=price, size=size, fee_rate=fee_rate) if is_taker else 0.0
    return round(price * size + (fee if is_buy else -fee), 6)


def taker_fee(*, price: float, size: float, fee_rate: float) -> float:
    """Collateral charged to the taker, rounded to five decimals as the venue does."""
    return round(size * fee_rate * price * (1.0 - price), 5)
