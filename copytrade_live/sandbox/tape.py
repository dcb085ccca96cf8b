"""Where synthetic traders trade: open markets, their books then, and the rows that fills leave behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import HOUR, MINUTE, SECOND, Instant
from copytrade_live.sandbox.ids import hex_id
from copytrade_live.sandbox.ladder import Rung, sell_into, take
from copytrade_live.sandbox.ledger import NO_OUTCOME, Entry, Kind, fill_cash
from copytrade_live.sandbox.quotes import Depth, Paths, build_side
from copytrade_live.sandbox.truth import GRID
from copytrade_live.sandbox.world import Floats, WorldMarket

# Nobody here trades in a market's last quarter of an hour.
LAST_CALL: Instant = 15 * MINUTE
REACH = 0.02
TWIN_CHANCE = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """All open tokens at a glance: first outcomes, then second ones. Shape: asks and truths are twice markets."""

    markets: NDArray[np.int64]
    asks: Floats
    truths: Floats
    fee_rates: Floats

    def token(self, place: int) -> tuple[int, int]:
        """Market and outcome of a place."""
        outcome, number = divmod(place, len(self.markets))
        return int(self.markets[number]), outcome


@dataclass(slots=True, eq=False)
class Tape:
    """What has been traded so far, and the market data traders look at."""

    seed: int
    markets: tuple[WorldMarket, ...]
    paths: Paths
    depths: tuple[Depth, ...]
    first_at: Instant
    last_at: Instant
    entries: list[Entry] = field(default_factory=list)
    transactions: int = 0
    _half_spreads: Floats = field(init=False)
    _fee_rates: Floats = field(init=False)
    _mids: Floats = field(init=False)
    _open_by_hour: list[NDArray[np.int64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._half_spreads = np.array([depth.half_spread for depth in self.depths])
        self._fee_rates = np.array([market.fee_rate for market in self.markets])
        self._mids = self.paths.on_grid()
        opened = np.array([market.opened_at for market in self.markets])
        ends = np.array([market.end_at for market in self.markets])
        hours = int((self.last_at - self.first_at) // HOUR) + 1
        for hour in range(hours):
            start = self.first_at + hour * HOUR
            is_open = (opened <= start) & (ends >= start + HOUR + LAST_CALL)
            self._open_by_hour.append(np.flatnonzero(is_open))

    def side(self, market: int, outcome: int, at: Instant, *, is_ask: bool) -> tuple[Rung, ...]:
        """The near part of one side of an outcome's book, best first; what anyone would be shown then."""
        quoted_at, depth = at - at % SECOND, self.depths[market]
        mid, reach = self.paths.mid_at(market, quoted_at), round(REACH / depth.tick_size)
        if outcome == 0:
            return build_side(depth, mid, quoted_at, is_bid=not is_ask, reach=reach)
        ticks = round(1 / depth.tick_size)
        mirrored = build_side(depth, mid, quoted_at, is_bid=is_ask, reach=reach)
        return tuple((ticks - tick, size) for tick, size in mirrored)

    def look(self, at: Instant) -> Look:
        """What a trader sees of all open markets at a glance: numbers up to one grid step old."""
        markets = self._open_by_hour[(at - self.first_at) // HOUR]
        place = self.paths.offset[markets] + (at - self.paths.opened_at[markets]) // GRID
        mids, half, truth = self._mids[place], self._half_spreads[markets], self.paths.truth[place]
        asks = np.concatenate([mids + half, 1.0 - mids + half])
        return Look(markets, asks, np.concatenate([truth, 1.0 - truth]), self._fee_rates[markets])

    def is_trading(self, market: int, at: Instant) -> bool:
        """Whether there is time left to trade."""
        return at < min(self.markets[market].end_at - LAST_CALL, self.last_at)

    def buy(self, rng: np.random.Generator, wallet: int, market: int, outcome: int, at: Instant, stake: float) -> float:
        """Cross the book for up to stake; one transaction, a fill a level. Returns: shares bought."""
        tick_size = self.markets[market].tick_size
        taken = take(self.side(market, outcome, at, is_ask=True), tick_size, stake, round(REACH / tick_size))
        self._file(rng, wallet, market, outcome, at, taken, is_buy=True)
        return sum(size for _, size in taken)

    def sell(
        self, rng: np.random.Generator, wallet: int, market: int, outcome: int, at: Instant, shares: float
    ) -> float:
        """Cross the book with up to shares. Returns: shares sold."""
        tick_size = self.markets[market].tick_size
        taken = sell_into(self.side(market, outcome, at, is_ask=False), tick_size, shares, round(REACH / tick_size))
        self._file(rng, wallet, market, outcome, at, taken, is_buy=False)
        return sum(size for _, size in taken)

    def rest(self, wallet: int, market: int, outcome: int, at: Instant, size: float, *, is_buy: bool) -> None:
        """Be hit while resting at the best price of one's side: a maker's fill."""
        rungs = self.side(market, outcome, at, is_ask=not is_buy)
        if rungs and size >= 0.01:
            price = round(rungs[0][0] * self.markets[market].tick_size, 6)
            self._trade(wallet, market, outcome, at, price, size, self._transaction(), is_buy=is_buy, is_taker=False)

    def convert(self, kind: Kind, wallet: int, market: int, at: Instant, size: float, cash: float, tx: str) -> None:
        """File a split, merge or redemption."""
        entry = Entry(at, wallet, market, NO_OUTCOME, kind, False, False, 0.0, size, round(cash, 6), tx)
        self.entries.append(entry)

    def transaction(self) -> str:
        """A transaction hash nobody has used."""
        return self._transaction()

    def _file(
        self,
        rng: np.random.Generator,
        wallet: int,
        market: int,
        outcome: int,
        at: Instant,
        taken: Iterable[tuple[float, float]],
        *,
        is_buy: bool,
    ) -> None:
        tx = self._transaction()
        for price, size in taken:
            # Two equal resting orders at one price leave two rows alike in every column.
            is_twin = rng.random() < TWIN_CHANCE and size >= 20 and round(size * 100) % 2 == 0
            for part in (round(size / 2, 2),) * 2 if is_twin else (size,):
                self._trade(wallet, market, outcome, at, price, part, tx, is_buy=is_buy, is_taker=True)

    def _trade(
        self,
        wallet: int,
        market: int,
        outcome: int,
        at: Instant,
        price: float,
        size: float,
        tx: str,
        *,
        is_buy: bool,
        is_taker: bool,
    ) -> None:
        rate = self.markets[market].fee_rate
        cash = fill_cash(is_buy=is_buy, is_taker=is_taker, price=price, size=size, fee_rate=rate)
        self.entries.append(
            Entry(at, wallet, market, outcome, Kind.TRADE, is_buy, is_taker, price, round(size, 2), cash, tx)
        )

    def _transaction(self) -> str:
        self.transactions += 1
        return hex_id("transaction", self.seed, self.transactions)
