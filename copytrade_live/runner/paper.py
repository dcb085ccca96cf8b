"""Paper execution against the venue's real books: late, at the book's prices, and never twice from the same size.

An order meets the first book seen once the latency has passed. What is left rests at its limit and fills, at that
limit, only when a later book crosses it. All it remembers is a fold of the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from copytrade_live.clock import Clock
from copytrade_live.core.depth import DepthNotes, TakenDepth
from copytrade_live.core.events import (
    BookObserved,
    JournalEvent,
    LeaderFillObserved,
    MarketResolved,
    Observation,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    PositionSettled,
    RedemptionPaid,
)
from copytrade_live.core.fills import at_limit, fill_against
from copytrade_live.core.market import SECOND, Book, Instant, Micro
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import WorkingOrder
from copytrade_live.runner.books import BookDesk

# How often a resting order looks at the book again.
LOOK: Instant = SECOND

Observe = Callable[[Observation], None]
Working = Callable[[], Mapping[str, WorkingOrder]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperNotes:
    """What the executor remembers of the journal. Shape: accepted and fills of the orders that still work."""

    depth: DepthNotes = field(default_factory=DepthNotes)
    accepted: frozenset[str] = frozenset()
    fills: Mapping[str, int] = field(default_factory=dict)
    owed: Mapping[str, Micro] = field(default_factory=dict)
    resolved: str = ""


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
        self._cancelled: set[str] = set()
        self._owed: Counter[str] = Counter()
        self._resolved = ""
        # Tokens of which the journal said last that they have no book.
        self._gone: set[str] = set()

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event."""
        self._taken.apply(event)
        if isinstance(event, BookObserved | LeaderFillObserved) and event.book is not None:
            (self._gone.discard if event.book.has_levels else self._gone.add)(event.book.token_id)
        elif isinstance(event, OrderAccepted):
            self._accepted.add(event.order_id)
        elif isinstance(event, OrderFilled):
            self._fills[event.fill.order_id] += 1
        elif isinstance(event, MarketResolved):
            self._resolved = event.condition_id
        elif isinstance(event, PositionSettled) and event.is_receivable:
            # A payout is always the answer to the resolution just before it.
            self._owed[self._resolved] += event.cash
        elif isinstance(event, RedemptionPaid):
            self._owed.pop(event.condition_id, None)

    def notes(self, working: Collection[str]) -> PaperNotes:
        """All that a run which follows needs of the journal, given the orders that work."""
        return PaperNotes(
            depth=self._taken.notes(),
            accepted=frozenset(self._accepted.intersection(working)),
            fills={order_id: self._fills[order_id] for order_id in working if self._fills[order_id]},
            owed={condition: cash for condition, cash in self._owed.items() if cash},
            resolved=self._resolved,
        )

    def recall(self, notes: PaperNotes) -> None:
        """Remember exactly this, before anything is placed."""
        self._taken.recall(notes.depth)
        self._accepted, self._fills = set(notes.accepted), Counter(notes.fills)
        self._owed, self._resolved = Counter(notes.owed), notes.resolved

    def place(self, order: Order) -> None:
        """Take an order; it meets a book once the latency has passed."""
        ahead = self._elapsed() - self._clock.now()
        self._next_look[order.order_id] = order.submitted_at + self._latency + ahead
        self._expires[order.order_id] = order.expires_at + ahead

    def cancel(self, order_id: str) -> None:
        """Stop working an order; the next round says that it is over."""
        self._cancelled.add(order_id)

    def redeem(self, condition_id: str) -> None:
        """Pay out what a resolved market owes us: the next round pays all that is owed, after a restart too."""

    def adopt(self, working: Iterable[WorkingOrder]) -> list[OrderExpired]:
        """Take over the orders of the run before. Returns: those whose time ran out meanwhile.

        They are given up, not reposted: the leader's price they aim at is old, and exits are decided anew.
        """
        now = self._clock.now()
        gone: list[OrderExpired] = []
        entries = list(working)
        orders = {entry.order.order_id: entry.order for entry in entries}
        # A cancel that the run before did not get to is done now.
        self._cancelled = {entry.order.order_id for entry in entries if entry.ending}
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
        self._pay(observe)
        self._end_cancelled(working, observe)
        now = self._elapsed()
        # Orders due at one moment are worked by their ids, as a backtest does: size taken by one is gone for the next.
        due = sorted(order_id for order_id, entry in working().items() if self._is_due(entry.order, now))
        if not due:
            return
        tokens = {working()[order_id].order.token_id for order_id in due}
        books = await self._books.fresh(tokens)
        books |= self._gone_books(tokens - books.keys())
        for book in (books[token] for token in sorted(books) if books[token].has_levels or token not in self._gone):
            observe(BookObserved(event_at=book.event_at, observed_at=self._clock.now(), book=book))
        for order_id in due:
            # Another part may have ended the order while we waited for the book.
            if order_id in working():
                order = working()[order_id].order
                self._work(order, books.get(order.token_id), working, observe)

    def _gone_books(self, token_ids: Iterable[str]) -> dict[str, Book]:
        """Empty books where the venue answered and shows none, so that the journal tells why nothing fills."""
        now = self._clock.now()
        absent = self._books.absent(token_ids)
        return {token: Book(token_id=token, bids=(), asks=(), event_at=now, observed_at=now) for token in absent}

    def _pay(self, observe: Observe) -> None:
        now = self._clock.now()
        for condition_id, cash in sorted(self._owed.items()):
            if cash > 0:
                observe(RedemptionPaid(event_at=now, observed_at=now, condition_id=condition_id, cash=cash))

    def _end_cancelled(self, working: Working, observe: Observe) -> None:
        now = self._clock.now()
        for order_id in sorted(self._cancelled):
            if order_id in working():
                observe(_expired(working()[order_id].order, None, now))
            self._cancelled.discard(order_id)
            self._let_go(order_id)

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
            observe(_expired(order, book, now))
            self._let_go(order.order_id)

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
