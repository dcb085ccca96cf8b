"""From windows to parts: which price a copier paid, which later mid counts, and what was earned to there and on."""

from __future__ import annotations

import numpy as np
from numba import njit

from copytrade_pipelines.scoring.frame import (
    BOOK,
    NEVER,
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
    started: np.ndarray,
    is_first: np.ndarray,
    cost: np.ndarray,
    payout: np.ndarray,
    bought: np.ndarray,
    mids: np.ndarray,
    mids_known: np.ndarray,
    volume: np.ndarray,
    own: np.ndarray,
    spans: np.ndarray,
    close_at: np.ndarray,
    end_at: np.ndarray,
    read_limit: int,
    lag: int,
    guard: float,
    out_mid: np.ndarray,
    out_known: np.ndarray,
    out_impact: np.ndarray,
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
    """Fill the mids that can be read at all, the one that counts, and the parts of the copier's edge.

    Shape: mids, mids_known, volume and own by reading (windows.py), out_* by horizon; is_first says that the first
    outcome was bought; close_at and end_at by row.
    """
    for row in range(first, last):
        for horizon in range(4):
            reading = horizon + 1
            read_at = close_at[row] if horizon == 3 else started[row] + spans[reading]
            is_open = started[row] < read_at if horizon == 3 else read_at < end_at[row]
            mid = mids[row, reading]
            if np.isnan(mid) or not is_open or read_at > read_limit:
                out_mid[row, horizon], out_known[row, horizon], out_impact[row, horizon] = np.nan, NEVER, 0.0
                continue
            out_mid[row, horizon] = mid if is_first[row] else 1.0 - mid
            out_known[row, horizon] = max(read_at + lag, mids_known[row, reading])
            total = volume[row, reading]
            out_impact[row, horizon] = own[row, reading] / total if total > 0 else 0.0
        chosen = NO_HORIZON
        # An hour's mid does not stand in for a later one that is still to come.
        if min(started[row] + spans[MAIN + 1], close_at[row]) <= read_limit:
            for horizon in PREFERENCE:
                if not np.isnan(out_mid[row, horizon]) and out_impact[row, horizon] <= guard:
                    chosen = horizon
                    break
        later = out_mid[row, chosen] if chosen >= 0 else np.nan
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
