"""Episodes become events, each counted once, and events sums over a wallet and over each of its categories."""

from __future__ import annotations

import numpy as np
from numba import njit

from copytrade_pipelines.scoring.frame import HORIZONS
from copytrade_pipelines.scoring.signals import LEAST_SPREAD

# Weights never vanish entirely, so that a wallet of tiny stakes still has an average.
LEAST_STAKE = 1e-6
# Stake-weighted averages over the episodes of one event for which they are known; episodes of one event end together,
# so the noise of their outcomes (r_sd, o_sd) adds up instead of averaging out.
AVERAGES = (
    "a",
    "r",
    "o",
    "r_sd",
    "o_sd",
    "imputed",
    "extra",
    "roi",
    "bought",
    "payout",
    "fee",
    "price_sd",
    *(f"clv_{horizon}" for horizon in HORIZONS),
)
A, R, OUTCOME, R_SD, O_SD, IMPUTED, EXTRA, ROI, BOUGHT, PAYOUT, FEE, PRICE_SD, CLV = range(13)
# Sums over events that scores are made of, in the names of shrinkage.sum_events, those of plain averages, and those of
# signals.sum_signals that are not among the first.
PARTS = ("a", "r", "o")
SUMS = (
    *(f"{part}_{kind}" for part in PARTS for kind in ("n", "w", "ww", "wx", "wxx", "wwv")),
    "imputed_w",
    "extra_w",
    *(f"{name}_{kind}" for name in ("roi", *(f"clv_{horizon}" for horizon in HORIZONS)) for kind in ("w", "wx")),
    *("c_w", "c_ww", "fee_w", "g_w", "g_wx", "g_wxx", "g_wv", "g_wwv"),
    *("s_w", "s_wx", "s_wwv", "s_wg", "s_wgg", "s_wgx", "h_w", "h_wx", "h_wwv"),
)
_SIGNALS = SUMS.index("c_w")


@njit(cache=True, nogil=True)
def average_events(
    wallet: np.ndarray,
    event: np.ndarray,
    category: np.ndarray,
    started: np.ndarray,
    stake: np.ndarray,
    columns: tuple[np.ndarray, ...],
    mid: np.ndarray,
    cost: np.ndarray,
    cap_multiple: float,
    first: int,
    last: int,
    out: np.ndarray,
    ids: np.ndarray,
) -> int:
    """Average the rows of each wallet and event. Returns: how many events say something.

    Shape: rows in order of wallet and event, first:last whole wallets; columns are a, r, o, r_var, o_var, imputed,
    extra, bought, payout and fee; out is (events, AVERAGES); ids is (events, 4): wallet, event, category of its first
    episode and when its last one began.
    """
    count = 0
    begin = first
    totals, weights = np.empty(out.shape[1]), np.empty(out.shape[1])
    for row in range(first + 1, last + 1):
        if row < last and wallet[row] == wallet[begin]:
            continue
        cap = cap_multiple * np.median(stake[begin:row])
        start = begin
        for at in range(begin + 1, row + 1):
            if at < row and event[at] == event[start]:
                continue
            count += _average_event(
                event,
                category,
                started,
                stake,
                columns,
                mid,
                cost,
                cap,
                start,
                at,
                out,
                ids,
                count,
                wallet[begin],
                totals,
                weights,
            )
            start = at
        begin = row
    return count


@njit(cache=True, nogil=True)
def _average_event(
    event: np.ndarray,
    category: np.ndarray,
    started: np.ndarray,
    stake: np.ndarray,
    columns: tuple[np.ndarray, ...],
    mid: np.ndarray,
    cost: np.ndarray,
    cap: float,
    begin: int,
    end: int,
    out: np.ndarray,
    ids: np.ndarray,
    count: int,
    wallet: int,
    totals: np.ndarray,
    weights: np.ndarray,
) -> int:
    a, r, o, r_var, o_var, imputed, extra, bought, payout, fee = columns
    totals[:], weights[:] = 0.0, 0.0
    earliest = begin
    latest = started[begin]
    for row in range(begin, end):
        weight = max(min(stake[row], cap), LEAST_STAKE)
        if started[row] < started[earliest]:
            earliest = row
        latest = max(latest, started[row])
        _put(totals, weights, A, a[row], weight)
        if not np.isnan(r[row]):
            _put(totals, weights, R, r[row], weight)
            _put(totals, weights, R_SD, np.sqrt(r_var[row]), weight)
        if not np.isnan(o[row]):
            _put(totals, weights, OUTCOME, o[row], weight)
            _put(totals, weights, O_SD, np.sqrt(o_var[row]), weight)
        _put(totals, weights, IMPUTED, 1.0 if imputed[row] else 0.0, weight)
        _put(totals, weights, EXTRA, extra[row], weight)
        _put(totals, weights, BOUGHT, bought[row], weight if not np.isnan(payout[row]) else 0.0)
        _put(totals, weights, PAYOUT, payout[row], weight)
        _put(totals, weights, FEE, fee[row], weight)
        _put(totals, weights, PRICE_SD, np.sqrt(o_var[row]), weight)
        _put(totals, weights, ROI, (payout[row] - cost[row]) / cost[row], weight)
        for horizon in range(mid.shape[1]):
            _put(totals, weights, CLV + horizon, mid[row, horizon] - cost[row], weight)
    if weights[A] == 0.0 and weights[OUTCOME] == 0.0:
        return 0
    for name in range(len(totals)):
        out[count, name] = totals[name] / weights[name] if weights[name] > 0.0 else np.nan
    if weights[A] > 0.0:
        out[count, OUTCOME], out[count, O_SD] = np.nan, np.nan
    ids[count, 0], ids[count, 1] = wallet, event[begin]
    ids[count, 2], ids[count, 3] = category[earliest], latest
    return 1


@njit(cache=True, nogil=True)
def _put(totals: np.ndarray, weights: np.ndarray, name: int, value: float, weight: float) -> None:
    if not np.isnan(value):
        totals[name] += weight * value
        weights[name] += weight


@njit(cache=True, nogil=True)
def sum_wallets(
    ids: np.ndarray,
    averages: np.ndarray,
    weight: np.ndarray,
    first: int,
    last: int,
    overall: np.ndarray,
    scratch: np.ndarray,
    category_ids: np.ndarray,
    by_category: np.ndarray,
) -> int:
    """Add events up by wallet, and by wallet and category. Returns: how many of the latter.

    Shape: events in order of wallet, first:last whole wallets; overall is (wallets, SUMS), scratch (categories, SUMS),
    by_category (groups, SUMS) with category_ids (groups, 2).
    """
    count = 0
    is_used = np.zeros(len(scratch), np.bool_)
    for row in range(first, last):
        wallet, category = ids[row, 0], ids[row, 2]
        if not is_used[category]:
            is_used[category] = True
            scratch[category, :] = 0.0
        _add_event(scratch[category], averages[row], weight[row])
        _add_event(overall[wallet], averages[row], weight[row])
        if row + 1 == last or ids[row + 1, 0] != wallet:
            for used in range(len(scratch)):
                if is_used[used]:
                    by_category[count, :] = scratch[used, :]
                    category_ids[count, 0], category_ids[count, 1] = wallet, used
                    count += 1
            is_used[:] = False
    return count


@njit(cache=True, nogil=True)
def _add_event(sums: np.ndarray, event: np.ndarray, weight: float) -> None:
    for part in range(3):
        value = event[part]
        if np.isnan(value):
            continue
        deviation = event[R_SD] if part == 1 else event[O_SD] if part == 2 else 0.0
        at = 6 * part
        sums[at] += 1.0
        sums[at + 1] += weight
        sums[at + 2] += weight * weight
        sums[at + 3] += weight * value
        sums[at + 4] += weight * value * value
        sums[at + 5] += weight * weight * deviation * deviation
    sums[18] += weight * event[IMPUTED]
    sums[19] += weight * event[EXTRA]
    at = 20
    for name in (ROI, CLV, CLV + 1, CLV + 2, CLV + 3):
        if not np.isnan(event[name]):
            sums[at] += weight
            sums[at + 1] += weight * event[name]
        at += 2
    _add_signals(sums, event, weight)


@njit(cache=True, nogil=True)
def _add_signals(sums: np.ndarray, event: np.ndarray, weight: float) -> None:
    # What signals.sum_signals says in words and vectors.
    a, r, o, fee = event[A], event[R], event[OUTCOME], event[FEE]
    at = _SIGNALS
    sums[at] += weight
    sums[at + 1] += weight * weight
    sums[at + 2] += weight * fee
    g = a + fee
    if not np.isnan(a):
        variance = event[PRICE_SD] ** 2
        trust = weight / max(variance, LEAST_SPREAD)
        sums[at + 3] += trust
        sums[at + 4] += trust * g
        sums[at + 5] += trust * g * g
        sums[at + 6] += trust * variance
        sums[at + 7] += trust * trust * variance
    if not np.isnan(r):
        variance = event[R_SD] ** 2
        trust = weight / max(variance, LEAST_SPREAD)
        sums[at + 8] += trust
        sums[at + 9] += trust * r
        sums[at + 10] += trust * trust * variance
        sums[at + 11] += trust * g
        sums[at + 12] += trust * g * g
        sums[at + 13] += trust * g * r
    if not np.isnan(o):
        variance = event[O_SD] ** 2
        trust = weight / max(variance, LEAST_SPREAD)
        sums[at + 14] += trust
        sums[at + 15] += trust * (o + fee)
        sums[at + 16] += trust * trust * variance
