"""Prices, ticks, fees and walks of a book. Rounding is always against us and lives here only.

Everything but the walks is a plain function of scalars, so that a sweep can compile the very same functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from copytrade_live.core.market import MICRO, Level, Micro, Side

# Sizes are ordered in hundredths of a share; a rest smaller than that is dust.
# Source: reference venue protocol, amounts and rounding (size dp 2 at every tick).
SIZE_STEP: Micro = 10_000
# The venue rounds fees to 5 decimals with a least fee of 0.00001.
FEE_STEP: Micro = 10
# Prices are compared on integer ticks; half a millionth absorbs what floats add.
EPSILON = 5e-7


def taker_fee(price: float, rate: float, exponent: float) -> float:
    """Fee per share that a taker pays.

    Units: dollars per share. Source: the venue's fee schedule, fee = rate * (p (1-p)) ** exponent.
    """
    return float(rate * (price * (1.0 - price)) ** exponent) if rate != 0.0 else 0.0


def cost_per_share(price: float, rate: float, exponent: float) -> float:
    """What one share costs a taker, fee included. Units: dollars per share."""
    return price + taker_fee(price, rate, exponent)


def fee_cash(size: Micro, price: float, rate: float, exponent: float) -> Micro:
    """Fee of one fill, rounded up to the venue's step. Units: micro-collateral."""
    fee = size * taker_fee(price, rate, exponent)
    return math.ceil(fee / FEE_STEP - EPSILON) * FEE_STEP if fee > 0.0 else 0


def charged_fee(size: Micro, price: float, rate: float, exponent: float) -> Micro:
    """Fee of one fill as the venue charges it: to the nearest step, at least one. Units: micro-collateral."""
    fee = size * taker_fee(price, rate, exponent)
    return max(round(fee / FEE_STEP), 1) * FEE_STEP if fee > 0.0 else 0


def buy_cash(size: Micro, price: float, rate: float, exponent: float) -> Micro:
    """Cash a buy takes, fee included, rounded up. Units: micro-collateral."""
    return math.ceil(size * price - EPSILON) + fee_cash(size, price, rate, exponent)


def sell_cash(size: Micro, price: float, rate: float, exponent: float) -> Micro:
    """Cash a sell brings, fee taken off, rounded down. Units: micro-collateral."""
    return math.floor(size * price + EPSILON) - fee_cash(size, price, rate, exponent)


def settle_cash(size: Micro, payout: float) -> Micro:
    """Cash a resolution pays, rounded down. Units: micro-collateral."""
    return math.floor(size * payout + EPSILON)


def to_micro(amount: float) -> Micro:
    """Collateral or shares as the nearest micro-units."""
    return round(amount * MICRO)


def from_micro(micro: Micro) -> float:
    """Micro-units as collateral or shares."""
    return micro / MICRO


def floor_size(shares: float) -> Micro:
    """Shares rounded down to what can be ordered. Units: micro-shares."""
    return math.floor(shares * MICRO / SIZE_STEP + EPSILON) * SIZE_STEP


def floor_to_tick(price: float, tick: float) -> float:
    """The highest price on the grid that is not above price."""
    return round(math.floor(price / tick + EPSILON) * tick, 6)


def ceil_to_tick(price: float, tick: float) -> float:
    """The lowest price on the grid that is not below price."""
    return round(math.ceil(price / tick - EPSILON) * tick, 6)


def furthest_price(is_buy: bool, anchor: float, max_slippage: float, tick: float) -> float:
    """The worst price ever paid or taken: the anchor moved by the slippage allowed, on the grid, inside (0, 1)."""
    if is_buy:
        return min(floor_to_tick(anchor * (1.0 + max_slippage), tick), round(1.0 - tick, 6))
    return max(ceil_to_tick(anchor * (1.0 - max_slippage), tick), tick)


def furthest_limit(side: Side, anchor: float, max_slippage: float, tick: float) -> float:
    """The worst price ever paid or taken by an order of this side."""
    return furthest_price(side is Side.BUY, anchor, max_slippage, tick)


def is_within(is_buy: bool, price: float, limit: float) -> bool:
    """Whether a resting price can be traded against within the limit."""
    return price <= limit + EPSILON if is_buy else price >= limit - EPSILON


def crosses(side: Side, price: float, limit: float) -> bool:
    """Whether an order of this side can trade against a resting price within its limit."""
    return is_within(side is Side.BUY, price, limit)


def within_entry(best_ask: float, limit: float) -> bool:
    """Whether the best ask is at or below what is ever paid for an entry."""
    return best_ask <= limit + 1e-9


def moved(price: float, anchor: float) -> float:
    """How far a price stands above an anchor, as a fraction of it."""
    return (price - anchor) / anchor


def depth_within(side: Side, levels: Sequence[Level], limit: float) -> float:
    """Collateral resting at prices within the limit. Units: collateral; levels are best first."""
    total = 0.0
    for level in levels:
        if not crosses(side, level.price, limit):
            break
        total += level.price * level.size
    return total


def walk_asks(levels: Sequence[Level], notional: float) -> tuple[float, float]:
    """Average price of spending notional into the asks, and how much of it was spent.

    Returns: (volume-weighted price, collateral filled); (0.0, 0.0) when nothing is offered.
    """
    shares = 0.0
    spent = 0.0
    for level in levels:
        take = min(level.price * level.size, notional - spent)
        spent += take
        shares += take / level.price
        if spent >= notional - EPSILON:
            break
    return (spent / shares, spent) if shares > 0.0 else (0.0, 0.0)
