"""Scores of wallets as of a time: what copying each would earn, how sure that is, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, Instant
from copytrade_live.core.score import OVERALL
from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.columns import Frame
from copytrade_pipelines.scoring.diagnose import ADDED, diagnose
from copytrade_pipelines.scoring.edges import Edges
from copytrade_pipelines.scoring.engine import Built, build, summed_up
from copytrade_pipelines.scoring.evidence import Evidence, fills_known_by, known_by, moment
from copytrade_pipelines.scoring.explain import explain
from copytrade_pipelines.scoring.frame import HORIZONS, EvidenceFrame
from copytrade_pipelines.scoring.inputs import read_inputs
from copytrade_pipelines.scoring.kernels.events import SUMS
from copytrade_pipelines.scoring.observations import EPOCH, Events, Sums, add_up, average, scaled, weights
from copytrade_pipelines.scoring.parameters import ScoreParameters, versions_of
from copytrade_pipelines.scoring.significance import luck_of_wallets, q_values
from copytrade_pipelines.scoring.versions import Version, version_named

CATEGORY_EVENTS = 5
# Digits kept of every number: more than any reader needs, fewer than the order of a sum can change.
DIGITS = 9
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
CLVS = tuple(f"clv_{horizon}" for horizon in HORIZONS)
# What diagnostics and people read beside them: decayed means over events, dollars per share (roi: per dollar), null
# where nothing is known yet; clv is what the mid had gained over the copier's cost at a horizon, whoever moved it.
MORE_COLUMNS = {
    "roi_mean": "DOUBLE",
    **dict.fromkeys(CLVS, "DOUBLE"),
    "residual": "DOUBLE",
    "hold_hours": "DOUBLE",
    "both_sides": "DOUBLE",
    "last_event_at": "TIMESTAMP",
    **ADDED,
}


def score_wallets(
    fills: Frame, evidence: Evidence, as_of: Instant, parameters: ScoreParameters, version: str | None = None
) -> pd.DataFrame:
    """Score every watched wallet from its fills as they were known at as_of.

    Shape: fills(fill_id, wallet, condition_id, token_id, side, role, price, size, event_at, observed_at). Returns:
    COLUMNS and MORE_COLUMNS, one row a wallet for all its events, and one a category with CATEGORY_EVENTS of them;
    wallets whose history is not complete have none. The version is the champion unless another is named.
    """
    named = version_named(version or parameters.champion)
    return judge(collect(fills, evidence, as_of, parameters), as_of, parameters, named)


def score_versions(fills: Frame, evidence: Evidence, as_of: Instant, parameters: ScoreParameters) -> list[pd.DataFrame]:
    """Score every watched wallet by the champion and by each challenger, from the same evidence."""
    return judge_versions(collect(fills, evidence, as_of, parameters), as_of, parameters)


def judge_versions(collected: Collected, as_of: Instant, parameters: ScoreParameters) -> list[pd.DataFrame]:
    """Judge what was collected by the champion and by each challenger."""
    return [judge(collected, as_of, parameters, version_named(name)) for name in versions_of(parameters)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Everything a score is made of at one as_of. coverage is by wallet code, NaN for who is not scored."""

    built: Built
    events: Events
    sums: Sums
    coverage: np.ndarray
    known: Evidence


def collect(fills: Frame, evidence: Evidence, as_of: Instant, parameters: ScoreParameters) -> Collected:
    """Cut to what was known at as_of and make frame, events and sums."""
    known = known_by(evidence, as_of, parameters)
    watched = watched_of(known)
    inputs = read_inputs(fills_known_by(fills, as_of), replace(known, wallets=watched))
    return finish(*build(inputs, known, as_of, parameters), known, watched, as_of, parameters)


def watched_of(known: Evidence) -> pd.DataFrame:
    """The wallets that are scored: those whose history is complete, in order."""
    watched = known.wallets[known.wallets["history_complete"].fillna(False).astype(bool)]
    return watched.drop_duplicates("wallet").sort_values("wallet").reset_index(drop=True)


def finish(
    frame: EvidenceFrame,
    tallies: np.ndarray,
    known: Evidence,
    watched: pd.DataFrame,
    as_of: Instant,
    parameters: ScoreParameters,
) -> Collected:
    """Events, sums and facts over the rows of a frame and its tallies."""
    names, events = frame.names, average(frame, parameters)
    sums = add_up(events, weights(events, parameters.half_life_days), len(names.wallets), len(names.categories))
    coverage = np.full(len(names.wallets), np.nan)
    coverage[codes_in(names.wallets, watched["wallet"])] = watched["coverage"].astype(float).fillna(0.0)
    return Collected(built=summed_up(frame, tallies, as_of), events=events, sums=sums, coverage=coverage, known=known)


def judge(collected: Collected, as_of: Instant, parameters: ScoreParameters, version: Version) -> pd.DataFrame:
    """Shrink sums to beliefs by a version's method, diagnose each, say why in words. Returns: both sets of columns."""
    rows = beliefs(collected, as_of, parameters, version)
    rows = diagnose(rows, collected.built.frame, collected.events, collected.known, as_of, parameters)
    rows = explain(_rounded(rows, version), parameters)
    rows["decay_alarm"] = rows["decay_alarm"].map({0.0: False, 1.0: True})
    return rows.sort_values(GROUP, kind="stable").reset_index(drop=True)[list(COLUMNS | MORE_COLUMNS)]


def beliefs(collected: Collected, as_of: Instant, parameters: ScoreParameters, version: Version) -> pd.DataFrame:
    """Shrink sums to beliefs: every number of a score but diagnostics, a row a wallet or wallet and category."""
    return _described(_shrink(collected, as_of, parameters, version), collected, as_of, parameters, version)


def _shrink(collected: Collected, as_of: Instant, parameters: ScoreParameters, version: Version) -> pd.DataFrame:
    names = collected.built.frame.names
    age = 2.0 ** ((EPOCH - as_of) / (DAY * parameters.half_life_days))
    scored = np.flatnonzero(~np.isnan(collected.coverage))
    sums = _sums_of(collected, scored, as_of, parameters)
    groups, own = collected.sums.groups, scaled(collected.sums.by_category, age)
    by_category = pd.DataFrame(own, columns=list(SUMS), index=np.arange(len(own)))
    is_enough = (by_category["a_n"] + by_category["o_n"] >= CATEGORY_EVENTS).to_numpy(bool)
    groups, by_category = groups[is_enough], by_category[is_enough]
    edges, inside = version.estimate(sums, by_category, np.searchsorted(scored, groups[:, 0]))
    overall = _rows(sums, edges).assign(wallet_code=scored, category=OVERALL)
    inner = _rows(by_category, inside).assign(wallet_code=groups[:, 0], category=names.categories[groups[:, 1]])
    return pd.concat([overall, inner], ignore_index=True) if len(inner) else overall


def _rows(sums: pd.DataFrame, edges: Edges) -> pd.DataFrame:
    weight = sums["a_w"] + sums["o_w"]
    seen = weight.where(weight > 0.0)
    return pd.DataFrame(
        {
            "edge_mean": edges.mean,
            "edge_sd": edges.sd,
            "p_pos": edges.p_pos,
            "lcb10": edges.low,
            "n_events": (sums["a_n"] + sums["o_n"]).round().astype("int64"),
            "n_eff": (seen**2 / (sums["a_ww"] + sums["o_ww"])).fillna(0.0),
            "copy_cost_mean": sums["extra_w"] / seen,
            "imputed_share": (sums["imputed_w"] / seen).fillna(0.0),
            "roi_mean": sums["roi_wx"] / sums["roi_w"].where(sums["roi_w"] > 0.0),
            **{name: sums[f"{name}_wx"] / sums[f"{name}_w"].where(sums[f"{name}_w"] > 0.0) for name in CLVS},
            "residual": sums["r_wx"] / sums["r_w"].where(sums["r_w"] > 0.0),
        },
        index=sums.index,
    )


def _described(
    rows: pd.DataFrame, collected: Collected, as_of: Instant, parameters: ScoreParameters, version: Version
) -> pd.DataFrame:
    names, code = collected.built.frame.names, rows["wallet_code"].to_numpy(int)
    # A wallet without events costs a copier what copying costs on average.
    cost = rows["copy_cost_mean"]
    average_cost = float(cost.mean()) if cost.notna().any() else parameters.modelled_slippage
    luck = np.full(len(names.wallets), np.nan)
    scored = np.flatnonzero(~np.isnan(collected.coverage))
    luck[scored] = q_values(_luck(collected, scored, as_of, parameters))
    return rows.assign(
        wallet=names.wallets[code],
        copy_cost_mean=cost.fillna(average_cost),
        maker_share=_maker_shares(rows, collected.built),
        coverage=collected.coverage[code],
        as_of=moment(as_of),
        known_at=moment(as_of),
        score_version=version.name,
        q_value=luck[code],
        hold_hours=collected.built.facts.hold_hours[code],
        both_sides=collected.built.facts.both_sides[code],
        last_event_at=_moments(collected.built.facts.last_at[code]),
    )


def _rounded(rows: pd.DataFrame, version: Version) -> pd.DataFrame:
    numbers = [name for name, kind in (COLUMNS | MORE_COLUMNS).items() if kind == "DOUBLE" and name in rows]
    rows[numbers] = rows[numbers].round(DIGITS)
    rows["rank"] = rows.groupby("category")[version.rank_by].rank(pct=True).mul(100.0).round(DIGITS)
    return rows


def _luck(collected: Collected, scored: np.ndarray, as_of: Instant, parameters: ScoreParameters) -> np.ndarray:
    events = collected.events
    won, rest = events.column("payout"), events.column("r")
    is_told = ~np.isnan(won)
    chance = np.where(np.isnan(rest), events.column("bought"), won - rest)[is_told]
    # Scored wallets only, in their order: others are neither tested nor counted.
    place = np.full(len(collected.coverage), -1)
    place[scored] = np.arange(len(scored))
    owner = place[events.wallet[is_told]]
    starts = np.searchsorted(owner[owner >= 0], np.arange(len(scored) + 1)).astype(np.int64)
    return luck_of_wallets(
        _sums_of(collected, scored, as_of, parameters), chance[owner >= 0], won[is_told][owner >= 0], starts
    )


def _sums_of(collected: Collected, scored: np.ndarray, as_of: Instant, parameters: ScoreParameters) -> pd.DataFrame:
    age = 2.0 ** ((EPOCH - as_of) / (DAY * parameters.half_life_days))
    return pd.DataFrame(scaled(collected.sums.overall[scored], age), columns=list(SUMS), index=scored)


def _maker_shares(rows: pd.DataFrame, built: Built) -> np.ndarray:
    code, is_overall = rows["wallet_code"].to_numpy(int), (rows["category"] == OVERALL).to_numpy(bool)
    maker, taker = built.facts.maker_notional[code], built.facts.taker_notional[code]
    inner = np.flatnonzero(~is_overall)
    category = codes_in(built.frame.names.categories, rows["category"].iloc[inner])
    maker[inner], taker[inner] = built.maker[code[inner], category], built.taker[code[inner], category]
    return np.asarray(np.divide(maker, maker + taker, out=np.zeros(len(code)), where=maker + taker > 0.0))


def _moments(at: np.ndarray) -> np.ndarray:
    return np.where(at > 0, at, np.iinfo(np.int64).min).view("datetime64[us]")
