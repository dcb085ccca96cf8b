"""Runs inside a copy of the code that docs/extending.md was applied to: the new number in a published snapshot."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from copytrade_live.published import load_snapshot, read_pointer
from copytrade_live.settings import Home
from copytrade_pipelines.publishing import publish_scores
from copytrade_pipelines.scoring.tables import read_latest_scores
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.score_world import AS_OF, home_in, lay_out, materialize, small_world


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with the scores of a small world, made by Dagster's assets and published."""
    found = home_in(tmp_path)
    lay_out(found, small_world())
    with dg.DagsterInstance.ephemeral() as instance:
        materialize(found, instance)
    with Warehouse(path=str(found.warehouse)).connect() as con:
        publish_scores(found, read_latest_scores(con), as_of=AS_OF, run_id="one", keep=1)
    return found


def test_the_number_is_in_the_snapshot_that_the_runner_reads(home: Home) -> None:
    pointer = read_pointer(home)
    assert pointer is not None
    scores = [score for rows in load_snapshot(home, pointer).rows.values() for score in rows.values()]
    assert len(scores) > 5
    for score in scores:
        assert score.edge_ratio == pytest.approx(score.edge_mean / score.edge_sd, abs=1e-5)
