"""Our own scores of the study's wallets: the product's estimators, told what each trade measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_pipelines.scoring.edges import Edges
from copytrade_pipelines.scoring.shrinkage import sum_events
from copytrade_pipelines.scoring.signals import sum_signals
from copytrade_pipelines.scoring.study.population import Trades
from copytrade_pipelines.scoring.versions import VERSIONS

SURPRISE = 0.005


def our_scores(trades: Trades) -> dict[str, np.ndarray]:
    """One score a wallet for each version, as it ranks, and for the other beliefs one could rank by."""
    sums = sum_trades(trades)
    found: dict[str, np.ndarray] = {}
    for version in VERSIONS.values():
        edges, _ = version.estimate(sums, sums.iloc[:0], np.empty(0, dtype=int))
        beliefs = _beliefs(edges)
        found[f"copytrade_{version.name}"] = beliefs.pop(version.rank_by)
        found |= {f"copytrade_{version.name}_{name}": score for name, score in beliefs.items()}
    return found


def sum_trades(trades: Trades) -> pd.DataFrame:
    """The sums that estimators take, one row a wallet, each trade being an event of its own."""
    events = as_events(trades)
    normal, signals = sum_events(events, ["wallet"]), sum_signals(events, ["wallet"])
    return normal.join(signals[[name for name in signals if name not in normal]])


def as_events(trades: Trades) -> pd.DataFrame:
    """Each trade as an event, in the columns that scoring averages."""
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


def _beliefs(edges: Edges) -> dict[str, np.ndarray]:
    return {"edge_mean": edges.mean, "p_pos": edges.p_pos, "lcb10": edges.low}


def _variance(price: np.ndarray) -> np.ndarray:
    likely = np.clip(price, SURPRISE, 1.0 - SURPRISE)
    return np.asarray(likely * (1.0 - likely))
