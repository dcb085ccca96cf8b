"""Books of the tokens that matter, pushed by the venue: a few connections, each with as many tokens as it carries.

A book counts while its connection brings data and while it agrees with what the venue says of its best prices. Where
it does not, where no book comes in time, or where the listing contradicts it, the token is asked for again, and until
then the listing answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from copytrade_live.clock import Clock, Pulse
from copytrade_live.core.market import SECOND, Book, Instant
from copytrade_live.errors import PayloadError
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.connection import Connection
from copytrade_live.venue import fields
from copytrade_live.venue.sockets import Dial
from copytrade_live.venue.wire_market import (
    BOOK,
    PRICE_CHANGE,
    LiveBook,
    Message,
    changes_by_token,
    messages_of,
    opening,
    subscribing,
    unsubscribing,
)

# The venue stops sending first books above some 500 tokens; others stay at 200.
TOKENS_A_CONNECTION = 200
MOST_TOKENS = 5_000
_PART = "book stream"
_PING_SECONDS = 10.0
# A token whose first book has not come by then is asked for again.
_FIRST_BOOK: Instant = 10 * SECOND


class _Shard:
    """One connection and its tokens."""

    def __init__(self, dial: Dial, clock: Clock, health: Health, silence_seconds: float, pulse: Pulse | None) -> None:
        self._clock = clock
        self._health = health
        self.books: dict[str, LiveBook] = {}
        self.asked_at: dict[str, Instant] = {}
        self.asked_again = 0
        self.connection = Connection(
            _PART,
            dial,
            self,
            clock,
            health,
            ping_seconds=_PING_SECONDS,
            silence_seconds=silence_seconds,
            pulse=pulse,
        )

    def add(self, token_ids: Iterable[str]) -> None:
        """Carry more tokens from the next greeting on."""
        now = self._clock.now()
        for token in token_ids:
            self.books[token] = LiveBook(token)
            self.asked_at[token] = now

    def drop(self, token_ids: Iterable[str]) -> None:
        """Carry fewer."""
        for token in token_ids:
            self.books.pop(token, None)
            self.asked_at.pop(token, None)

    def silent(self, now: Instant) -> list[str]:
        """Tokens without a trusted book that were asked for a while ago; they count as asked for now."""
        found = [
            token
            for token, book in self.books.items()
            if not book.is_trusted and now - self.asked_at[token] > _FIRST_BOOK
        ]
        self.asked_at |= dict.fromkeys(found, now)
        self.asked_again += len(found)
        return found

    # --- as a listener --------------------------------------------------------------------------------------

    def greeting(self) -> Sequence[str]:
        """All tokens; each answers with its whole book."""
        self.asked_at = dict.fromkeys(self.books, self._clock.now())
        return [opening(self.books)] if self.books else []

    def hear(self, frame: str) -> bool:
        """Follow what a frame tells. A frame that cannot be read leaves its books untrusted."""
        return any([self._take(message) for message in messages_of(frame)])

    def lost(self) -> None:
        """What was missed cannot be known: only a whole book restores trust."""
        for book in self.books.values():
            book.is_trusted = False

    def _take(self, message: Message) -> bool:
        kind = message.get("event_type")
        try:
            if kind == BOOK:
                book = self.books.get(fields.token(message, "asset_id"))
                if book is not None:
                    book.replace(message)
                return True
            if kind == PRICE_CHANGE:
                at = fields.instant(message, "timestamp")
                for token, changes in changes_by_token(message).items():
                    if token in self.books:
                        self._change(self.books[token], changes, at)
                return True
        except PayloadError as error:
            self._health.failed(_PART, error)
            self.lost()
            return False
        return kind == "last_trade_price"

    def _change(self, book: LiveBook, changes: Sequence[Message], at: Instant) -> None:
        was_trusted = book.is_trusted
        book.change(changes, at)
        if was_trusted and not book.is_trusted:
            self.asked_at[book.token_id] = 0  # asked for again at the next look


class BookStream:
    """Live books of wanted tokens."""

    def __init__(
        self, dial: Dial, clock: Clock, health: Health, *, silence_seconds: float, pulse: Pulse | None = None
    ) -> None:
        self._make: Callable[[], _Shard] = lambda: _Shard(dial, clock, health, silence_seconds, pulse)
        self._clock = clock
        self._shards: list[_Shard] = []
        self._shard_of: dict[str, _Shard] = {}
        self._has_new = asyncio.Event()

    async def run(self) -> None:
        """Keep every connection open; run this as a task."""
        running = 0
        async with asyncio.TaskGroup() as group:
            while True:
                self._has_new.clear()
                for shard in self._shards[running:]:
                    group.create_task(shard.connection.run(), name=_PART)
                running = len(self._shards)
                await self._has_new.wait()

    async def want(self, token_ids: Iterable[str]) -> None:
        """Carry these tokens, the first ones if there are too many; and ask again for those that stay silent."""
        wanted = dict.fromkeys(list(dict.fromkeys(token_ids))[:MOST_TOKENS])
        for shard in self._shards:
            gone = [token for token in shard.books if token not in wanted]
            if gone:
                shard.drop(gone)
                await shard.connection.send(unsubscribing(gone))
            again = shard.silent(self._clock.now())
            if again:
                await shard.connection.send(subscribing(again))
        self._shard_of = {token: shard for token, shard in self._shard_of.items() if token in wanted}
        for shard, tokens in self._placed([token for token in wanted if token not in self._shard_of]):
            shard.add(tokens)
            self._shard_of |= dict.fromkeys(tokens, shard)
            await shard.connection.send(subscribing(tokens))

    def book(self, token_id: str, depth: int) -> Book | None:
        """The book as it was when its connection last brought data; None where it cannot be trusted."""
        shard = self._shard_of.get(token_id)
        book = shard.books.get(token_id) if shard is not None else None
        if shard is None or book is None or not book.is_trusted:
            return None
        return book.as_book(shard.connection.heard_at, depth)

    def doubt(self, token_id: str) -> None:
        """The listing contradicts this book: ask for it again."""
        shard = self._shard_of.get(token_id)
        if shard is not None and token_id in shard.books:
            shard.books[token_id].is_trusted = False
            shard.asked_at[token_id] = 0

    def facts(self) -> dict[str, object]:
        """What an operator may want to know of it."""
        return {
            "tokens": len(self._shard_of),
            "trusted": sum(book.is_trusted for shard in self._shards for book in shard.books.values()),
            "connections": len(self._shards),
            "opened": sum(shard.connection.opened for shard in self._shards),
            "given_up": sum(shard.connection.given_up for shard in self._shards),
            "asked_again": sum(shard.asked_again for shard in self._shards),
        }

    def _placed(self, token_ids: list[str]) -> Iterable[tuple[_Shard, list[str]]]:
        rest = token_ids
        for shard in self._shards:
            room = TOKENS_A_CONNECTION - len(shard.books)
            if rest and room > 0:
                yield shard, rest[:room]
                rest = rest[room:]
        while rest:
            self._shards.append(self._make())
            yield self._shards[-1], rest[:TOKENS_A_CONNECTION]
            rest = rest[TOKENS_A_CONNECTION:]
            self._has_new.set()
