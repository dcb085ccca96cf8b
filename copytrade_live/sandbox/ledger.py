"""What wallets do, as columns sorted by time: fills, splits, merges, redemptions, conversions and rewards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import Instant

NO_OUTCOME = -1
NO_MARKET = -1


class Kind(IntEnum):
    """What a row is; the names are the venue's words."""

    TRADE = 0
    SPLIT = 1
    MERGE = 2
    REDEEM = 3
    REWARD = 4
    CONVERSION = 5


class Columns(NamedTuple):
    """Rows before they are filed. Units: price in dollars per share, size in shares, cash in collateral.

    Shape: equally long arrays; tx numbers the transaction a row belongs to.
    """

    at: NDArray[np.int64]
    wallet: NDArray[np.int64]
    market: NDArray[np.int64]
    outcome: NDArray[np.int64]
    kind: NDArray[np.int64]
    is_buy: NDArray[np.bool_]
    is_taker: NDArray[np.bool_]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    cash: NDArray[np.float64]
    tx: NDArray[np.int64]


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

    def fee(self, row: int) -> float:
        """What a fill's taker paid, or a maker did not: the collateral beside price times size."""
        return abs(round(float(self.cash[row]) - float(self.price[row]) * float(self.size[row]), 5))

    def rows_until(self, instant: Instant) -> int:
        """How many rows had happened by then, it included."""
        return int(np.searchsorted(self.at, instant, side="right"))


def join_columns(parts: Iterable[Columns]) -> Columns:
    """Rows of several parts, one part after the other."""
    return Columns._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def file_columns(columns: Columns, transactions: Sequence[str]) -> Ledger:
    """Sort rows by time, keeping the given order inside one instant; transactions names them by number."""
    order = np.argsort(columns.at, kind="stable")
    rows = Columns._make(column[order] for column in columns)
    return Ledger(
        at=rows.at,
        wallet=rows.wallet.astype(np.int32),
        market=rows.market.astype(np.int32),
        outcome=rows.outcome.astype(np.int8),
        kind=rows.kind.astype(np.int8),
        is_buy=rows.is_buy,
        is_taker=rows.is_taker,
        price=rows.price,
        size=rows.size,
        cash=rows.cash,
        tx=tuple(transactions[number] for number in rows.tx.tolist()),
    )


def with_rows(ledger: Ledger, columns: Columns, transactions: Sequence[str]) -> Ledger:
    """The ledger with further rows, each after those of the same instant; transactions names the new ones by number."""
    order = np.argsort(columns.at, kind="stable")
    rows = Columns._make(column[order] for column in columns)
    places = np.searchsorted(ledger.at, rows.at, side="right")
    named = np.array([transactions[number] for number in rows.tx.tolist()], dtype=object)
    hashes = np.insert(np.array(ledger.tx, dtype=object), places, named)
    names = ("at", "wallet", "market", "outcome", "kind", "is_buy", "is_taker", "price", "size", "cash")
    merged = {name: np.insert(getattr(ledger, name), places, getattr(rows, name)) for name in names}
    return Ledger(**merged, tx=tuple(hashes.tolist()))


def taker_fee(*, price: float, size: float, fee_rate: float) -> float:
    """Collateral charged to the taker, rounded to five decimals as the venue does."""
    return round(size * fee_rate * price * (1.0 - price), 5)
