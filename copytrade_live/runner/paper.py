"""Paper execution against the venue's real books: late, at the book's prices, and never twice from the same size.

An order meets the first book seen once the latency has passed. What is left rests at its limit and fills, at that
limit, only when a later book crosses it. All it remembers is a fold of the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from copytrade_live.clock import Clock
from copytrade_live.core.depth import TakenDepth
from copytrade_live.core.events import (
    BookObserved,
    JournalEvent,
    Observation,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
)
from copytrade_live.core.fills import at_limit, fill_against
from copytrade_live.core.market import SECOND, Book, Instant
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import WorkingOrder
from copytrade_live.runner.books import BookDesk

# How often a resting order looks at the book again.
LOOK: Instant = SECOND

Observe = Callable[[Observation], None]
Working = Callable[[], Mapping[str, WorkingOrder]]


class PaperExecutor:
    """Works orders that exist only here. working is always the portfolio's own list: there is no second one."""

    def __init__(self, books: BookDesk, clock: Clock, latency_seconds: float) -> None:
        self._books = books
        self._clock = clock
        self._latency = round(latency_seconds * SECOND)
        self._taken = TakenDepth()
        self._accepted: set[str] = set()
        self._fills: Counter[str] = Counter()
        # On the monotonic side of the clock: a step of the wall clock neither ends an order nor lets it rest on.
        self._next_look: dict[str, Instant] = {}
        self._expires: dict[str, Instant] = {}

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event."""
        self._taken.apply(event)
        if isinstance(event, OrderAccepted):
            self._accepted.add(event.order_id)
        elif isinstance(event, OrderFilled):
            self._fills[event.fill.order_id] += 1

    def place(self, order: Order) -> None:
        """Take an order; it meets a book once the latency has passed."""
        ahead = self._elapsed() - self._clock.now()
        self._next_look[order.order_id] = order.submitted_at + self._latency + ahead
        self._expires[order.order_id] = order.expires_at + ahead

    def cancel(self, order_id: str) -> None:
        """Stop working an order."""
        self._let_go(order_id)

    def adopt(self, working: Iterable[WorkingOrder]) -> list[OrderExpired]:
        """Take over the orders of the run before. Returns: those whose time ran out meanwhile.

        They are given up, not reposted: the leader's price they aim at is old, and exits are decided anew.
        """
        now = self._clock.now()
        gone: list[OrderExpired] = []
        orders = {entry.order.order_id: entry.order for entry in working}
        self._accepted &= orders.keys()
        self._fills = Counter({order_id: self._fills[order_id] for order_id in orders})
        for order in orders.values():
            if order.expires_at <= now:
                gone.append(_expired(order, None, now))
            else:
                self.place(order)
        return gone

    async def progress(self, working: Working, observe: Observe) -> None:
        """Let every order that is due meet the book of now. observe journals, and may change what is working."""
        now = self._elapsed()
        due = [order_id for order_id, entry in working().items() if self._is_due(entry.order, now)]
        if not due:
            return
        books = await self._books.fresh({working()[order_id].order.token_id for order_id in due})
        for book in (books[token] for token in sorted(books)):
            observe(BookObserved(event_at=book.event_at, observed_at=self._clock.now(), book=book))
        for order_id in due:
            # Another part may have ended the order while we waited for the book.
            if order_id in working():
                order = working()[order_id].order
                self._work(order, books.get(order.token_id), working, observe)

    def _elapsed(self) -> Instant:
        return round(self._clock.monotonic() * SECOND)

    def _until(self, order: Order) -> Instant:
        known = self._expires.get(order.order_id)
        return order.expires_at + self._elapsed() - self._clock.now() if known is None else known

    def _is_due(self, order: Order, now: Instant) -> bool:
        return now >= min(self._next_look.get(order.order_id, now), self._until(order))

    def _work(
        self,
        order: Order,
        book: Book | None,
        working: Working,
        observe: Observe,
    ) -> None:
        now, elapsed = self._clock.now(), self._elapsed()
        expires = self._until(order)
        self._next_look[order.order_id] = elapsed + LOOK
        if book is not None and elapsed - (now - book.observed_at) < expires:
            self._match(order, book, now, working, observe)
        if order.order_id not in working():
            self._let_go(order.order_id)
        elif elapsed >= expires:
            self._let_go(order.order_id)
            observe(_expired(order, book, now))

    def _match(
        self,
        order: Order,
        book: Book,
        now: Instant,
        working: Working,
        observe: Observe,
    ) -> None:
        levels = self._taken.left(book, order.side)
        if order.order_id in self._accepted:
            levels = at_limit(order, levels)
        else:
            observe(OrderAccepted(event_at=now, observed_at=now, order_id=order.order_id))
        rest = working()[order.order_id].rest
        for fill in fill_against(order, rest, levels, self._fills[order.order_id] + 1):
            observe(OrderFilled(event_at=now, observed_at=now, fill=fill))

    def _let_go(self, order_id: str) -> None:
        self._next_look.pop(order_id, None)
        self._expires.pop(order_id, None)
        self._accepted.discard(order_id)
        self._fills.pop(order_id, None)


def _expired(order: Order, book: Book | None, now: Instant) -> OrderExpired:
    return OrderExpired(event_at=min(order.expires_at, now), observed_at=now, order_id=order.order_id, book=book)
