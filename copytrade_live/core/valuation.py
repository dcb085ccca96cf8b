"""What a fill turned out to be worth once its market paid out."""

from __future__ import annotations

from typing import TypeVar

# Floats one at a time in the runner and the sweep, whole columns in the pipelines: one formula for both.
Number = TypeVar("Number")


def value_to_resolution(side_sign: Number, price: Number, size: Number, payout: Number) -> Number:
    """Profit of a fill held to the payout, before fees. A sale is the mirror of a purchase.

    Units: side_sign +1 for a purchase and -1 for a sale, price and payout in collateral per share, size in shares.
    """
    return side_sign * size * (payout - price)  # type: ignore[operator,no-any-return]
