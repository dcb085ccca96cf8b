"""Where a driver looks for books and prints, and the simplest such place: the tape itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from copytrade_live.core.events import BookObserved, LeaderFillObserved, Observation
from copytrade_live.core.market import Book, Instant
from copytrade_pipelines.backtest.prints import Print, RecentPrints, print_of


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
        if isinstance(observation, BookObserved):
            self._last[observation.book.token_id] = observation.book
        elif isinstance(observation, LeaderFillObserved):
            self._prints.add(print_of(observation.signal), observation.observed_at)
            if observation.book is not None:
                self._last[observation.book.token_id] = observation.book
