"""Our own scores of the study's wallets: the product's estimators, told what each trade measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_pipelines.scoring.mixture import believe, fit_population
from copytrade_pipelines.scoring.signals import fit_scales, measure, sum_signals
from copytrade_pipelines.scoring.study.population import Trades

SURPRISE = 0.005


def our_scores(trades: Trades) -> dict[str, np.ndarray]:
    """One score a wallet for each way of ranking by our beliefs."""
    sums = sum_signals(as_events(trades), ["wallet"])
    scales = fit_scales(sums)
    signals = measure(sums, scales)
    edges = believe(signals, fit_population(signals, scales))
    return {"copytrade_ce2": edges.mean, "copytrade_ce2_p_pos": edges.p_pos, "copytrade_ce2_lcb10": edges.low}


def as_events(trades: Trades) -> pd.DataFrame:
    """Each trade as the event of one wallet, in the columns that scoring sums."""
    return pd.DataFrame(
        {
            "wallet": np.repeat(np.arange(len(trades.starts)), trades.counts),
            "a": trades.later - trades.cost,
            "r": trades.y - trades.later,
            "o": np.nan,
            "price_var": _variance(trades.own),
            "r_var": _variance(trades.later),
            "o_var": np.nan,
            "fee": trades.fee,
            "extra": trades.cost - trades.own,
            "imputed": 0.0,
            "weight": 1.0,
        }
    )


def _variance(price: np.ndarray) -> np.ndarray:
    likely = np.clip(price, SURPRISE, 1.0 - SURPRISE)
    return np.asarray(likely * (1.0 - likely))
