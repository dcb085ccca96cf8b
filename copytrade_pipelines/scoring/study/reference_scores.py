"""The reference's own candidates (a) to (f2), kept as it wrote them: baselines that ours has to beat.

Source: reference scoring, section 7.3. Every trade weighs the same and counts as its own event.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from copytrade_pipelines.scoring.study.population import Trades

LEAST_VARIANCE = 1e-7
LEAST_TAU2 = 1e-8
GRID = np.linspace(-0.12, 0.12, 49)
EM_STEPS = 300
POOL_EVENTS = 10.0


def reference_scores(trades: Trades) -> dict[str, np.ndarray]:
    """One score a wallet for each of the reference's candidates."""
    edge = trades.mean(trades.y - trades.cost)
    surprise = trades.total(trades.mid * (1.0 - trades.mid))
    noise = np.maximum(surprise / trades.counts**2, LEAST_VARIANCE)
    mean, variance = normal_posterior(edge, noise)
    weights = grid_posterior(edge, noise)
    clv, clv_variance = normal_posterior(*_closing_line(trades))
    rest, rest_variance = normal_posterior(*_residual(trades))
    return {
        "a_copier_edge": edge,
        "b_z_score": trades.total(trades.y - trades.own) / np.sqrt(surprise),
        "c_eb_normal_mean": mean,
        "c2_eb_normal_p_pos": ndtr(mean / np.sqrt(variance)),
        "d_eb_mixture_mean": weights @ GRID,
        "d2_eb_mixture_p_pos": weights[:, GRID > LEAST_TAU2].sum(axis=1),
        "e_clv_eb": clv,
        "f_clv_residual_eb": clv + rest,
        "f2_clv_residual_p_pos": ndtr((clv + rest) / np.sqrt(clv_variance + rest_variance)),
    }


def normal_posterior(values: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and variances under a normal prior fitted to all. Source: DerSimonian and Laird 1986."""
    weight = 1.0 / variances
    total = weight.sum()
    mean = (weight * values).sum() / total
    excess = (weight * (values - mean) ** 2).sum() - (len(values) - 1)
    tau2 = max(LEAST_TAU2, excess / (total - (weight**2).sum() / total))
    precision = weight + 1.0 / tau2
    return (values * weight + mean / tau2) / precision, 1.0 / precision


def grid_posterior(values: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Posterior weight of each point of GRID, the prior fitted by EM from uniform."""
    distance = (values[:, None] - GRID) ** 2 / (2.0 * variances[:, None])
    likely = np.exp(distance.min(axis=1, keepdims=True) - distance)
    prior = np.full(len(GRID), 1.0 / len(GRID))
    for _ in range(EM_STEPS):
        prior = prior * (likely / (likely @ prior)[:, None]).mean(axis=0)
    return np.asarray(likely * prior / (likely @ prior)[:, None])


def _closing_line(trades: Trades) -> tuple[np.ndarray, np.ndarray]:
    gain = trades.later - trades.cost
    mean, counts = trades.mean(gain), trades.counts
    squares = trades.total((gain - np.repeat(mean, counts)) ** 2)
    pool = max(squares.sum() / (counts.sum() - len(counts)), LEAST_TAU2)
    return mean, (squares + POOL_EVENTS * pool) / (counts + POOL_EVENTS) / counts


def _residual(trades: Trades) -> tuple[np.ndarray, np.ndarray]:
    variance = trades.total(trades.later * (1.0 - trades.later)) / trades.counts**2
    return trades.mean(trades.y - trades.later), np.maximum(variance, LEAST_VARIANCE)
