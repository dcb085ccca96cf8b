"""What simulated orders took from books that do not know of it: the same resting size never fills us twice.

A fold of the journal like everything else, so a restart remembers exactly what the run before it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from copytrade_live.core.context import levels_to_cross
from copytrade_live.core.events import BookObserved, JournalEvent, LeaderFillObserved, OrderExpired, OrderFilled
from copytrade_live.core.market import Book, Level, Micro, Side
from copytrade_live.core.orders import Fill
from copytrade_live.core.pricing import crosses, from_micro, to_micro

_Key = tuple[Side, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthNotes:
    """What TakenDepth remembers. Shape: taken by token, side and price, micro-shares; shown by token."""

    taken: tuple[tuple[str, Side, float, Micro], ...] = ()
    shown: Mapping[str, Book] = field(default_factory=dict)


class TakenDepth:
    """Shares taken from each price of each book, for as long as they may be the ones still shown there."""

    def __init__(self, events: Iterable[JournalEvent] = ()) -> None:
        self._taken: dict[str, dict[_Key, Micro]] = {}
        self._shown: dict[str, Book] = {}
        for event in events:
            self.apply(event)

    def apply(self, event: JournalEvent) -> None:
        """Fold one event."""
        if isinstance(event, BookObserved):
            self._shown[event.book.token_id] = event.book
            if self._taken:
                self._see(event.book)
        elif isinstance(event, OrderFilled):
            self._take(event.fill)
        elif isinstance(event, LeaderFillObserved | OrderExpired) and event.book is not None:
            self._see(event.book)

    def forget(self, token_id: str) -> None:
        """Let the last book of a token go, for as long as no order of ours works in it."""
        self._shown.pop(token_id, None)

    def notes(self) -> DepthNotes:
        """All that it remembers, as values that nothing changes any more."""
        taken = ((token, *key, size) for token, sizes in self._taken.items() for key, size in sizes.items())
        return DepthNotes(taken=tuple(taken), shown=dict(self._shown))

    def recall(self, notes: DepthNotes) -> None:
        """Remember exactly this."""
        self._taken = {}
        for token, side, price, size in notes.taken:
            self._taken.setdefault(token, {})[side, price] = size
        self._shown = dict(notes.shown)

    def left(self, book: Book, side: Side) -> tuple[Level, ...]:
        """The levels an order of this side can still trade against, best first, less what we took before."""
        levels, taken = levels_to_cross(book, side), self._taken.get(book.token_id)
        if not taken:
            return tuple(level for level in levels if level.size > 0.0)
        remaining = (Level(level.price, level.size - from_micro(taken.get((side, level.price), 0))) for level in levels)
        return tuple(level for level in remaining if level.size > 0.0)

    def _take(self, fill: Fill) -> None:
        # A rest fills at its own limit, so the size is counted off the best levels it could have met.
        book, rest = self._shown.get(fill.token_id), fill.size
        for level in self.left(book, fill.side) if book else ():
            if rest > 0 and crosses(fill.side, level.price, fill.price):
                taken, key = self._taken.setdefault(fill.token_id, {}), (fill.side, level.price)
                size = min(rest, to_micro(level.size))
                taken[key] = taken.get(key, 0) + size
                rest -= size

    def _see(self, book: Book) -> None:
        # A level that shrank below what we took lost it to others; what comes after is new and may be taken.
        taken = self._taken.get(book.token_id)
        if not taken:
            return
        still: dict[_Key, Micro] = {}
        for side in Side:
            shown = {level.price: to_micro(level.size) for level in levels_to_cross(book, side)}
            for key, size in taken.items():
                if key[0] is side and min(size, shown.get(key[1], 0)):
                    still[key] = min(size, shown[key[1]])
        self._taken[book.token_id] = still
        if not still:
            del self._taken[book.token_id]
