"""Skill or luck: a p-value for each wallet, how many of those as good are merely lucky, and how good luck can look.

The null is that prices are right: the later mid is on average the price at which we would have bought, and an outcome
is as likely as the last price known of it (the later mid, or the price paid where there is none). Two tests:

    outcomes   sign randomisation: flip each event's outcome by its price. The number of wins is Poisson-binomial, whose
               tail is computed exactly (a convolution instead of 10,000 draws), so nothing is random
    mids       Student's t for the precision-weighted mean of g about the baseline (signals.py), as wide as the middle
               half of all wallets is: unskilled wallets differ in spread and luck of the hour too (Efron 2004)

They are joined as normal scores, each by the square root of its precision (Stouffer): most power against an edge that
shows in both alike. Outcomes alone could not do it: thousands of events would be needed to tell 2 cents from luck.

Source: Benjamini and Hochberg 1995 for q values; Volkova 1995 for the tail with its skewness.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import t as student

from copytrade_pipelines.scoring.kernels.chances import luck_tails
from copytrade_pipelines.scoring.signals import fit_scales, measure
from copytrade_pipelines.scoring.threads import ranges_of, spread

# No outcome is surer than this, whatever its price says.
SURPRISE = 0.005
# Normal scores end here, so that one certain part cannot silence the other.
LEAST_TAIL = 1e-15
# How much unskilled wallets are taken to differ in g at least, dollars per share, and from how many wallets on the
# middle half of them may say that it is more; the wider ones that are tried.
LEAST_NULL_SD = 0.003
MANY_WALLETS = 50
NULL_SDS = np.linspace(LEAST_NULL_SD, 0.03, 55)
# Distance of the quartiles of a standard normal.
QUARTILES_APART = 1.349


def luck_of_outcomes(chance: np.ndarray, won: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Mid-p values of each wallet's wins, one-sided; NaN for a wallet without events.

    Shape: events in order of wallet, wallet w having starts[w]:starts[w + 1]; chance is what the price says.
    """
    tails = np.full(len(starts) - 1, np.nan)
    likely = np.clip(chance, SURPRISE, 1.0 - SURPRISE)
    spread(lambda first, last: luck_tails(likely, won, starts, first, last, tails), ranges_of(starts))
    return tails


def luck_of_wallets(sums: pd.DataFrame, chance: np.ndarray, won: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """P values of both tests together; NaN for a wallet that neither says anything about.

    Shape: sums (kernels.events.SUMS) has one row a wallet, events as in luck_of_outcomes.
    """
    signals = measure(sums, fit_scales(sums))
    outcomes = luck_of_outcomes(chance, won, starts)
    value, precision = signals.value[:, 0], _precision_under_null(signals.value[:, 0], signals.precision[:, 0])
    mids = np.where(precision > 0.0, student.sf(value * np.sqrt(precision), signals.freedom), np.nan)
    parts = np.stack((mids, outcomes), axis=1)
    weight = np.sqrt(np.stack((precision, signals.precision[:, 1:].sum(axis=1)), axis=1))
    weight = np.where(np.isnan(parts), 0.0, weight)
    scores = -ndtri(np.clip(np.nan_to_num(parts, nan=0.5), LEAST_TAIL, 1.0 - LEAST_TAIL))
    length = np.sqrt((weight**2).sum(axis=1))
    return np.where(length > 0.0, ndtr(-(weight * scores).sum(axis=1) / np.where(length > 0.0, length, 1.0)), np.nan)


def _precision_under_null(value: np.ndarray, precision: np.ndarray) -> np.ndarray:
    # The smallest spread of unskilled wallets under which the middle half of all is as wide as chance makes it.
    seen = precision > 0.0
    variance = 1.0 / precision[seen]
    spread_of_null = LEAST_NULL_SD
    if seen.sum() >= MANY_WALLETS:
        for spread_of_null in NULL_SDS:
            low, high = np.percentile(value[seen] / np.sqrt(variance + spread_of_null**2), [25.0, 75.0])
            if high - low <= QUARTILES_APART:
                break
    found = np.zeros(len(precision))
    found[seen] = 1.0 / (variance + spread_of_null**2)
    return found


def q_values(p: np.ndarray) -> np.ndarray:
    """Among all wallets as good as each, the share that luck explains; NaN where p is."""
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    share = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(share[::-1])[::-1], 1.0)
    return q


def best_by_luck(sd: float, wallets: int) -> float:
    """What the best of so many wallets without an edge is expected to show: sd * sqrt(2 ln N)."""
    return float(sd * np.sqrt(2.0 * np.log(max(wallets, 1))))
