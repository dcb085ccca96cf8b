"""A book where none was recorded: around the last thing known of the price, always flagged as modelled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from copytrade_live.core.market import HOUR, Book, BookSource, Instant, Level, Role, Side
from copytrade_live.core.pricing import ceil_to_tick, floor_to_tick
from copytrade_live.core.signal import Signal
from copytrade_pipelines.backtest.book_fit import BookModel, Shape
from copytrade_pipelines.backtest.book_levels import ask_around, bid_around, level_price, level_size


class Source(IntEnum):
    """What is known of a price comes from; of two words of the same moment the later in this list counts."""

    MID = 0
    FILL_AT_BID = 1
    FILL_AT_ASK = 2
    BOOK = 3


@dataclass(frozen=True, slots=True)
class Word:
    """The last thing known of a token's price. low is the mid, the side that traded, or a book's bid; high its ask."""

    at: Instant
    source: Source
    low: float
    high: float

    @property
    def counts_from(self) -> tuple[Instant, bool, bool]:
        """What makes one word newer than another: its time, then books before fills before mids."""
        return self.at, self.source is Source.BOOK, self.source is not Source.MID


def word_of_fill(signal: Signal) -> Word:
    """What a fill says: who took met the best price, who rested was it. An unknown role counts as taker."""
    is_ask = (signal.side is Side.BUY) is (signal.role is not Role.MAKER)
    source = Source.FILL_AT_ASK if is_ask else Source.FILL_AT_BID
    return Word(signal.event_at, source, signal.price, signal.price)


def quote(word: Word, half_spread: float) -> tuple[float, float]:
    """Best bid and ask that a word implies, before the grid."""
    match word.source:
        case Source.MID:
            return bid_around(word.low, half_spread), ask_around(word.low, half_spread)
        case Source.FILL_AT_BID:
            return word.low, ask_around(word.low, 2.0 * half_spread)
        case Source.FILL_AT_ASK:
            return bid_around(word.low, 2.0 * half_spread), word.low
        case Source.BOOK:
            return word.low, word.high


def hours_left(end_at: Instant | None, now: Instant) -> float | None:
    """Time to the end of a market, None when it has none. Units: hours."""
    return None if end_at is None else (end_at - now) / HOUR


def model_book(token_id: str, word: Word, shape: Shape, tick: float, now: Instant, levels: int) -> Book:
    """A book on the tick grid around a word, never better than it, the same collateral at every price."""
    low, high = quote(word, shape.half_spread)
    bid, ask = floor_to_tick(low, tick), ceil_to_tick(high, tick)
    bids = (level_price(bid, tick, step, True) for step in range(levels))
    asks = (level_price(ask, tick, step, False) for step in range(levels))
    return Book(
        token_id=token_id,
        bids=tuple(Level(price, level_size(shape.depth, price)) for price in bids if price >= tick),
        asks=tuple(Level(price, level_size(shape.depth, price)) for price in asks if price <= 1.0 - tick),
        event_at=word.at,
        observed_at=now,
        source=BookSource.MODELLED,
    )


def shape_at(model: BookModel, word: Word, category: str, end_at: Instant | None, now: Instant) -> Shape:
    """The shape of a book around a word at a moment."""
    middle = (word.low + word.high) / 2.0
    return model.shape(category, middle, hours_left(end_at, now))
