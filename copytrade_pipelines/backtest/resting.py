"""An order's place in the line at its price, while it rests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from copytrade_live.core.context import levels_to_cross
from copytrade_live.core.market import Book, BookSource, Instant, Level, Micro, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.pricing import EPSILON, SIZE_STEP, crosses, to_micro
from copytrade_pipelines.backtest.prints import Print
from copytrade_pipelines.backtest.queue_models import QueueModel, left_ahead


@dataclass(slots=True)
class Place:
    """Where an order stands. since is when it began to rest, seen_at up to when prints were counted.

    Units: ahead and shown in micro-shares: what is at its price before it, and in all.
    """

    since: Instant
    seen_at: Instant
    ahead: Micro
    shown: Micro


def place_of(order: Order, book: Book, now: Instant) -> Place:
    """The end of the line."""
    shown = shown_at(book, order)
    return Place(since=now, seen_at=now, ahead=shown, shown=shown)


def reached(
    place: Place, order: Order, rest: Micro, book: Book, prints: Iterable[Print], queue: QueueModel
) -> Iterator[Micro]:
    """Sizes that prints bring the order, one a print; the line moves. A modelled book says nothing of cancels."""
    printed = 0
    for one in prints:
        if one.at <= place.since or not meets(one, order):
            continue
        size, is_through = to_micro(one.size), not crosses(_opposite(order.side), one.price, order.limit)
        filled = min(rest, queue.reached(place.ahead, size, is_through=is_through) // SIZE_STEP * SIZE_STEP)
        place.ahead = left_ahead(place.ahead, size, is_through)
        printed += 0 if is_through else size
        if filled > 0:
            rest -= filled
            yield filled
    if book.source is BookSource.RECORDED:
        shown = shown_at(book, order)
        place.ahead = queue.shrunk(place.ahead, place.shown, printed, shown)
        place.shown = shown


def meets(one: Print, order: Order) -> bool:
    """Whether a print traded against orders like ours, at our price or at a worse one for them."""
    return one.side is not order.side and crosses(order.side, one.price, order.limit)


def shown_at(book: Book, order: Order) -> Micro:
    """What is shown on the order's own side at its price. Units: micro-shares."""
    return _size_at(levels_to_cross(book, _opposite(order.side)), order.limit)


def _size_at(levels: Sequence[Level], price: float) -> Micro:
    return sum(to_micro(level.size) for level in levels if abs(level.price - price) <= EPSILON)


def _opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY
