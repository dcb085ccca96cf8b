"""From windows to parts: which price a copier paid, which later mid counts, and what was earned to there and on."""

from __future__ import annotations

import numpy as np
from numba import njit

from copytrade_pipelines.scoring.frame import (
    BOOK,
    NO_HORIZON,
    OTHERS,
)

# No outcome is surer than this, whatever its price says.
SURPRISE = 0.005
# The horizon that counts is the configured one, else an hour: the longer ones say more but so much less sharply that
# mixing them in costs power (docs/adr/0011).
MAIN, HOUR = 1, 0
PREFERENCE = (MAIN, HOUR)


@njit(cache=True, nogil=True)
def choose_price(
    start: np.ndarray,
    walked: np.ndarray,
    walked_known: np.ndarray,
    paid: np.ndarray,
    paid_known: np.ndarray,
    known: np.ndarray,
    slippage: np.ndarray,
    source: np.ndarray,
    price: np.ndarray,
    price_known: np.ndarray,
    first: int,
    last: int,
) -> None:
    """Fill price, source and price_known from the book, else from what others paid, else from a slippage.

    Shape: slippage and source hold what to use where nothing was measured, and since when (known) the episode was.
    """
    for row in range(first, last):
        price_known[row] = known[row]
        if not np.isnan(walked[row]):
            price[row], source[row] = walked[row], BOOK
            price_known[row] = max(known[row], walked_known[row])
        elif not np.isnan(paid[row]):
            price[row], source[row] = paid[row], OTHERS
            price_known[row] = max(known[row], paid_known[row])
        else:
            price[row] = start[row] + slippage[row]


@njit(cache=True, nogil=True)
def block_medians(values: np.ndarray, order: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The median and count of each block. Shape: order sorts values into blocks starts[i]:starts[i + 1]."""
    blocks = len(starts) - 1
    medians, counts = np.full(blocks, np.nan), np.zeros(blocks, np.int64)
    for block in range(blocks):
        rows = order[starts[block] : starts[block + 1]]
        counts[block] = len(rows)
        if len(rows):
            medians[block] = np.median(values[rows])
    return medians, counts


@njit(cache=True, nogil=True)
def observe(
    cost: np.ndarray,
    payout: np.ndarray,
    bought: np.ndarray,
    mid: np.ndarray,
    impact: np.ndarray,
    is_due: np.ndarray,
    guard: float,
    out_horizon: np.ndarray,
    out_later: np.ndarray,
    out_a: np.ndarray,
    out_r: np.ndarray,
    out_o: np.ndarray,
    out_r_var: np.ndarray,
    out_o_var: np.ndarray,
    first: int,
    last: int,
) -> None:
    """Fill the horizon that counts, its mid, and the parts of the copier's edge.

    Shape: mid and impact by horizon; is_due says that the configured horizon or the close is past, until which an
    hour's mid does not stand in for it.
    """
    for row in range(first, last):
        chosen = NO_HORIZON
        if is_due[row]:
            for horizon in PREFERENCE:
                if not np.isnan(mid[row, horizon]) and impact[row, horizon] <= guard:
                    chosen = horizon
                    break
        later = mid[row, chosen] if chosen >= 0 else np.nan
        out_horizon[row], out_later[row] = chosen, later
        out_a[row], out_r[row] = later - cost[row], payout[row] - later
        out_o[row] = payout[row] - cost[row] if chosen < 0 else np.nan
        out_r_var[row], out_o_var[row] = _outcome_variance(later), _outcome_variance(bought[row])


@njit(cache=True, nogil=True)
def _outcome_variance(price: float) -> float:
    if np.isnan(price):
        return np.nan
    likely = min(max(price, SURPRISE), 1.0 - SURPRISE)
    return likely * (1.0 - likely)
