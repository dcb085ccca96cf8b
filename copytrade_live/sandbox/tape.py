"""Where synthetic traders trade: open markets, their books then, and the rows that orders leave behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import HOUR, MINUTE, SECOND, Instant
from copytrade_live.sandbox.depth import Depth
from copytrade_live.sandbox.ledger import NO_OUTCOME, Columns, Kind
from copytrade_live.sandbox.quotes import Paths
from copytrade_live.sandbox.truth import GRID
from copytrade_live.sandbox.world import Floats, Instants, WorldMarket

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
# Nobody here trades in a market's last quarter of an hour.
LAST_CALL: Instant = 15 * MINUTE
# An order goes this far beyond the best price.
REACH = 0.02
TWIN_CHANCE = 0.12
_SNAP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """Market orders of one wallet. Units: amount in collateral for buys, in shares for sells."""

    market: Numbers
    outcome: Numbers
    at: Instants
    amount: Floats
    is_buy: bool

    def pick(self, chosen: Flags | Numbers) -> Orders:
        """Some of these orders."""
        return Orders(
            market=self.market[chosen],
            outcome=self.outcome[chosen],
            at=self.at[chosen],
            amount=self.amount[chosen],
            is_buy=self.is_buy,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """All open tokens at a glance, at several moments; numbers are up to one grid step old.

    Shape: asks, truths and fee_rates are (moment, place); a place is an open market's outcome, NaN where there is none.
    """

    markets: Numbers
    asks: Floats
    truths: Floats
    fee_rates: Floats

    def choose(self, rng: np.random.Generator, is_fit: Flags) -> tuple[Flags, Numbers, Numbers]:
        """One fitting place a moment, at random. Returns: whether there is one, and its market and outcome."""
        place = np.argmax(np.where(is_fit, rng.random(is_fit.shape), -1.0), axis=1)
        slots = self.markets.shape[1]
        market = self.markets[np.arange(len(place)), place % slots]
        return np.any(is_fit, axis=1, keepdims=True)[:, 0], market, place // slots


@dataclass(slots=True, eq=False)
class Tape:
    """What has been traded so far, and the market data traders look at."""

    markets: tuple[WorldMarket, ...]
    paths: Paths
    depth: Depth
    first_at: Instant
    last_at: Instant
    filed: list[Columns] = field(default_factory=list)
    transactions: int = 0
    # Shares that came or went beside fills, splits and merges: wallet, markets, outcome, change of each.
    moved: list[tuple[int, Numbers, int, float]] = field(default_factory=list)
    fee_rates: Floats = field(init=False)
    _mids: Floats = field(init=False)
    _open: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.fee_rates = np.array([market.fee_rate for market in self.markets])
        self._mids = self.paths.on_grid()
        starts = np.arange(self.first_at, self.last_at + HOUR, HOUR)[:, None]
        is_open = (self.paths.opened_at <= starts) & (self.paths.end_at >= starts + HOUR + LAST_CALL)
        self._open = np.full((len(starts), int(is_open.sum(axis=1).max())), -1, dtype=np.int64)
        for hour, row in enumerate(is_open):
            numbers = np.flatnonzero(row)
            self._open[hour, : len(numbers)] = numbers

    def look(self, at: Instants) -> Look:
        """What a trader sees of all markets that are open for the rest of the hour."""
        markets = self._open[(at - self.first_at) // HOUR]
        is_there = markets >= 0
        known = np.where(is_there, markets, 0)
        step = np.clip((at[:, None] - self.paths.opened_at[known]) // GRID, 0, self.paths.points[known] - 1)
        place = self.paths.offset[known] + step
        mids, truth = np.where(is_there, self._mids[place], np.nan), self.paths.truth[place]
        half = self.depth.half_spread[known]
        return Look(
            markets,
            np.concatenate([mids + half, 1.0 - mids + half], axis=1),
            np.concatenate([truth, 1.0 - truth], axis=1),
            np.tile(self.fee_rates[known], (1, 2)),
        )

    def is_trading(self, market: Numbers, at: Instants) -> Flags:
        """Whether there is time left to trade."""
        return np.asarray(at < np.minimum(self.paths.end_at[market] - LAST_CALL, self.last_at))

    def best(self, market: Numbers, outcome: Numbers, at: Instants, *, is_bid: bool) -> Floats:
        """Best price of an outcome's bids or asks, as anyone would be shown it."""
        bid, ask = self.depth.touch(market, self.paths.mids(market, at - at % SECOND))
        tick = np.where(outcome == 0, bid if is_bid else ask, self.depth.ticks[market] - (ask if is_bid else bid))
        return np.round(tick * self.depth.tick_size[market], 6)

    def cross(self, rng: np.random.Generator, wallet: int, orders: Orders) -> Floats:
        """Take from the book: a transaction an order, a fill a level. Returns: shares filled, an entry an order."""
        prices, sizes = self._walk(orders)
        order, level = np.nonzero(sizes >= 0.01)
        price, size = prices[order, level], sizes[order, level]
        # Two equal resting orders at one price leave two rows alike in every column.
        cents = np.round(size * 100).astype(np.int64)
        is_twin = (rng.random(len(size)) < TWIN_CHANCE) & (size >= 20) & (cents % 2 == 0)
        copies = np.where(is_twin, 2, 1)
        order, price = np.repeat(order, copies), np.repeat(price, copies)
        size = np.repeat(np.where(is_twin, np.round(size / 2, 2), size), copies)
        self._file(wallet, orders, order, price, size, is_taker=True)
        return np.asarray(sizes.sum(axis=1))

    def rest(self, wallet: int, orders: Orders) -> None:
        """Be hit while resting at the best price of one's side: a maker's fills, amount in shares."""
        price = self.best(orders.market, orders.outcome, orders.at, is_bid=orders.is_buy)
        self._file(wallet, orders, np.arange(len(price)), price, orders.amount, is_taker=False)

    def convert(
        self,
        kind: Kind,
        wallet: Numbers,
        market: Numbers,
        at: Instants,
        size: Floats,
        tx: Numbers,
        *,
        cash: Floats | None = None,
    ) -> None:
        """File rows that are no fills, each for as much collateral as its size unless told."""
        zeros, flags = np.zeros(len(size)), np.zeros(len(size), dtype=np.bool_)
        outcome = np.full(len(size), NO_OUTCOME)
        kinds = np.full(len(size), kind.value)
        cash = np.round(size, 6) if cash is None else cash
        self.filed.append(Columns(at, wallet, market, outcome, kinds, flags, flags, zeros, size, cash, tx))

    def new_transactions(self, count: int) -> Numbers:
        """Numbers of transactions nobody has used."""
        self.transactions += count
        return np.arange(self.transactions - count, self.transactions)

    def _walk(self, orders: Orders) -> tuple[Floats, Floats]:
        market, is_second = orders.market, orders.outcome == 1
        quoted_at = orders.at - orders.at % SECOND
        levels, available = self.depth.side(
            market, self.paths.mids(market, quoted_at), quoted_at, is_second == orders.is_buy
        )
        tick_size = self.depth.tick_size[market][:, None]
        reach = np.round(REACH / tick_size)
        available = np.where(np.abs(levels - levels[:, :1]) <= reach, available, 0.0)
        prices = np.round(
            np.where(is_second[:, None], self.depth.ticks[market][:, None] - levels, levels) * tick_size, 6
        )
        worth = available * prices if orders.is_buy else available
        left = orders.amount[:, None] - (np.cumsum(worth, axis=1) - worth)
        wanted = np.maximum(left, 0.0) / (prices if orders.is_buy else 1.0)
        return prices, np.floor(np.minimum(available, wanted) * 100 + _SNAP) / 100

    def _file(
        self, wallet: int, orders: Orders, order: Numbers, price: Floats, size: Floats, *, is_taker: bool
    ) -> None:
        market = orders.market[order]
        fee = np.round(size * self.fee_rates[market] * price * (1.0 - price), 5) if is_taker else np.zeros(len(size))
        count = len(order)
        self.filed.append(
            Columns(
                at=orders.at[order],
                wallet=np.full(count, wallet),
                market=market,
                outcome=orders.outcome[order],
                kind=np.full(count, Kind.TRADE.value),
                is_buy=np.full(count, orders.is_buy),
                is_taker=np.full(count, is_taker),
                price=price,
                size=size,
                cash=np.round(price * size + (fee if orders.is_buy else -fee), 6),
                tx=self.new_transactions(len(orders.at))[order],
            )
        )
