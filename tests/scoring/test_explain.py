"""Each flag has one rule, one meaning and one sentence with the number and the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from copytrade_live.core.reasons import ScoreFlag
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.explain import RULES, explain
from copytrade_pipelines.scoring.parameters import parameters_of

PARAMETERS = parameters_of(CopytradeConfig())
HEALTHY: dict[str, Any] = {
    "edge_mean": 0.031, "p_pos": 0.954, "lcb10": 0.012, "n_events": 64, "n_eff": 48.2, "maker_share": 0.2,
    "coverage": 0.995, "imputed_share": 0.1, "copy_cost_mean": 0.012, "both_sides": 0.05, "hold_hours": 30.0,
    "cluster_id": None, "is_diagnosed": True, "breakeven_latency": 45.0, "capacity": 812.4,
    "capacity_is_modelled": False, "q_value": 0.04, "crowding": 0.1, "decay_alarm": 0.0, "decay_before": np.nan,
    "decay_after": np.nan, "idle_days": 0.5,
}  # fmt: skip
# What is changed, the flag it sets, and the sentence that says so.
CASES: list[tuple[dict[str, Any], ScoreFlag, str]] = [
    ({"n_events": 7}, ScoreFlag.PROBATION, "Only 7 events so far, 20 are asked for: mostly what others are worth."),
    (
        {"maker_share": 0.71},
        ScoreFlag.MAKER,
        "Rests 71 % of its notional, which a copier cannot do; 50% are allowed.",
    ),
    ({"coverage": 0.9796}, ScoreFlag.TRUNCATED, "Only 97.9 % of its history reconciles, 98.0% are asked for."),
    ({"n_eff": 3.14}, ScoreFlag.THIN, "Its events weigh no more than 3.1 fresh ones."),
    ({"imputed_share": 0.8}, ScoreFlag.IMPUTED, "The cost of copying is modelled for 80 % of its events."),
    (
        {"both_sides": 0.43},
        ScoreFlag.BOTH_SIDES,
        "43 % of what it buys stands against each other; 20% are allowed.",
    ),
    (
        {"hold_hours": 0.02},
        ScoreFlag.FAST_HOLD,
        "Leaves after 72 s in the median; a copier that comes 20 s late needs 10 times as long.",
    ),
    ({"cluster_id": "0xab"}, ScoreFlag.WASH_CLUSTER, "Trades as one hand with other wallets: cluster 0xab."),
    (
        {"breakeven_latency": 4.25},
        ScoreFlag.NOT_COPYABLE,
        "Earns +4.3 c a share itself, but copying pays up to 4.2 s only; we take 20 s.",
    ),
    (
        {"breakeven_latency": np.nan, "edge_mean": -0.002},
        ScoreFlag.NOT_COPYABLE,
        "Earns +1.0 c a share itself, but copying pays at no delay; we take 20 s.",
    ),
    (
        {"q_value": 0.31},
        ScoreFlag.NOT_SIGNIFICANT,
        "Of wallets with a record as good 31 % are merely lucky; 20% are accepted.",
    ),
    (
        {"crowding": 0.64},
        ScoreFlag.CROWDED,
        "64 % of what is bought right after it looks like copies; 50% are allowed.",
    ),
    (
        {"decay_alarm": 1.0, "decay_before": 0.04, "decay_after": -0.011},
        ScoreFlag.DECAYING,
        "Copies earned +4.0 c a share at first and -1.1 c of late; chance does not explain it.",
    ),
    ({"idle_days": 21.3}, ScoreFlag.INACTIVE, "Has not traded for 21.3 days; 14 are allowed."),
]


def explained(**changes: Any) -> pd.Series:
    return explain(pd.DataFrame([HEALTHY | changes]), PARAMETERS).iloc[0]


def test_a_healthy_leader_has_no_flag_and_says_what_it_earns_and_holds() -> None:
    row = explained()
    assert row["flags"] == []
    assert row["reasons"] == [
        "Copying earns +3.1 c a share after costs; 95 % likely above 0, low bound +1.2 c.",
        "Rests on 64 events, worth 48 fresh ones.",
        "About $812 can be staked on one copy before the book eats the edge.",
    ]


@pytest.mark.parametrize(("changes", "flag", "sentence"), CASES, ids=[str(case[1]) for case in CASES])
def test_a_flag_is_set_alone_and_its_sentence_has_the_number_and_the_limit(
    changes: dict[str, Any], flag: ScoreFlag, sentence: str
) -> None:
    row = explained(**changes)
    assert row["flags"] == [flag.value]
    assert row["reasons"].count(sentence) == 1


def test_every_flag_has_a_rule_and_a_case() -> None:
    assert set(RULES) == set(ScoreFlag)
    assert {case[1] for case in CASES} == set(ScoreFlag)


def test_what_was_not_looked_at_sets_no_flag() -> None:
    needed = ["edge_mean", "p_pos", "lcb10", "n_events", "n_eff", "maker_share", "coverage", "imputed_share"]
    rows = pd.DataFrame([HEALTHY])[[*needed, "copy_cost_mean"]]
    assert explain(rows, PARAMETERS).iloc[0]["flags"] == []
    assert explained(is_diagnosed=False, breakeven_latency=np.nan)["flags"] == []


def test_an_unknown_wallet_is_told_apart_from_a_young_one() -> None:
    row = explained(n_events=0, is_diagnosed=False)
    assert row["reasons"][1] == "No event known yet: this is what an unknown wallet is worth."
    assert row["flags"] == ["probation"]


def test_a_new_wallet_is_never_called_uncopyable() -> None:
    assert "not_copyable" not in explained(n_events=5, breakeven_latency=np.nan)["flags"]


def test_a_wallet_that_has_just_begun_is_not_called_fast() -> None:
    assert "fast_hold" not in explained(n_events=2, hold_hours=0.01)["flags"]


def test_many_rows_say_what_each_would_say_alone() -> None:
    rows = [HEALTHY | case[0] for case in CASES]
    together = explain(pd.DataFrame(rows, index=range(5, 5 + len(rows))), PARAMETERS)
    for place, row in enumerate(rows):
        alone = explain(pd.DataFrame([row]), PARAMETERS).iloc[0]
        assert together.iloc[place]["flags"] == alone["flags"]
        assert together.iloc[place]["reasons"] == alone["reasons"]
