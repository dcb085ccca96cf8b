"""Scores of wallets as of a time: what copying each would earn, how sure that is, and why."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from copytrade_live.core.market import Instant
from copytrade_live.core.score import OVERALL
from copytrade_pipelines.scoring.copier_cost import price_copies
from copytrade_pipelines.scoring.episodes import mark_opened, merge_fills
from copytrade_pipelines.scoring.evidence import Evidence, fills_known_by, known_by, moment, span
from copytrade_pipelines.scoring.explain import explain
from copytrade_pipelines.scoring.observations import average_events, describe_markets, observe
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, ScoreParameters
from copytrade_pipelines.scoring.shrinkage import (
    Belief,
    believe,
    between_groups,
    estimates,
    fit_population,
    pooled_variance,
    posterior,
    sum_events,
    widen,
)

CATEGORY_EVENTS = 5
TENTH = NormalDist().inv_cdf(0.9)
# Digits kept of every number: more than any reader needs, fewer than the order of a sum can change.
DIGITS = 9
DAY_SECONDS = 86_400.0
GROUP = ["wallet", "category"]

COLUMNS = {
    "wallet": "VARCHAR",
    "category": "VARCHAR",
    "as_of": "TIMESTAMP",
    "score_version": "VARCHAR",
    "edge_mean": "DOUBLE",
    "edge_sd": "DOUBLE",
    "p_pos": "DOUBLE",
    "lcb10": "DOUBLE",
    "rank": "DOUBLE",
    "n_events": "BIGINT",
    "n_eff": "DOUBLE",
    "coverage": "DOUBLE",
    "copy_cost_mean": "DOUBLE",
    "breakeven_latency": "DOUBLE",
    "capacity": "DOUBLE",
    "imputed_share": "DOUBLE",
    "maker_share": "DOUBLE",
    "q_value": "DOUBLE",
    "flags": "VARCHAR[]",
    "reasons": "VARCHAR[]",
    "known_at": "TIMESTAMP",
}


def score_wallets(fills: pd.DataFrame, evidence: Evidence, as_of: Instant, parameters: ScoreParameters) -> pd.DataFrame:
    """Score every watched wallet from its fills as they were known at as_of.

    Shape: fills as in episodes.merge_fills. Returns: COLUMNS, one row a wallet for all its events, and one a category
    with CATEGORY_EVENTS of them; wallets whose history is not complete have none.
    """
    return score_episodes(
        merge_fills(fills_known_by(fills, as_of), parameters.episode_gap_minutes), evidence, as_of, parameters
    )


def score_episodes(
    episodes: pd.DataFrame, evidence: Evidence, as_of: Instant, parameters: ScoreParameters
) -> pd.DataFrame:
    """Score every watched wallet from episodes made of fills known at as_of."""
    known = known_by(evidence, as_of, parameters)
    watched = known.wallets[known.wallets["history_complete"].fillna(False).astype(bool)]
    watched = watched.drop_duplicates("wallet").sort_values("wallet").reset_index(drop=True)
    recent = episodes["started_at"] >= moment(as_of) - span(parameters.history_days * DAY_SECONDS)
    counted = mark_opened(episodes)[recent & episodes["wallet"].isin(watched["wallet"])]
    described = describe_markets(counted, known.markets)
    opening = described[described["opened"] > 0.0].reset_index(drop=True)
    priced = price_copies(opening, known, parameters)
    events = average_events(observe(priced, known, as_of, parameters), as_of, parameters)
    rows = _shrink(events, watched, parameters)
    rows = rows.join(_maker_shares(described), on=GROUP)
    return _finish(rows.reset_index(drop=True), as_of, parameters)


def _shrink(events: pd.DataFrame, watched: pd.DataFrame, parameters: ScoreParameters) -> pd.DataFrame:
    sums = sum_events(events, ["wallet"])
    pool = pooled_variance(sums)
    table = estimates(sums.reindex(watched["wallet"], fill_value=0.0), pool)
    expected_loss = float(events["extra"].mean()) if len(events) else parameters.modelled_slippage
    population = fit_population(table, expected_loss)
    overall = _rows(sums.reindex(watched["wallet"], fill_value=0.0), believe(table, population))
    overall = overall.reset_index(names="wallet").assign(category=OVERALL)
    by_category = sum_events(events, GROUP)
    by_category = by_category[by_category["a_n"] + by_category["o_n"] >= CATEGORY_EVENTS]
    if by_category.empty:
        return overall.merge(watched[["wallet", "coverage"]], on="wallet")
    # A category is shrunk to what the wallet's other events say, so that no event counts twice.
    rest = sums.reindex(by_category.index.get_level_values("wallet")).set_axis(by_category.index) - by_category
    rest = rest.where(rest.abs() > 1e-12, 0.0)
    others = believe(estimates(rest, pool), population)
    inside = estimates(by_category, pooled_variance(by_category))
    belief = posterior(inside, widen(others, between_groups(inside, others)))
    rows = pd.concat([overall, _rows(by_category, belief).reset_index()], ignore_index=True)
    return rows.merge(watched[["wallet", "coverage"]], on="wallet")


def _rows(sums: pd.DataFrame, belief: Belief) -> pd.DataFrame:
    weight = sums["a_w"] + sums["o_w"]
    seen = weight.where(weight > 0.0)
    return pd.DataFrame(
        {
            "edge_mean": belief.edge,
            "edge_sd": belief.sd,
            "n_events": (sums["a_n"] + sums["o_n"]).round().astype("int64"),
            "n_eff": (seen**2 / (sums["a_ww"] + sums["o_ww"])).fillna(0.0),
            "copy_cost_mean": sums["extra_w"] / seen,
            "imputed_share": (sums["imputed_w"] / seen).fillna(0.0),
        },
        index=sums.index,
    )


def _maker_shares(episodes: pd.DataFrame) -> pd.Series:
    every = pd.concat([episodes, episodes.assign(category=OVERALL)], ignore_index=True)
    sums = every.groupby(GROUP)[["maker_notional", "taker_notional"]].sum()
    seen = sums["maker_notional"] + sums["taker_notional"]
    share: pd.Series = (sums["maker_notional"] / seen.where(seen > 0.0)).rename("maker_share")
    return share


def _finish(rows: pd.DataFrame, as_of: Instant, parameters: ScoreParameters) -> pd.DataFrame:
    # A wallet without events costs a copier what copying costs on average.
    cost = rows["copy_cost_mean"]
    average = float(cost.mean()) if cost.notna().any() else parameters.modelled_slippage
    rows = rows.assign(
        copy_cost_mean=cost.fillna(average),
        maker_share=rows["maker_share"].fillna(0.0),
        coverage=rows["coverage"].astype(float).fillna(0.0),
        lcb10=rows["edge_mean"] - TENTH * rows["edge_sd"],
        p_pos=_chance_above_zero(rows["edge_mean"].to_numpy(float), rows["edge_sd"].to_numpy(float)),
        as_of=moment(as_of),
        known_at=moment(as_of),
        score_version=SCORE_VERSION,
        breakeven_latency=np.nan,
        capacity=np.nan,
        q_value=np.nan,
    )
    numbers = [name for name, kind in COLUMNS.items() if kind == "DOUBLE" and name in rows]
    rows[numbers] = rows[numbers].round(DIGITS)
    rows["rank"] = rows.groupby("category")["lcb10"].rank(pct=True).mul(100.0).round(DIGITS)
    rows = explain(rows, parameters)
    return rows.sort_values(GROUP, kind="stable").reset_index(drop=True)[list(COLUMNS)]


def _chance_above_zero(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    normal = NormalDist()
    ratio = mean / np.maximum(sd, 1e-12)
    return np.array([normal.cdf(value) for value in ratio], dtype=float)
