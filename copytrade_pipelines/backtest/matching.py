"""What a venue would make of our orders: when they arrive, what they get from books and prints, and what is voided.

It knows nothing of decisions; its state is about orders that work, and about depth they took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from copytrade_live.core.context import levels_to_cross
from copytrade_live.core.depth import TakenDepth
from copytrade_live.core.events import JournalEvent
from copytrade_live.core.execution import signal_of
from copytrade_live.core.fills import at_limit, fill_of
from copytrade_live.core.market import Book, Instant, Micro
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import crosses
from copytrade_pipelines.backtest.assumptions import Assumptions
from copytrade_pipelines.backtest.chance import Purpose, chance, key_of
from copytrade_pipelines.backtest.fill_models import Crossing
from copytrade_pipelines.backtest.lags import lag_at
from copytrade_pipelines.backtest.prints import Print
from copytrade_pipelines.backtest.resting import Place, place_of, reached

Taken = Iterable[tuple[Micro, float]]


@dataclass(frozen=True, slots=True)
class Match:
    """Fills that settle together: what an order met at one moment. is_voided says that they will not stand."""

    fills: tuple[Fill, ...]
    is_voided: bool


@dataclass(slots=True)
class _Work:
    """An order at the venue: fills so far, until when it is held back, and its place once it rests."""

    fills: int = 0
    held_until: Instant = 0
    place: Place | None = None


class Matching:
    """Orders from their arrival to their end."""

    def __init__(self, assumptions: Assumptions) -> None:
        self._assumed = assumptions
        self._depth = TakenDepth()
        self._orders: dict[str, _Work] = {}

    def saved(self) -> tuple[TakenDepth, dict[str, _Work]]:
        """All that it remembers."""
        return self._depth, self._orders

    def restore(self, saved: tuple[TakenDepth, dict[str, _Work]]) -> None:
        """Remember what another one did."""
        self._depth, self._orders = saved

    def apply(self, event: JournalEvent) -> None:
        """Fold one event of the journal."""
        self._depth.apply(event)

    def arrival(self, order: Order) -> Instant:
        """When an order reaches the book."""
        return order.submitted_at + lag_at(self._assumed.order_lags, self._draw(order, Purpose.ORDER))

    def is_accepted(self, order_id: str) -> bool:
        """Whether the order has met a book."""
        return order_id in self._orders

    def accept(self, order: Order, book: Book, now: Instant) -> None:
        """Take an order; one that would trade at once is held back as long as the venue does that."""
        levels = self._depth.left(book, order.side)
        is_marketable = bool(levels) and crosses(order.side, levels[0].price, order.limit)
        held_until = now + self._assumed.taker_delay if is_marketable else now
        self._orders[order.order_id] = _Work(held_until=held_until)

    def next_look(self, order_id: str, now: Instant) -> Instant:
        """When to look at an order again that has met a book."""
        work = self._orders.get(order_id)
        return work.held_until if work and work.held_until > now else now + self._assumed.order_pace

    def unseen_since(self, order_id: str) -> Instant | None:
        """Up to when prints were counted for an order that rests, None for another."""
        place = self._orders[order_id].place
        return place.seen_at if place else None

    def meet(self, order: Order, rest: Micro, book: Book, prints: Iterable[Print], now: Instant) -> Iterator[Match]:
        """What the order gets now. prints are those since it was last looked at. Units: rest in micro-shares."""
        work = self._orders[order.order_id]
        if now < work.held_until:
            return
        if work.place is None:
            yield from self._cross(order, rest, book, now, work)
            work.place = place_of(order, book, now)
            return
        for size in reached(work.place, order, rest, book, prints, self._assumed.queue):
            rest -= size
            yield self._match(order, [(size, order.limit)], now, work)
        yield from self._cross(order, rest, book, now, work)
        work.place.seen_at = now

    def let_go(self, order_id: str) -> None:
        """Forget an order that works no more."""
        self._orders.pop(order_id, None)

    def forget(self, token_id: str) -> None:
        """Let go of the book of a token that is neither held nor worked."""
        self._depth.forget(token_id)

    def _cross(self, order: Order, rest: Micro, book: Book, now: Instant, work: _Work) -> Iterator[Match]:
        shown, left = levels_to_cross(book, order.side), self._depth.left(book, order.side)
        is_resting = work.place is not None
        if is_resting:
            shown, left = at_limit(order, shown), at_limit(order, left)
        met = Crossing(order=order, rest=rest, shown=shown, left=left, is_resting=is_resting)
        taken = tuple(self._assumed.fills(met))
        if taken:
            yield self._match(order, taken, now, work)

    def _match(self, order: Order, taken: Taken, now: Instant, work: _Work) -> Match:
        first = work.fills + 1
        rate, exponent = self._assumed.fees(order, now, is_maker=work.place is not None)
        fills = tuple(
            fill_of(order, size, price, first + place, rate, exponent) for place, (size, price) in enumerate(taken)
        )
        work.fills += len(fills)
        if not self._assumed.settlement:
            return Match(fills, is_voided=False)
        share = self._draw(order, Purpose.SETTLEMENT + first)
        return Match(
            tuple(replace(fill, is_final=False) for fill in fills), is_voided=share < self._assumed.failure_rate
        )

    def _draw(self, order: Order, purpose: int) -> float:
        signal_id, exit_number = signal_of(order.root_id)
        return chance(self._assumed.seed, key_of(signal_id), exit_number, order.attempt, purpose)
