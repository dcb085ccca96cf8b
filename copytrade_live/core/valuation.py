"""What things are worth and how far they fell: plain functions of numbers, so that a sweep compiles the very same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from copytrade_live.core.market import DAY, Instant, Micro
from copytrade_live.core.pricing import from_micro

# Floats one at a time in the runner and the sweep, whole columns in the pipelines: one formula for both.
Number = TypeVar("Number")


def value_to_resolution(side_sign: Number, price: Number, size: Number, payout: Number) -> Number:
    """Profit of a fill held to the payout, before fees. A sale is the mirror of a purchase.

    Units: side_sign +1 for a purchase and -1 for a sale, price and payout in collateral per share, size in shares.
    """
    return side_sign * size * (payout - price)  # type: ignore[operator,no-any-return]


def total(values: Iterable[float]) -> float:
    """Their sum, added one after the other: sum() rounds otherwise from Python 3.12 on, and a sweep must agree."""
    added = 0.0
    for value in values:
        added += value
    return added


def marked_value(size: Micro, mark: float) -> float:
    """Shares at their mark. Units: collateral."""
    return from_micro(size) * mark


def fall_from(opened: float, equity: float) -> float:
    """How far equity stands below what it was, as a fraction of that."""
    return (opened - equity) / opened


def room_left(limit: float, used: float) -> float:
    """What still fits under a cap, never below nothing."""
    return max(0.0, limit - used)


def gain_on_cost(bid: float, average_cost: float) -> float:
    """Unrealised gain on cost at the bid, as a fraction."""
    return bid / average_cost - 1.0


def price_at_gain(average_cost: float, gain: float) -> float:
    """The bid at which the unrealised gain on cost is this fraction."""
    return average_cost * (1.0 + gain)


def faded(amount: float, elapsed: Instant, half_life_days: float, half: float = 0.5) -> float:
    """What is left of an amount that halves every half_life_days.

    half is an argument and not a constant: a compiler would put another power in the place of a constant's.
    """
    return float(amount * half ** (elapsed / (half_life_days * DAY)))


def shortfall_after(shortfall: float, pnl: float) -> float:
    """How far a leader's copies stand below their peak once one more ended with this profit. Units: collateral."""
    return max(0.0, shortfall - pnl)


def still_owed(share: float, fraction: float) -> float:
    """The part of what an entry still buys that its leader has sold, once it sold another fraction."""
    return 1.0 - (1.0 - share) * (1.0 - fraction)


def payout_if(nobody: float, lost: float, won: float) -> float:
    """What an event pays for sure if one market wins: its first outcome pays, its second does not. Units: shares."""
    return nobody - lost + won
