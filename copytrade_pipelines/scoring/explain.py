"""Flags and short sentences that tell a person why a score is what it is: one rule and one sentence a flag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copytrade_live.core.reasons import ScoreFlag
from copytrade_pipelines.scoring.parameters import ScoreParameters

# Fewer effective events than this say little, however many there once were.
THIN_EVENTS = 5.0
MOSTLY = 0.5
HOLD_EVENTS = 3
_HOUR = 3600.0

Rows = Mapping[str, np.ndarray]
Columns = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Rule:
    """When a flag is set, what its sentence shows (already rounded), and the sentence; config's limits fit in too."""

    is_set: Callable[[Rows, ScoreParameters], np.ndarray]
    shows: Callable[[Rows, ScoreParameters], Columns]
    sentence: str


RULES: dict[ScoreFlag, Rule] = {
    ScoreFlag.PROBATION: Rule(
        lambda row, limit: row["n_events"] < limit.min_events,
        lambda row, limit: {"events": row["n_events"]},
        "Only {events:.0f} events so far, {limit.min_events} are asked for: mostly what others are worth.",
    ),
    ScoreFlag.MAKER: Rule(
        lambda row, limit: row["maker_share"] > limit.max_maker_share,
        lambda row, limit: {"share": _percent(row["maker_share"])},
        "Rests {share:.0f} % of its notional, which a copier cannot do; {limit.max_maker_share:.0%} are allowed.",
    ),
    ScoreFlag.TRUNCATED: Rule(
        lambda row, limit: row["coverage"] < limit.min_coverage,
        lambda row, limit: {"share": np.floor(row["coverage"] * 1000.0) / 10.0},
        "Only {share:.1f} % of its history reconciles, {limit.min_coverage:.1%} are asked for.",
    ),
    ScoreFlag.THIN: Rule(
        lambda row, limit: row["n_eff"] < THIN_EVENTS,
        lambda row, limit: {"events": np.round(row["n_eff"], 1)},
        "Its events weigh no more than {events:.1f} fresh ones.",
    ),
    ScoreFlag.IMPUTED: Rule(
        lambda row, limit: row["imputed_share"] > MOSTLY,
        lambda row, limit: {"share": _percent(row["imputed_share"])},
        "The cost of copying is modelled for {share:.0f} % of its events.",
    ),
    ScoreFlag.BOTH_SIDES: Rule(
        lambda row, limit: row["both_sides"] > limit.max_both_sides,
        lambda row, limit: {"share": _percent(row["both_sides"])},
        "{share:.0f} % of what it buys stands against each other; {limit.max_both_sides:.0%} are allowed.",
    ),
    ScoreFlag.FAST_HOLD: Rule(
        # What was opened just now looks like a short hold: a wallet of few events is not judged by it.
        lambda row, limit: (
            (row["n_events"] >= HOLD_EVENTS)
            & (row["hold_hours"] * _HOUR < limit.min_hold_latencies * limit.latency_p90_seconds)
        ),
        lambda row, limit: {"seconds": np.round(row["hold_hours"] * _HOUR)},
        "Leaves after {seconds:.0f} s in the median; a copier that comes {limit.latency_p90_seconds:g} s late needs "
        "{limit.min_hold_latencies:g} times as long.",
    ),
    ScoreFlag.WASH_CLUSTER: Rule(
        lambda row, limit: ~_is_missing(row["cluster_id"]),
        lambda row, limit: {"cluster": row["cluster_id"]},
        "Trades as one hand with other wallets: cluster {cluster}.",
    ),
    ScoreFlag.NOT_COPYABLE: Rule(
        lambda row, limit: (
            row["is_diagnosed"]
            & (row["n_events"] >= limit.min_events)
            & ~(row["breakeven_latency"] >= limit.latency_p90_seconds)
        ),
        lambda row, limit: {
            "reach": np.where(
                np.isnan(row["breakeven_latency"]),
                "at no delay",
                _texts("up to {:.1f} s only", row["breakeven_latency"]),
            ),
            "own": _cents(row["edge_mean"] + row["copy_cost_mean"]),
        },
        "Earns {own:+.1f} c a share itself, but copying pays {reach}; we take {limit.latency_p90_seconds:g} s.",
    ),
    ScoreFlag.NOT_SIGNIFICANT: Rule(
        lambda row, limit: row["q_value"] > limit.max_q_value,
        lambda row, limit: {"share": np.ceil(row["q_value"] * 100.0)},
        "Of wallets with a record as good {share:.0f} % are merely lucky; {limit.max_q_value:.0%} are accepted.",
    ),
    ScoreFlag.CROWDED: Rule(
        lambda row, limit: row["crowding"] > limit.max_crowding,
        lambda row, limit: {"share": _percent(row["crowding"])},
        "{share:.0f} % of what is bought right after it looks like copies; {limit.max_crowding:.0%} are allowed.",
    ),
    ScoreFlag.DECAYING: Rule(
        lambda row, limit: row["decay_alarm"] > 0.5,
        lambda row, limit: {"before": _cents(row["decay_before"]), "after": _cents(row["decay_after"])},
        "Copies earned {before:+.1f} c a share at first and {after:+.1f} c of late; chance does not explain it.",
    ),
    ScoreFlag.INACTIVE: Rule(
        lambda row, limit: row["idle_days"] > limit.max_idle_days,
        lambda row, limit: {"days": np.round(row["idle_days"], 1)},
        "Has not traded for {days:.1f} days; {limit.max_idle_days:g} are allowed.",
    ),
}
# What these need and a row may not have yet.
OPTIONAL = (
    "both_sides", "hold_hours", "cluster_id", "is_diagnosed", "breakeven_latency", "q_value", "crowding",
    "decay_alarm", "decay_before", "decay_after", "idle_days", "capacity", "capacity_is_modelled",
)  # fmt: skip


def explain(rows: pd.DataFrame, parameters: ScoreParameters) -> pd.DataFrame:
    """Add flags and reasons to score rows; what was not looked at sets no flag."""
    values = {name: rows[name].to_numpy() for name in rows.columns}
    values |= {name: _absent(name, len(rows)) for name in OPTIONAL if name not in rows}
    reasons = _first_sentences(values, parameters)
    flags: list[list[str]] = [[] for _ in reasons]
    for flag, rule in RULES.items():
        found = np.flatnonzero(rule.is_set(values, parameters))
        those = {name: column[found] for name, column in values.items()}
        told = _say(rule.sentence, rule.shows(those, parameters), parameters, len(found))
        for place, sentence in zip(found.tolist(), told, strict=True):
            flags[place].append(str(flag))
            if flag is not ScoreFlag.PROBATION:  # the first sentences say it
                reasons[place].append(sentence)
    return rows.assign(
        flags=pd.Series(flags, index=rows.index, dtype=object),
        reasons=pd.Series(reasons, index=rows.index, dtype=object),
    )


def _first_sentences(row: Rows, parameters: ScoreParameters) -> list[list[str]]:
    count = len(row["n_events"])
    edge = _say(
        "Copying earns {mean:+.1f} c a share after costs; {likely:.0f} % likely above 0, low bound {low:+.1f} c.",
        {"mean": _cents(row["edge_mean"]), "likely": _percent(row["p_pos"]), "low": _cents(row["lcb10"])},
        parameters,
        count,
    )
    rests = "Rests on {events:.0f} events, worth {fresh:.0f} fresh ones."
    evidence = _say(rests, {"events": row["n_events"], "fresh": np.round(row["n_eff"])}, parameters, count)
    young = RULES[ScoreFlag.PROBATION]
    few = _say(young.sentence, young.shows(row, parameters), parameters, count)
    rest = np.where(young.is_set(row, parameters), few, evidence)
    rest = np.where(row["n_events"] == 0, "No event known yet: this is what an unknown wallet is worth.", rest)
    sentences = [list(pair) for pair in zip(edge, rest.tolist(), strict=True)]
    for place in np.flatnonzero(row["is_diagnosed"].astype(bool) & (row["capacity"] > 0.0)).tolist():
        model = " by a modelled book" if row["capacity_is_modelled"][place] else ""
        sentences[place].append(
            f"About ${row['capacity'][place]:,.0f} can be staked on one copy before the book eats the edge{model}."
        )
    return sentences


def _say(sentence: str, shown: Columns, parameters: ScoreParameters, count: int) -> list[str]:
    # Many rows show the same rounded numbers: each sentence is put together once.
    if not count:
        return []
    table = pd.DataFrame(shown)
    number = table.groupby(list(shown), sort=False, dropna=False).ngroup().to_numpy()
    _, first = np.unique(number, return_index=True)
    texts = [sentence.format(limit=parameters, **record) for record in table.iloc[first].to_dict("records")]
    return [texts[place] for place in number.tolist()]


def _absent(name: str, count: int) -> np.ndarray:
    if name in ("is_diagnosed", "capacity_is_modelled"):
        return np.zeros(count, dtype=bool)
    return np.full(count, None, dtype=object) if name == "cluster_id" else np.full(count, np.nan)


def _is_missing(values: np.ndarray) -> np.ndarray:
    return np.asarray(pd.isna(values))


def _percent(share: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(share * 100.0))


def _cents(dollars: np.ndarray) -> np.ndarray:
    # Adding zero makes minus nothing plain nothing.
    return np.asarray(np.round(dollars * 100.0, 1) + 0.0)


def _texts(template: str, values: np.ndarray) -> np.ndarray:
    return np.array([template.format(value) for value in values.tolist()], dtype=object)
