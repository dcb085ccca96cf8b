"""Books of the tokens that matter now, fresh from the venue; the last one known where it does not answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace

from copytrade_live.clock import Clock
from copytrade_live.core.events import BookObserved, Observation
from copytrade_live.core.market import SECOND, Book, Instant
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.sources import BookFeed

# Levels kept a side: more than any rule looks at, and the journal stays small.
DEPTH = 50
_REMEMBERED = 2_000
# An unchanged top of book is journaled again this often, so that time rules get their turn.
_REPEAT: Instant = 30 * SECOND


class BookDesk:
    """Fetches books and remembers the last of each token."""

    def __init__(self, reader: BookFeed, clock: Clock, health: Health) -> None:
        self._reader = reader
        self._clock = clock
        self._health = health
        self._last: OrderedDict[str, Book] = OrderedDict()
        self._told: dict[str, tuple[Instant, float | None, float | None]] = {}

    async def fresh(self, token_ids: Iterable[str]) -> dict[str, Book]:
        """Books as they are now; a token without a book, or a venue without an answer, leaves it out."""
        wanted = sorted(set(token_ids))
        if not wanted:
            return {}
        try:
            listing = await self._reader.books(wanted)
        except VenueError as error:
            self._health.failed("books", error)
            return {}
        self._health.succeeded("books", self._clock.now())
        self._health.saw_bad_rows("books", len(listing.bad))
        found = {book.token_id: _trimmed(book) for _, book in listing.rows}
        self._remember(found, wanted)
        return found

    async def best_known(self, token_ids: Iterable[str]) -> dict[str, Book]:
        """Fresh books, and where there is none the last one seen: its age then speaks for itself."""
        wanted = set(token_ids)
        found = await self.fresh(wanted)
        return {token: self._last[token] for token in wanted if token in self._last} | found

    def observe_news(self, book: Book, observe: Callable[[Observation], None]) -> None:
        """Observe a book of a held token, unless it says no more than the last one did a moment ago."""
        told_at, *told = self._told.get(book.token_id, (0, None, None))
        if told != [book.best_bid, book.best_ask] or book.observed_at - told_at >= _REPEAT:
            self._told[book.token_id] = (book.observed_at, book.best_bid, book.best_ask)
            observe(BookObserved(event_at=book.event_at, observed_at=self._clock.now(), book=book))

    def _remember(self, found: dict[str, Book], wanted: list[str]) -> None:
        for token in wanted:
            # A book that is gone is gone: the one before must not pass for it.
            self._last.pop(token, None)
            if token in found:
                self._last[token] = found[token]
        while len(self._last) > _REMEMBERED:
            self._told.pop(self._last.popitem(last=False)[0], None)


def _trimmed(book: Book) -> Book:
    return replace(book, bids=book.bids[:DEPTH], asks=book.asks[:DEPTH])
