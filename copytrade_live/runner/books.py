"""Books of the tokens that matter now, fresh from the venue; the last one known where it does not answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace

from copytrade_live.clock import Clock
from copytrade_live.core.events import BookObserved, JournalEvent, Observation, OperatorCommanded, Verb
from copytrade_live.core.market import SECOND, Book, Instant
from copytrade_live.errors import VenueError
from copytrade_live.runner.book_stream import BookStream
from copytrade_live.runner.health import Health
from copytrade_live.runner.sources import BookFeed

# Levels kept a side: more than any rule looks at, and the journal stays small.
DEPTH = 50
_REMEMBERED = 2_000
# Tokens that leaders traded last, whose books are pushed too.
_HOT = 1_000
# A pushed book counts as fresh while its connection brought data so lately.
_PUSHED_AGE: Instant = 2 * SECOND
# Pushed books are compared with listed ones this often: one token may freeze while others move.
_AUDIT_EVERY: Instant = 10 * SECOND
# An unchanged top of book is journaled again this often, so that time rules get their turn.
_REPEAT: Instant = 30 * SECOND


class BookDesk:
    """Fetches books and remembers the last of each token."""

    def __init__(self, reader: BookFeed, clock: Clock, health: Health, stream: BookStream | None = None) -> None:
        self._reader = reader
        self._clock = clock
        self._health = health
        self._stream = stream
        self._hot: OrderedDict[str, None] = OrderedDict()
        self._audited_at: Instant = 0
        self._suspected: dict[str, Instant] = {}
        self._last: OrderedDict[str, Book] = OrderedDict()
        # Tokens that the venue showed no book of when it was asked last.
        self._absent: OrderedDict[str, None] = OrderedDict()
        self._told: dict[str, tuple[Instant, float | None, float | None]] = {}

    async def fresh(self, token_ids: Iterable[str]) -> dict[str, Book]:
        """Books as they are now; a token without a book, or a venue without an answer, leaves it out."""
        wanted = sorted(set(token_ids))
        pushed = self._pushed(wanted)
        is_audit = self._is_time_to_audit(pushed)
        asked = [token for token in wanted if is_audit or token not in pushed]
        if asked:
            pushed |= await self._read(asked, pushed)
        return pushed

    async def best_known(self, token_ids: Iterable[str]) -> dict[str, Book]:
        """Fresh books, and where there is none the last one seen: its age then speaks for itself."""
        wanted = set(token_ids)
        for token in sorted(wanted):
            self._hot[token] = None
            self._hot.move_to_end(token)
        while len(self._hot) > _HOT:
            self._hot.popitem(last=False)
        found = await self.fresh(wanted)
        return self.last_known(wanted) | found

    def last_known(self, token_ids: Iterable[str]) -> dict[str, Book]:
        """The last books seen of some tokens, without asking anyone."""
        return {token: self._last[token] for token in token_ids if token in self._last}

    def absent(self, token_ids: Iterable[str]) -> set[str]:
        """Those of some tokens that have no book, as the venue said last; its silence says nothing."""
        return {token for token in token_ids if token in self._absent}

    async def follow(self, token_ids: Iterable[str]) -> None:
        """Have the books of these tokens pushed, and of those that leaders traded lately."""
        if self._stream is not None:
            await self._stream.want([*token_ids, *reversed(self._hot)])
            self._health.facts["books"] = self._stream.facts()

    def observe_news(self, book: Book, observe: Callable[[Observation], None]) -> None:
        """Observe a book of a held token, unless it says no more than the last one did a moment ago."""
        told_at, *told = self._told.get(book.token_id, (0, None, None))
        if told != [book.best_bid, book.best_ask] or not 0 <= book.observed_at - told_at < _REPEAT:
            observe(BookObserved(event_at=book.event_at, observed_at=self._clock.now(), book=book))
            self._told[book.token_id] = (book.observed_at, book.best_bid, book.best_ask)

    def hear(self, event: JournalEvent) -> None:
        """Hear one journaled event: a position that an operator closes is decided on with its next book."""
        if isinstance(event, OperatorCommanded) and event.verb is Verb.CLOSE_POSITION:
            self._told.pop(event.argument, None)

    def _pushed(self, wanted: Iterable[str]) -> dict[str, Book]:
        if self._stream is None:
            return {}
        oldest = self._clock.now() - _PUSHED_AGE
        books = {token: self._stream.book(token, DEPTH) for token in wanted}
        found = {token: book for token, book in books.items() if book is not None and book.observed_at >= oldest}
        self._remember(found, [])
        return found

    def _is_time_to_audit(self, pushed: dict[str, Book]) -> bool:
        now = self._clock.now()
        if not pushed or now - self._audited_at < _AUDIT_EVERY:
            return False
        self._audited_at = now
        return True

    async def _read(self, asked: list[str], pushed: dict[str, Book]) -> dict[str, Book]:
        try:
            listing = await self._reader.books(asked)
        except VenueError as error:
            self._health.failed("books", error)
            return {}
        self._health.succeeded("books", self._clock.now())
        self._health.saw_bad_rows("books", len(listing.bad))
        found = {book.token_id: _trimmed(book) for _, book in listing.rows}
        for token in found.keys() & pushed.keys():
            self._compare(pushed[token], found[token])
        self._remember(found, asked)
        return found

    def _compare(self, pushed: Book, listed: Book) -> None:
        """Doubt a pushed book that has another top than the listed one and has not moved since it had before."""
        token = pushed.token_id
        if (pushed.best_bid, pushed.best_ask) == (listed.best_bid, listed.best_ask):
            self._suspected.pop(token, None)
        elif self._suspected.get(token) == pushed.event_at and self._stream is not None:
            del self._suspected[token]
            self._stream.doubt(token)
        else:
            self._suspected[token] = pushed.event_at

    def _remember(self, found: dict[str, Book], wanted: list[str]) -> None:
        for token in wanted:
            # A book that is gone is gone: the one before must not pass for it.
            self._last.pop(token, None)
            self._absent[token] = None
        for token, book in found.items():
            self._absent.pop(token, None)
            self._last[token] = book
            self._last.move_to_end(token)
        while len(self._last) > _REMEMBERED:
            token, _ = self._last.popitem(last=False)
            self._told.pop(token, None)
            self._suspected.pop(token, None)
        while len(self._absent) > _REMEMBERED:
            self._absent.popitem(last=False)


def _trimmed(book: Book) -> Book:
    return replace(book, bids=book.bids[:DEPTH], asks=book.asks[:DEPTH])
