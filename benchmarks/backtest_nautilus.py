"""The shared strategy on nautilus_trader 1.221.0, in an environment of its own (it needs an older pandas than ours).

Run as a script with the path of a tape's columns; prints what came of it. Ticks are QuoteTicks, which drive its
matching; every leader's fill carries an OrderBookDepth10, which would otherwise take the place of the ticks in a
matching engine that knows only the top of the book. Orders are market orders, immediate or cancel.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from decimal import Decimal
from typing import Any

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.core.data import Data
from nautilus_trader.model import BookOrder, CustomData, DataType, OrderBookDepth10, QuoteTick
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import AccountType, AssetClass, BookType, OmsType, OrderSide, TimeInForce
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import BinaryOption
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("BENCH")
SELL = 1
NANOSECONDS = 1_000_000


class LeaderFill(Data):  # type: ignore[misc]
    """A leader's fill, and the book it met."""

    def __init__(self, at: int, token: int, leader: int, side: int, price: int, book: Any) -> None:
        self.at, self.token, self.leader, self.side, self.price, self.book = at, token, leader, side, price, book

    @property
    def ts_event(self) -> int:
        """When it happened."""
        return self.at

    @property
    def ts_init(self) -> int:
        """When it was known."""
        return self.at


class Copier(Strategy):  # type: ignore[misc]
    """Copies what the gates let through, and leaves with the leader, at a profit or at a loss."""

    def __init__(self, instruments: list[Any], rules: dict[str, Any]) -> None:
        super().__init__(StrategyConfig(order_id_tag="1"))
        self.instruments, self.rules = instruments, rules
        self.number = {one.id: place for place, one in enumerate(instruments)}
        self.held: dict[int, list[int]] = {}
        self.buys = self.exits = self.spent = self.received = 0

    def on_start(self) -> None:
        """Ask for everything."""
        for one in self.instruments:
            self.subscribe_quote_ticks(one.id)
        self.subscribe_data(DataType(LeaderFill), client_id=ClientId("BENCH"))

    def on_quote_tick(self, tick: Any) -> None:
        """Take profit, or stop a loss."""
        token = self.number[tick.instrument_id]
        position = self.held.get(token)
        if position is None:
            return
        gain = float(tick.bid_price) / (position[2] / (position[1] * 10_000)) - 1.0
        if gain >= self.rules["take_profit"] or gain <= -self.rules["stop_loss"]:
            self.leave(token, position)

    def on_data(self, fill: Any) -> None:
        """Copy a buy, leave with a sale."""
        position = self.held.get(fill.token)
        if fill.side == SELL:
            if position is not None and position[0] == fill.leader:
                self.leave(fill.token, position)
        elif position is None and self.wants(fill, fill.book):
            self.held[fill.token] = [fill.leader, 0, 0]
            self.send(fill.token, OrderSide.BUY, self.rules["stake"] * 10_000 // fill.price)

    def wants(self, fill: Any, book: Any) -> bool:
        """The gates."""
        bid, ask = float(book.bids[0].price), float(book.asks[0].price)
        if fill.price <= self.rules["min_price"] or fill.price >= self.rules["max_price"]:
            return False
        if round(ask * 100) > fill.price or (ask - bid) / ((bid + ask) / 2.0) > self.rules["max_spread"]:
            return False
        return ask * float(book.asks[0].size) >= float(self.rules["min_depth"])

    def leave(self, token: int, position: list[int]) -> None:
        """Sell all of it."""
        self.send(token, OrderSide.SELL, position[1])

    def send(self, token: int, side: Any, hundredths: int) -> None:
        """A market order, immediate or cancel."""
        one = self.instruments[token]
        order = self.order_factory.market(
            one.id, side, one.make_qty(Decimal(hundredths) / 100), time_in_force=TimeInForce.IOC
        )
        self.submit_order(order)

    def on_order_filled(self, event: Any) -> None:
        """Count it in whole micro-units."""
        token = self.number[event.instrument_id]
        size = round(float(event.last_qty) * 100)
        cash = size * round(float(event.last_px) * 100) * 100
        if event.order_side == OrderSide.BUY:
            position = self.held[token]
            position[1] += size
            position[2] += cash
            self.spent += cash
            self.buys += 1
        else:
            self.received += cash
            self.exits += 1
            del self.held[token]


def main(path: str) -> None:
    """Run a tape. The clock stands while its objects are made."""
    found = np.load(path)
    rules = json.loads(str(found["rules"]))
    instruments = [_instrument(one) for one in range(rules["tokens"])]
    data = _data(found, instruments)
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=USDC,
        starting_balances=[Money(1_000_000_000, USDC)],
        book_type=BookType.L1_MBP,
    )
    for one in instruments:
        engine.add_instrument(one)
    for kind in data:
        engine.add_data(kind, sort=kind is data[-1], client_id=ClientId("BENCH"), validate=False)
    copier = Copier(instruments, rules)
    engine.add_strategy(copier)
    began, began_cpu = time.perf_counter(), time.process_time()
    engine.run()
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    outcome = {"buys": copier.buys, "exits": copier.exits, "spent": copier.spent, "received": copier.received}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rss_mib": rss / 1024, "outcome": outcome}))


def _instrument(number: int) -> Any:
    symbol = Symbol(f"T{number}")
    return BinaryOption(
        instrument_id=InstrumentId(symbol, VENUE),
        raw_symbol=symbol,
        asset_class=AssetClass.ALTERNATIVE,
        currency=USDC,
        price_precision=2,
        size_precision=2,
        price_increment=Price.from_str("0.01"),
        size_increment=Quantity.from_str("0.01"),
        activation_ns=0,
        expiration_ns=4_000_000_000_000_000_000,
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        ts_event=0,
        ts_init=0,
    )


def _data(found: Any, instruments: list[Any]) -> list[list[Any]]:
    ticks: list[Any] = []
    fills: list[Any] = []
    kind = DataType(LeaderFill)
    prices = [Price(cents / 100, 2) for cents in range(101)]
    names = ("at", "is_signal", "token", "bid", "ask", "depth", "leader", "side", "price")
    for row in zip(*(found[name].tolist() for name in names), strict=True):
        at, is_signal, token, bid, ask, depth, leader, side, price = row
        one, now, size = instruments[token].id, at * NANOSECONDS, Quantity(depth, 2)
        if is_signal:
            book = _depth(one, bid, ask, size, now, prices)
            fills.append(CustomData(kind, LeaderFill(now, token, leader, side, price, book)))
        else:
            ticks.append(QuoteTick(one, prices[bid], prices[ask], size, size, now, now))
    return [ticks, fills]


def _depth(one: Any, bid: int, ask: int, size: Any, now: int, prices: list[Any]) -> Any:
    nothing = Quantity(0, 2)
    bids = [BookOrder(OrderSide.BUY, prices[max(bid - n, 0)], size if bid > n else nothing, 0) for n in range(10)]
    asks = [
        BookOrder(OrderSide.SELL, prices[min(ask + n, 100)], size if ask + n < 100 else nothing, 0) for n in range(10)
    ]
    return OrderBookDepth10(one, bids, asks, [1] * 10, [1] * 10, 0, 0, now, now)


if __name__ == "__main__":
    main(sys.argv[1])
