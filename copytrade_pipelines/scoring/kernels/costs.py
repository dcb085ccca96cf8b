"""The core's own formulas over arrays. Not cached: numba would not notice that the core changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from copytrade_live.core import pricing

_taker_fee: Any = njit(pricing.taker_fee)


@njit(nogil=True)
def taker_fees(
    price: np.ndarray,
    market: np.ndarray,
    rate: np.ndarray,
    exponent: np.ndarray,
    out: np.ndarray,
    first: int,
    last: int,
) -> None:
    """Fill out with the fee per share at each price (held within 0 and 1) in its market."""
    for row in range(first, last):
        at = min(max(price[row], 0.0), 1.0)
        out[row] = _taker_fee(at, rate[market[row]], exponent[market[row]])
