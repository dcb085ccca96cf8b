"""What wallets hold: fills, splits, merges and redemptions folded at average cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.ledger import Kind, taker_fee
from copytrade_live.sandbox.venue import Venue

DUST = 0.01


@dataclass(slots=True)
class Position:
    """One token of one wallet. Units: shares; collateral for costs, fees and gains."""

    market: int
    outcome: int
    first_at: Instant
    last_at: Instant = 0
    size: float = 0.0
    bought: float = 0.0
    cost: float = 0.0
    entry_cost: float = 0.0
    fees: float = 0.0
    realised: float = 0.0

    @property
    def avg_price(self) -> float:
        """Average price of all shares ever acquired, fees aside."""
        return self.entry_cost / self.bought if self.bought else 0.0

    def acquire(self, size: float, price: float) -> None:
        """Add shares at a price."""
        self.size += size
        self.bought += size
        self.cost += size * price
        self.entry_cost += size * price

    def give_up(self, size: float) -> float:
        """Take away shares at what they cost. Returns: that cost."""
        part = self.cost * min(size / self.size, 1.0) if self.size > 0 else 0.0
        self.cost -= part
        self.size -= min(size, self.size)
        return part

    def dispose(self, size: float, price: float) -> None:
        """Take away shares, at most what is held, at a price."""
        size = min(size, self.size)
        if size > 0:
            average = self.cost / self.size
            self.realised += size * (price - average)
            self.cost -= size * average
            self.size -= size


_Held = dict[tuple[int, int], Position]


class PositionBook:
    """Folds wallets' histories; a fold is kept until the wallet has a newer visible row."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._fold = lru_cache(maxsize=2048)(self._fold_rows)

    def of_wallet(self, wallet: int) -> tuple[Position, ...]:
        """Every position the wallet ever had, oldest first."""
        rows = self._venue.rows_of_wallet[wallet]
        return self._fold(wallet, int(rows.searchsorted(self._venue.visible_rows())))

    def _fold_rows(self, wallet: int, count: int) -> tuple[Position, ...]:
        ledger, rows = self._venue.world.ledger, self._venue.rows_of_wallet[wallet][:count]
        held: _Held = {}
        columns = (ledger.at, ledger.market, ledger.outcome, ledger.kind, ledger.is_buy, ledger.is_taker)
        amounts = (ledger.price, ledger.size)
        for row, at, market, outcome, kind, is_buy, is_taker, price, size in zip(
            rows.tolist(), *(column[rows].tolist() for column in (*columns, *amounts)), strict=True
        ):
            if kind == Kind.CONVERSION:
                self._exchange(held, row, at, size)
            elif kind != Kind.REWARD:
                for one in (0, 1) if kind != Kind.TRADE else (outcome,):
                    position = _touch(held, market, one, at)
                    if kind == Kind.TRADE:
                        self._trade(position, is_buy, is_taker, price, size)
                    else:
                        self._convert(position, kind, size)
        return tuple(position for position in held.values() if position.bought > 0)

    def _trade(self, position: Position, is_buy: bool, is_taker: bool, price: float, size: float) -> None:
        if is_buy:
            position.acquire(size, price)
        else:
            position.dispose(size, price)
        if is_taker:
            rate = self._venue.markets[position.market].fee_rate
            position.fees += taker_fee(price=price, size=size, fee_rate=rate)

    def _exchange(self, held: _Held, row: int, at: Instant, size: float) -> None:
        """A conversion: No shares of some markets of an event, at their cost, become Yes shares of all the others."""
        burnt = self._venue.burnt_by(row)
        if not burnt:
            return
        event = self._venue.by_event[self._venue.markets[burnt[0]].event_id]
        given = [_touch(held, market, 1, at) for market in burnt]
        taken = [_touch(held, market, 0, at) for market in event if market not in burnt]
        cash = size * (len(burnt) - 1)
        cost = sum(position.give_up(size) for position in given)
        moved = max(cost - cash, 0.0) if taken else 0.0
        for position in given:
            position.realised += (cash - (cost - moved)) / len(given)
        for position in taken:
            position.acquire(size, moved / len(taken) / size)

    def _convert(self, position: Position, kind: int, size: float) -> None:
        if kind == Kind.SPLIT:
            position.acquire(size, 0.5)
        elif kind == Kind.MERGE:
            position.dispose(size, 0.5)
        else:
            payouts = self._venue.markets[position.market].payouts or (0.0, 0.0)
            position.dispose(position.size, payouts[position.outcome])


def _touch(held: _Held, market: int, outcome: int, at: Instant) -> Position:
    position = held.setdefault((market, outcome), Position(market, outcome, at))
    position.last_at = at
    return position


def is_held(position: Position) -> bool:
    """Whether anything worth a line is left."""
    return position.size > DUST
