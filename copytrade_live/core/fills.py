"""What an order would get from a book: paper trading's fill model, and the parts that backtests make theirs of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from copytrade_live.core.market import Level, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import buy_cash, crosses, fee_cash, floor_size, sell_cash


def fill_against(order: Order, rest: Micro, levels: Sequence[Level], first: int = 1) -> tuple[Fill, ...]:
    """Walk the resting levels, best first, within the order's limit: one fill a level.

    Units: rest in micro-shares. first numbers the fills of this order, so that ids never repeat.
    Never better than the book: each fill is at the level's own price, size rounded down, cash against us.
    """
    taken = walk_levels(order.side, order.limit, rest, levels)
    return tuple(
        fill_of(order, size, price, first + place, order.fee_rate, order.fee_exponent)
        for place, (size, price) in enumerate(taken)
    )


def walk_levels(side: Side, limit: float, rest: Micro, levels: Sequence[Level]) -> Iterator[tuple[Micro, float]]:
    """Size and price of what an order takes from each level within its limit, best first."""
    for level in levels:
        if rest <= 0 or not crosses(side, level.price, limit):
            return
        size = min(rest, floor_size(level.size))
        if size > 0:
            yield size, level.price
            rest -= size


def at_limit(order: Order, levels: Sequence[Level]) -> tuple[Level, ...]:
    """The levels as a resting order meets them: who comes later trades at its price, not at theirs."""
    return tuple(
        Level(order.limit, level.size) if crosses(order.side, level.price, order.limit) else level for level in levels
    )


def fill_of(order: Order, size: Micro, price: float, number: int, fee_rate: float, fee_exponent: float) -> Fill:
    """The order's fill of that number, final, its cash rounded against us."""
    cash = buy_cash if order.side is Side.BUY else sell_cash
    return Fill(
        fill_id=f"{order.order_id}.{number}",
        order_id=order.order_id,
        token_id=order.token_id,
        side=order.side,
        size=size,
        cash=cash(size, price, fee_rate, fee_exponent),
        fee=fee_cash(size, price, fee_rate, fee_exponent),
        price=price,
    )
