"""What a copier of a score's best wallets earned in the period after. Source: reference scoring, section 7.4."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import spearmanr

from copytrade_pipelines.scoring.study.population import Kind, Population

TOP = 60
SURE = 0.95
CENTS = 100.0
SHARES = {
    "skilled_share": Kind.SKILLED,
    "favourite_share": Kind.FAVOURITE,
    "maker_share": Kind.MAKER,
    "longshot_share": Kind.LONGSHOT,
    "pump_share": Kind.PUMP,
}


def judge(population: Population, score: np.ndarray) -> dict[str, float]:
    """Rank correlation of a score with the next period's copier edge, and what its top wallets were and earned."""
    future = population.future
    edge = future.mean(future.y - future.cost)
    roi = future.mean((future.y - future.cost) / future.cost)
    top = np.argsort(-score, kind="stable")[:TOP]
    trades, kinds = future.counts[top], population.kinds[top]
    return {
        "rho": float(spearmanr(score, edge).statistic),
        "copier_edge_cents": CENTS * float(np.average(edge[top], weights=trades)),
        "copier_roi": float(np.average(roi[top], weights=trades)),
        **{name: float((kinds == kind).mean()) for name, kind in SHARES.items()},
    }


def sure_list(population: Population, p_pos: np.ndarray) -> Mapping[str, float]:
    """Length of the list cut at SURE, and the share of it that is not skilled (NaN if it is empty)."""
    kinds = population.kinds[p_pos > SURE]
    return {
        "sure": float(len(kinds)),
        "sure_unskilled_share": float((kinds != Kind.SKILLED).mean()) if len(kinds) else np.nan,
    }
