"""Old runs are forgotten, their logs with them; what stands for today's tables stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import DAY
from copytrade_live.settings import Home
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.retention import prune


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with prepare_instance(Home(tmp_path)) as made:
        yield made


@dg.asset
def a_table() -> None: ...


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
def a_partition() -> None: ...


def test_old_runs_and_their_logs_go_but_those_that_last_made_an_asset_or_a_partition(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    first, last = (dg.materialize([a_table], instance=instance).run_id for _ in range(2))
    parts = [dg.materialize([a_partition], instance=instance, partition_key=key).run_id for key in "ab"]
    logs = tmp_path / "dagster" / "history" / "runs"
    assert (logs / f"{first}.db").exists()

    assert prune(instance, SystemClock().now() - DAY, at_most=10) == []
    assert prune(instance, SystemClock().now() + DAY, at_most=10) == [first]

    assert {run.run_id for run in instance.get_runs()} == {last, *parts}
    assert not (logs / f"{first}.db").exists()
    assert instance.get_latest_materialization_event(a_table.key) is not None
    assert instance.get_materialized_partitions(a_partition.key) == {"a", "b"}
