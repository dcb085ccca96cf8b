"""What a fill is charged: rate and exponent of the venue's formula (core/pricing.py). Chosen by backtest.fees.

That fees differ by market and date is the tape's business: each decision sees its market's terms as of then, and the
order carries them.
"""

from __future__ import annotations

from typing import Protocol

from copytrade_live.core.market import Instant
from copytrade_live.core.orders import Order
from copytrade_live.core.registry import Registry

FREE = (0.0, 1.0)


class FeeModel(Protocol):
    """Says by which terms a fill is charged."""

    def __call__(self, order: Order, now: Instant, *, is_maker: bool) -> tuple[float, float]:
        """Rate and exponent for an order that crossed the book, or that rested and was met (is_maker)."""
        ...


def market_fees(order: Order, now: Instant, *, is_maker: bool) -> tuple[float, float]:
    """The market's terms for who takes; nothing for who rested."""
    return FREE if is_maker else (order.fee_rate, order.fee_exponent)


def taker_fees(order: Order, now: Instant, *, is_maker: bool) -> tuple[float, float]:
    """The market's terms for everybody, as paper trading charges them."""
    return order.fee_rate, order.fee_exponent


def no_fees(order: Order, now: Instant, *, is_maker: bool) -> tuple[float, float]:
    """Nothing."""
    return FREE


FEE_MODELS: Registry[FeeModel] = Registry("fee model", {"market": market_fees, "taker": taker_fees, "none": no_fees})
