"""A modelled book in numbers: plain functions of scalars, so that a sweep can compile the very same functions."""

from __future__ import annotations

# Where one band of prices, or of hours to the end, passes into the next. A market without an end is in the last band.
PRICE_EDGES = (0.05, 0.15, 0.35, 0.65, 0.85, 0.95)
HOUR_EDGES = (1.0, 6.0, 24.0, 168.0)


def price_band(price: float) -> int:
    """The band of a price, from 0 to 6."""
    band = 0
    for edge in PRICE_EDGES:
        if price >= edge:
            band += 1
    return band


def hour_band(hours: float) -> int:
    """The band of the time to the end, from 0 to 4."""
    band = 0
    for edge in HOUR_EDGES:
        if hours >= edge:
            band += 1
    return band


def bid_around(mid: float, half_spread: float) -> float:
    """The best bid below a mid, before the grid."""
    return mid - half_spread


def ask_around(mid: float, half_spread: float) -> float:
    """The best ask above a mid, before the grid."""
    return mid + half_spread


def level_price(best: float, tick: float, step: int, is_bid: bool) -> float:
    """The price of a level, step ticks behind the best."""
    return round(best - step * tick if is_bid else best + step * tick, 6)


def level_size(depth: float, price: float) -> float:
    """Shares at a level that holds so much collateral."""
    return depth / price
