"""What an order gets from a book that it crosses: the fill models, chosen by backtest.fills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from copytrade_live.core.fills import walk_levels
from copytrade_live.core.market import Level, Micro
from copytrade_live.core.orders import Order
from copytrade_live.core.pricing import crosses
from copytrade_live.core.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """An order that meets a book. Units: rest in micro-shares.

    shown are the levels across, best first; left is what remains of them once what we took before is off. To an order
    that rested every level within its limit stands at that limit.
    """

    order: Order
    rest: Micro
    shown: Sequence[Level]
    left: Sequence[Level]
    is_resting: bool


class FillModel(Protocol):
    """Says what an order gets."""

    def __call__(self, crossing: Crossing) -> Iterable[tuple[Micro, float]]:
        """Sizes and prices, in the order in which they trade; together never more than the rest, none beyond the limit.

        Units: micro-shares, dollars per share.
        """
        ...


def book_walk(crossing: Crossing) -> Iterable[tuple[Micro, float]]:
    """Each level's remaining size once, best first, within the limit."""
    order = crossing.order
    return walk_levels(order.side, order.limit, crossing.rest, crossing.left)


def best_price(crossing: Crossing) -> Iterable[tuple[Micro, float]]:
    """All of it at the best price shown, however little is there: an upper bound on what copying can earn."""
    order = crossing.order
    if crossing.rest > 0 and crossing.shown and crosses(order.side, crossing.shown[0].price, order.limit):
        yield crossing.rest, crossing.shown[0].price


FILL_MODELS: Registry[FillModel] = Registry("fill model", {"book_walk": book_walk, "best_price": best_price})
