"""Versions of the score stand side by side, made from the same evidence."""

from __future__ import annotations

from typing import Any, get_args

import pandas as pd
import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.settings import ScoreMethod
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from copytrade_pipelines.scoring.scores import score_versions
from copytrade_pipelines.scoring.versions import VERSIONS, version_named


def test_config_knows_every_version_and_the_default_is_the_champion(crowded: Any) -> None:
    assert get_args(ScoreMethod) == tuple(VERSIONS)
    assert crowded.parameters.champion == SCORE_VERSION


def test_an_unknown_version_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"ce1, ce2, was 'ce9'"):
        version_named("ce9")


def test_champion_and_challengers_score_the_same_wallets_from_the_same_evidence(crowded: Any) -> None:
    evidence, fills = crowded.evidence(), crowded.fill_frame()
    champion, challenger = score_versions(fills, evidence, crowded.now, crowded.parameters)
    assert set(champion["score_version"]) == {"ce2"}
    assert set(challenger["score_version"]) == {"ce1"}
    told = ["wallet", "category", "n_events", "n_eff", "copy_cost_mean", "maker_share", "q_value"]
    pd.testing.assert_frame_equal(champion[told], challenger[told])
    assert (champion["edge_mean"] - challenger["edge_mean"]).abs().max() > 1e-4


@pytest.mark.parametrize("version", list(VERSIONS))
def test_a_version_ranks_by_what_it_says_it_does(crowded: Any, version: str) -> None:
    rows = {
        frame["score_version"].iloc[0]: frame
        for frame in score_versions(crowded.fill_frame(), crowded.evidence(), crowded.now, crowded.parameters)
    }[version]
    overall = rows[rows["category"] == "overall"].sort_values("rank")
    assert overall[VERSIONS[version].rank_by].is_monotonic_increasing
