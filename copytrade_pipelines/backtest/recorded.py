"""The books of an extract: recorded while they are fresh, between them the model around the last thing known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copytrade_live.core.events import LeaderFillObserved, Observation
from copytrade_live.core.market import SECOND, Book, Instant
from copytrade_live.core.signal import Signal
from copytrade_pipelines.backtest.book_fit import BookModel
from copytrade_pipelines.backtest.columns import RecentRows, Row, TokenRows
from copytrade_pipelines.backtest.markets import ListedMarket, MarketBoard
from copytrade_pipelines.backtest.modelled import Source, Word, model_book, shape_at, word_of_fill
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.prints import Print
from copytrade_pipelines.backtest.recorded_rows import book_of, number_in, print_in

_MADE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedParts:
    """What a feed reads, for whoever takes all of it at once. Units: max_book_age in milliseconds."""

    books: TokenRows
    mids: TokenRows
    prints: RecentRows
    markets: MarketBoard
    model: BookModel
    max_book_age: Instant


class RecordedBooks:
    """Reads forwards only; of each token it keeps the last book, mid and fill."""

    def __init__(
        self,
        books: TokenRows,
        mids: TokenRows,
        prints: RecentRows,
        markets: MarketBoard,
        model: BookModel,
        max_book_age: Instant,
        notes: TapeNotes,
    ) -> None:
        self._books = books
        self._mids = mids
        self._prints = prints
        self._markets = markets
        self._model = model
        self._max_book_age = max_book_age
        self._notes = notes
        self._fills: dict[str, Word] = {}
        self._made: dict[str, Book] = {}

    def book(self, token_id: str, now: Instant) -> Book | None:
        """The recorded book if it is fresh, else a modelled one, None when nothing is known or the market is closed."""
        listed = self._markets.trading(token_id, now)
        if listed is None:
            return None
        row = self._books.last(token_id, now)
        if row is not None and now - int(row[0].times[row[1]]) <= self._max_book_age:
            return self._recorded(token_id, row)
        if row is not None:
            self._notes.gaps["looks at a book whose last recording was too old"] += 1
        word = self._word(token_id, row, now)
        if word is None or now - word.at > self._model.max_age_seconds * SECOND:
            return None
        return self._modelled(listed, token_id, word, now)

    @property
    def parts(self) -> FeedParts:
        """What it reads. A feed whose rows were taken has no more of them."""
        return FeedParts(
            books=self._books,
            mids=self._mids,
            prints=self._prints,
            markets=self._markets,
            model=self._model,
            max_book_age=self._max_book_age,
        )

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        """Everybody's fills that the warehouse has, by when they happened."""
        return map(print_in, self._prints.between(token_id, since, until))

    def saw(self, observation: Observation) -> None:
        """A leader's fill says where the market stood."""
        if isinstance(observation, LeaderFillObserved):
            self.saw_fill(observation.signal)

    def saw_fill(self, signal: Signal) -> None:
        """Take a fill as the latest word on the price, unless a later one is known."""
        word, known = word_of_fill(signal), self._fills.get(signal.token_id)
        if known is None or word.counts_from >= known.counts_from:
            self._fills[signal.token_id] = word

    def _recorded(self, token_id: str, row: Row) -> Book:
        made = self._made.get(token_id)
        if made is None or made.observed_at != row[0].times[row[1]]:
            if len(self._made) >= _MADE:
                self._made.clear()
            made = self._made[token_id] = book_of(token_id, row)
        return made

    def _modelled(self, listed: ListedMarket, token_id: str, word: Word, now: Instant) -> Book:
        market = listed.market
        shape = shape_at(self._model, word, market.category, market.end_at, now)
        self._notes.shapes["fitted" if shape.is_fitted else "fixed"] += 1
        return model_book(token_id, word, shape, market.tick_size, now, self._model.levels)

    def _word(self, token_id: str, book: Row | None, now: Instant) -> Word | None:
        words = [word for word in (self._mid_word(token_id, now), self._fills.get(token_id)) if word is not None]
        if book is not None:
            shown = self._recorded(token_id, book)
            if shown.best_bid is not None and shown.best_ask is not None:
                words.append(Word(shown.event_at, Source.BOOK, shown.best_bid, shown.best_ask))
        return max(words, key=lambda word: word.counts_from, default=None)

    def _mid_word(self, token_id: str, now: Instant) -> Word | None:
        row = self._mids.last(token_id, now)
        if row is None:
            return None
        mid = number_in(row, "mid")
        return Word(number_in(row, "at"), Source.MID, mid, mid)
