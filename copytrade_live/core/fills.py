"""What an order would get from a book: the one fill model of paper trading and backtests."""

from __future__ import annotations

from collections.abc import Sequence

from copytrade_live.core.market import Level, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import buy_cash, crosses, fee_cash, floor_size, sell_cash


def fill_against(order: Order, rest: Micro, levels: Sequence[Level], first: int = 1) -> tuple[Fill, ...]:
    """Walk the resting levels, best first, within the order's limit: one fill a level.

    Units: rest in micro-shares. first numbers the fills of this order, so that ids never repeat.
    Never better than the book: each fill is at the level's own price, size rounded down, cash against us.
    """
    fills: list[Fill] = []
    for level in levels:
        if rest <= 0 or not crosses(order.side, level.price, order.limit):
            break
        size = min(rest, floor_size(level.size))
        if size > 0:
            fills.append(_fill(order, size, level.price, first + len(fills)))
            rest -= size
    return tuple(fills)


def at_limit(order: Order, levels: Sequence[Level]) -> tuple[Level, ...]:
    """The levels as a resting order meets them: who comes later trades at its price, not at theirs."""
    return tuple(
        Level(order.limit, level.size) if crosses(order.side, level.price, order.limit) else level for level in levels
    )


def _fill(order: Order, size: Micro, price: float, number: int) -> Fill:
    cash = buy_cash if order.side is Side.BUY else sell_cash
    return Fill(
        fill_id=f"{order.order_id}.{number}",
        order_id=order.order_id,
        token_id=order.token_id,
        side=order.side,
        size=size,
        cash=cash(size, price, order.fee_rate, order.fee_exponent),
        fee=fee_cash(size, price, order.fee_rate, order.fee_exponent),
        price=price,
    )
