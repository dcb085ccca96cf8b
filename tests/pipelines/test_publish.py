"""Scores become immutable files, and a failed check keeps the old ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from copytrade_live.errors import SnapshotError
from copytrade_live.published import load_snapshot, read_pointer
from copytrade_live.settings import Home
from copytrade_pipelines.assets import publish as publish_asset
from copytrade_pipelines.publishing import snapshot_bytes
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from copytrade_pipelines.scoring.tables import write_scores
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.score_world import home_in, resources
from tests.pipelines.snapshots import AS_OF, publish, score_rows


def test_the_same_rows_in_another_order_are_the_same_snapshot(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    first = publish(home, "0xa", "0xb")
    assert publish(home, "0xb", "0xa") == first
    assert snapshot_bytes(score_rows("0xa", p_pos=0.91)) != snapshot_bytes(score_rows("0xa"))


def test_the_pointer_names_the_file_by_its_time_and_hash(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    pointer = publish(home)
    digest = hashlib.sha256((home.published / pointer.file).read_bytes()).hexdigest()
    assert pointer.snapshot_id == f"20251009T085320Z-{digest[:8]}"
    assert json.loads((home.published / "scores.json").read_text()) == {
        "schema_version": 1,
        "snapshot_id": pointer.snapshot_id,
        "file": f"scores/{pointer.snapshot_id}.parquet",
        "sha256": digest,
        "rows": 2,
        "as_of": AS_OF,
        "score_version": SCORE_VERSION,
        "dagster_run_id": "run-1",
    }
    assert [path.name for path in home.published.rglob("*.part")] == []


def test_a_score_without_a_number_is_not_published(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    with pytest.raises(SnapshotError, match="p_pos of 0xa is missing"):
        publish(home, p_pos=float("nan"))
    assert read_pointer(home) is None


def test_old_snapshots_go_but_never_the_current_one(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    for step in (1, 2, 3):
        publish(home, as_of=AS_OF + step * 1000, keep=2)
    older = publish(home, as_of=AS_OF, keep=2)
    left = sorted(path.name[:16] for path in (home.published / "scores").iterdir())
    assert left == ["20251009T085320Z", "20251009T085322Z", "20251009T085323Z"]
    assert (home.published / older.file).exists()


A, B, C = ("0x" + digit * 40 for digit in "abc")


def run_asset(home: Home, *tables: pd.DataFrame) -> dg.ExecuteInProcessResult:
    with Warehouse(path=str(home.warehouse)).connect() as con:
        for rows in (score_rows(), *tables):
            write_scores(con, rows, [])
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(publish_asset.ASSETS, instance=instance, resources=resources(home))


def test_the_asset_publishes_the_newest_scores_and_says_where(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    result = run_asset(home, score_rows(A, B), score_rows(C, as_of=AS_OF - 1000))
    (event,) = result.asset_materializations_for_node("published_scores")
    pointer = read_pointer(home)
    assert pointer is not None
    assert pointer.dagster_run_id == result.run_id
    assert event.metadata["snapshot_id"].value == pointer.snapshot_id
    assert event.metadata["dagster/row_count"].value == pointer.rows == 2
    assert set(load_snapshot(home, pointer).rows) == {A, B}
    assert f"| {A} |" in str(event.metadata["best"].value)


def test_without_scores_nothing_is_published_and_the_failure_says_what_to_do(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    with pytest.raises(dg.Failure, match="history_complete"):
        run_asset(home)
    assert read_pointer(home) is None


def test_a_snapshot_that_breaks_its_contract_leaves_the_last_one_in_place(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    run_asset(home, score_rows(A))
    before = read_pointer(home)
    with pytest.raises(dg.Failure, match=r"breaks its contract.*p_pos"):
        run_asset(home, score_rows(A, as_of=AS_OF + 1000, p_pos=1.5))
    assert read_pointer(home) == before


def test_the_published_file_carries_the_verdict_on_it(tmp_path: Path) -> None:
    (check,) = run_asset(home_in(tmp_path), score_rows(A)).get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("snapshot", True)
