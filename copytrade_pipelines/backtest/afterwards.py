"""What became of it: a second reading of a tape after a run, in which shadows of trades not made are followed.

The run is over and nothing here touches it. Books come from a feed of their own, each at its moment, so that entries
see only what could be known then; the outcome is of course later.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Protocol

from copytrade_live.core.events import LeaderFillObserved, MarketResolved, Observation
from copytrade_live.core.market import DAY, Book, Instant
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.ingest.progress import Progress, silent

# What is done at a moment.
Act = Callable[[Instant], None]


class Follower(Protocol):
    """Something that follows shadows through a tape."""

    def before(self, now: Instant) -> None:
        """Schedule whatever begins before now."""
        ...

    def saw_fill(self, seen: LeaderFillObserved) -> None:
        """A leader traded."""
        ...

    def saw_resolution(self, seen: MarketResolved) -> None:
        """A market paid out."""
        ...


class Afterwards:
    """Time and books of a second reading."""

    def __init__(self, books: BookFeed) -> None:
        self._books = books
        self._due: list[tuple[Instant, int, Act]] = []
        self._numbers = count()

    def at(self, moment: Instant, act: Act) -> None:
        """Do something at a moment that has not passed."""
        heapq.heappush(self._due, (moment, next(self._numbers), act))

    def book(self, token_id: str, now: Instant) -> Book | None:
        """The token's book as it could be known now."""
        return self._books.book(token_id, now)

    def read(
        self,
        tape: Iterable[Observation],
        followers: Sequence[Follower],
        until: Instant,
        progress: Progress = silent,
    ) -> None:
        """Read the tape to its end and do everything that is due before until."""
        first = day = 0
        for observation in tape:
            now = observation.observed_at
            first = first or now
            self._advance(now, followers)
            self._tell(observation, followers)
            if (now - first) // DAY > day:
                day = (now - first) // DAY
                progress(day, max(day, -(-(until - first) // DAY)), "days followed up")
        self._advance(until, followers)

    def _advance(self, end: Instant, followers: Sequence[Follower]) -> None:
        for follower in followers:
            follower.before(end)
        while self._due and self._due[0][0] < end:
            moment, _, act = heapq.heappop(self._due)
            act(moment)

    def _tell(self, observation: Observation, followers: Sequence[Follower]) -> None:
        match observation:
            case LeaderFillObserved():
                for follower in followers:
                    follower.saw_fill(observation)
            case MarketResolved():
                for follower in followers:
                    follower.saw_resolution(observation)
            case _:
                pass
        self._books.saw(observation)
