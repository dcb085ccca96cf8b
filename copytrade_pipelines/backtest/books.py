"""The book of a token as it could be known at a moment: recorded when fresh enough, else modelled and flagged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from copytrade_live.core.events import BookObserved, LeaderFillObserved, Observation
from copytrade_live.core.market import SECOND, Book, BookSource, Instant, Level, Role, Side
from copytrade_live.core.pricing import ceil_to_tick, floor_to_tick
from copytrade_live.core.signal import Signal
from copytrade_pipelines.backtest.markets import MarketBoard
from copytrade_pipelines.backtest.prints import Print, RecentPrints, print_of
from copytrade_pipelines.backtest.streams import Lookahead


class BookFeed(Protocol):
    """Where a driver looks for books. Time only goes forwards: each now is at least the one before.

    What it says of a moment is a function of the tape and the moment, never of how often it was asked before.
    """

    def book(self, token_id: str, now: Instant) -> Book | None:
        """The token's book as it could be known at now, None when there is none."""
        ...

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        """Trades of others in the token after since and up to until, in order."""
        ...

    def saw(self, observation: Observation) -> None:
        """Learn from an observation."""
        ...


class TapedBooks:
    """The last book that the tape itself showed of each token, and the fills on the tape as prints."""

    def __init__(self) -> None:
        self._last: dict[str, Book] = {}
        self._prints = RecentPrints()

    def book(self, token_id: str, now: Instant) -> Book | None:
        """The last book shown."""
        return self._last.get(token_id)

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        """Leaders' fills, by when they became known."""
        return self._prints.known(token_id, since, until)

    def saw(self, observation: Observation) -> None:
        """Remember the book an observation carries, and the trade."""
        if isinstance(observation, LeaderFillObserved):
            self._prints.add(print_of(observation.signal), observation.observed_at)
        if isinstance(observation, BookObserved | LeaderFillObserved) and observation.book is not None:
            self._last[observation.book.token_id] = observation.book


@dataclass(frozen=True, slots=True, kw_only=True)
class BookModel:
    """What a book is taken to look like where none was recorded.

    Units: half_spread in dollars per share, depth in collateral resting at each price, levels in prices a side (a tick
    apart), max_age_seconds the oldest mid, print or book that still says where the market stands.
    """

    half_spread: float = 0.005
    depth: float = 1000.0
    levels: int = 5
    max_age_seconds: float = 7200.0


class Source(IntEnum):
    """What a quote comes from; of two of the same moment the later in this list counts."""

    MID = 0
    FILL = 1
    BOOK = 2


@dataclass(frozen=True, slots=True)
class Quote:
    """Best prices that something known implies, and since when. Units: dollars per share."""

    at: Instant
    bid: float
    ask: float
    source: Source = Source.BOOK


@dataclass(frozen=True, slots=True)
class Mid:
    """One row of a token's price history. known_at is when it could be read."""

    token_id: str
    at: Instant
    known_at: Instant
    mid: float


def quote_from_mid(at: Instant, mid: float, model: BookModel) -> Quote:
    """The best prices around a mid."""
    return Quote(at, mid - model.half_spread, mid + model.half_spread, Source.MID)


def quote_from_fill(signal: Signal, model: BookModel) -> Quote:
    """The best prices a fill implies: who took met them; who rested was them. An unknown role counts as taker."""
    is_ask = (signal.side is Side.BUY) is (signal.role is not Role.MAKER)
    width = 2.0 * model.half_spread
    if is_ask:
        return Quote(signal.event_at, signal.price - width, signal.price, Source.FILL)
    return Quote(signal.event_at, signal.price, signal.price + width, Source.FILL)


def model_book(token_id: str, quote: Quote, tick: float, now: Instant, model: BookModel) -> Book:
    """A book on the tick grid around a quote, never better than it, the same depth at every price."""
    bid, ask = floor_to_tick(quote.bid, tick), ceil_to_tick(quote.ask, tick)
    bids = (round(bid - step * tick, 6) for step in range(model.levels))
    asks = (round(ask + step * tick, 6) for step in range(model.levels))
    return Book(
        token_id=token_id,
        bids=tuple(Level(price, model.depth / price) for price in bids if price >= tick),
        asks=tuple(Level(price, model.depth / price) for price in asks if price <= 1.0 - tick),
        event_at=quote.at,
        observed_at=now,
        source=BookSource.MODELLED,
    )


class RecordedBooks:
    """Recorded books while they are fresh, between them the model around the last thing known.

    Reads forwards only and keeps one book and one quote a token.
    """

    def __init__(
        self,
        books: Iterator[Book],
        mids: Iterator[Mid],
        markets: MarketBoard,
        model: BookModel,
        max_book_age: Instant,
    ) -> None:
        self._books = Lookahead(books, lambda book: book.observed_at)
        self._mids = Lookahead(mids, lambda mid: mid.known_at)
        self._markets = markets
        self._model = model
        self._max_book_age = max_book_age
        self._recorded: dict[str, Book] = {}
        self._quotes: dict[str, Quote] = {}
        self._prints = RecentPrints()

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        """Leaders' fills, by when they became known."""
        return self._prints.known(token_id, since, until)

    def book(self, token_id: str, now: Instant) -> Book | None:
        """The recorded book if it is fresh, else a modelled one, None when nothing is known or the market is closed."""
        self._advance(now)
        tick = self._markets.tick_size(token_id, now)
        if tick is None:
            return None
        recorded = self._recorded.get(token_id)
        if recorded is not None and now - recorded.observed_at <= self._max_book_age:
            return recorded
        quote = self._quotes.get(token_id)
        if quote is None or now - quote.at > self._model.max_age_seconds * SECOND:
            return None
        return model_book(token_id, quote, tick, now, self._model)

    def saw(self, observation: Observation) -> None:
        """A leader's fill says where the market stood."""
        if isinstance(observation, LeaderFillObserved):
            self._prints.add(print_of(observation.signal), observation.observed_at)
            self.saw_fill(observation.signal)

    def saw_fill(self, signal: Signal) -> None:
        """Take a fill as the latest word on the price, unless a later one is known."""
        self._learn(signal.token_id, quote_from_fill(signal, self._model))

    def _advance(self, now: Instant) -> None:
        for mid in self._mids.until(now):
            self._learn(mid.token_id, quote_from_mid(mid.at, mid.mid, self._model))
        for book in self._books.until(now):
            self._recorded[book.token_id] = book
            if book.best_bid is not None and book.best_ask is not None:
                self._learn(book.token_id, Quote(book.event_at, book.best_bid, book.best_ask))

    def _learn(self, token_id: str, quote: Quote) -> None:
        known = self._quotes.get(token_id)
        if known is None or (quote.at, quote.source) >= (known.at, known.source):
            self._quotes[token_id] = quote
