"""The loop of a bot as they are written by hand: events and positions as slots dataclasses, handlers, a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.backtest_tape import (
    MAX_PRICE,
    MAX_SPREAD,
    MIN_DEPTH,
    MIN_PRICE,
    SELL,
    STAKE,
    STOP_LOSS,
    TAKE_PROFIT,
    Columns,
    Outcome,
)


@dataclass(slots=True)
class Tick:
    """Top of a token's book."""

    at: int
    token: int
    bid: int
    ask: int
    depth: int


@dataclass(slots=True)
class Fill:
    """A leader's fill, and what its token's book showed."""

    at: int
    leader: int
    side: int
    price: int
    book: Tick


@dataclass(slots=True)
class Position:
    """What is held of a token."""

    leader: int
    size: int
    paid: int


@dataclass(slots=True)
class Bot:
    """Handlers over what is held."""

    held: dict[int, Position] = field(default_factory=dict)
    buys: int = 0
    exits: int = 0
    spent: int = 0
    received: int = 0

    def on_tick(self, tick: Tick) -> None:
        """Take profit, or stop a loss."""
        position = self.held.get(tick.token)
        if position is None:
            return
        gain = tick.bid / 100 / (position.paid / (position.size * 10_000)) - 1.0
        if gain >= TAKE_PROFIT or gain <= -STOP_LOSS:
            self.leave(tick, position)

    def on_fill(self, fill: Fill) -> None:
        """Copy a buy, leave with a sale."""
        book = fill.book
        position = self.held.get(book.token)
        if fill.side == SELL:
            if position is not None and position.leader == fill.leader:
                self.leave(book, position)
        elif position is None and self.wants(fill):
            size = STAKE * 10_000 // fill.price
            self.held[book.token] = Position(fill.leader, size, size * book.ask * 100)
            self.spent += size * book.ask * 100
            self.buys += 1

    def wants(self, fill: Fill) -> bool:
        """The gates."""
        book = fill.book
        if fill.price <= MIN_PRICE or fill.price >= MAX_PRICE or book.ask > fill.price:
            return False
        low, high = book.bid / 100, book.ask / 100
        return (high - low) / ((low + high) / 2.0) <= MAX_SPREAD and high * book.depth >= MIN_DEPTH

    def leave(self, book: Tick, position: Position) -> None:
        """Sell all of it at the bid."""
        self.received += position.size * book.bid * 100
        self.exits += 1
        del self.held[book.token]


def events(tape: Columns) -> Iterator[Tick | Fill]:
    """The tape as this bot's own events, made as they are read."""
    for first in range(0, len(tape), 8192):
        part = slice(first, first + 8192)
        names = ("at", "is_signal", "token", "bid", "ask", "depth", "leader", "side", "price")
        rows = zip(*(getattr(tape, name)[part].tolist() for name in names), strict=True)
        for at, is_signal, token, bid, ask, depth, leader, side, price in rows:
            tick = Tick(at, token, bid, ask, depth)
            yield Fill(at, leader, side, price, tick) if is_signal else tick


def run_bot(stream: Iterable[Tick | Fill]) -> Outcome:
    """One pass."""
    bot = Bot()
    for event in stream:
        if isinstance(event, Tick):
            bot.on_tick(event)
        else:
            bot.on_fill(event)
    return Outcome(bot.buys, bot.exits, bot.spent, bot.received)
