"""What each event says of a leader: how the mid moved after we would have bought, and how it ended."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, HOUR, Instant, Side
from copytrade_pipelines.scoring.copier_cost import last_mids, mirrored
from copytrade_pipelines.scoring.evidence import Evidence, moment, span
from copytrade_pipelines.scoring.parameters import ScoreParameters

# A mid older than this part of the horizon does not say where the market stood at its end.
MID_FRESHNESS = 0.5
# No outcome is surer than this, whatever its price says.
SURPRISE = 0.005
# Weights never vanish entirely, so that a wallet of tiny stakes still has an average.
LEAST_STAKE = 1e-6
EVENT = ["wallet", "category", "event_id"]


def describe_markets(episodes: pd.DataFrame, markets: pd.DataFrame) -> pd.DataFrame:
    """Add event, category, fee and end to episodes; a market we know nothing of is its own event without a fee."""
    columns = ["condition_id", "event_id", "category", "fee_rate", "fee_exponent", "end_at", "closed_at"]
    # An event stands in one category, or it would count once in each.
    of_event = markets.groupby("event_id")["category"].min()
    known = markets[columns].assign(category=markets["event_id"].map(of_event).fillna(markets["category"]))
    described = episodes.merge(known, on="condition_id", how="left")
    return described.assign(
        event_id=described["event_id"].fillna(described["condition_id"]),
        category=described["category"].fillna("unknown"),
        fee_rate=described["fee_rate"].astype(float).fillna(0.0),
        fee_exponent=described["fee_exponent"].astype(float).fillna(1.0),
    )


def observe(priced: pd.DataFrame, evidence: Evidence, as_of: Instant, parameters: ScoreParameters) -> pd.DataFrame:
    """Add the parts of the copier's edge that are known: a to the later mid, r from there to the payout.

    Shape: episodes of copier_cost.py with their market and opened size; evidence is cut to as_of.
    Returns: the rows with a, r, o (outcome against cost, where no later mid exists), mid, stake and the model
    variances r_var and o_var. Units: dollars per share.
    """
    sold = priced["side"].to_numpy() == str(Side.SELL)
    told = priced.merge(evidence.outcomes[["token_id", "payout", "resolved_at"]], on="token_id", how="left")
    payout = mirrored(told["payout"].to_numpy(float), sold)
    mid = mirrored(_later_mids(told, evidence.prices, as_of, parameters), sold)
    cost, bought = told["cost"].to_numpy(float), told["bought"].to_numpy(float)
    return priced.assign(
        mid=mid,
        a=mid - cost,
        r=payout - mid,
        o=np.where(np.isnan(mid), payout - cost, np.nan),
        r_var=_outcome_variance(mid),
        o_var=_outcome_variance(bought),
        stake=np.maximum(bought * told["opened"].to_numpy(float), LEAST_STAKE),
    )


def _outcome_variance(price: np.ndarray) -> np.ndarray:
    likely = np.clip(price, SURPRISE, 1.0 - SURPRISE)
    return np.asarray(likely * (1.0 - likely))


def _later_mids(told: pd.DataFrame, prices: pd.DataFrame, as_of: Instant, parameters: ScoreParameters) -> np.ndarray:
    horizon = parameters.horizon_hours * HOUR / 1000.0
    read_at = told["started_at"] + span(horizon)
    is_known = read_at + span(parameters.index_lag_seconds) <= moment(as_of)
    end = told[["end_at", "closed_at", "resolved_at"]].min(axis=1)
    is_open = ~(end <= read_at)
    mids = last_mids(told, prices, horizon, horizon * MID_FRESHNESS)
    return np.where((is_known & is_open).to_numpy(), mids, np.nan)


def average_events(observed: pd.DataFrame, as_of: Instant, parameters: ScoreParameters) -> pd.DataFrame:
    """One row a wallet and event, stakes capped, so that an event counts once however often it was traded.

    Returns: EVENT columns with a, r, o, r_var, o_var, imputed, extra (cost over the leader's price) and weight,
    which halves with each half life of age. Events that say nothing yet are left out.
    """
    cap = parameters.stake_cap_multiple * observed.groupby("wallet")["stake"].transform("median")
    rows = observed.assign(
        weight=np.minimum(observed["stake"], cap), extra=observed["cost"] - observed["bought"]
    ).sort_values([*EVENT, "episode_id"], kind="stable")
    rows = rows.assign(
        imputed=rows["is_imputed"].astype(float), r_sd=np.sqrt(rows["r_var"]), o_sd=np.sqrt(rows["o_var"])
    )
    keys = [rows[name] for name in EVENT]
    averages = {
        "a": _average(rows, "a", "a", keys),
        "r": _average(rows, "r", "r", keys),
        "o": _average(rows, "o", "o", keys),
        # Episodes of one event end together, so their noise adds up instead of averaging out.
        "r_var": _average(rows, "r_sd", "r", keys) ** 2,
        "o_var": _average(rows, "o_sd", "o", keys) ** 2,
        "imputed": _average(rows, "imputed", "cost", keys),
        "extra": _average(rows, "extra", "cost", keys),
        "last_at": rows.groupby(EVENT)["started_at"].max(),
    }
    events = pd.DataFrame(averages).reset_index()
    events["o"] = events["o"].where(events["a"].isna())
    age_days = (moment(as_of) - events["last_at"]) / span(DAY / 1000.0)
    events["weight"] = 2.0 ** (-age_days / parameters.half_life_days)
    return events[events["a"].notna() | events["o"].notna()].reset_index(drop=True)


def _average(rows: pd.DataFrame, column: str, where: str, keys: list[pd.Series]) -> pd.Series:
    weight = rows["weight"].where(rows[where].notna(), 0.0)
    total = weight.groupby(keys).sum()
    return (rows[column].fillna(0.0) * weight).groupby(keys).sum() / total.where(total > 0.0)
