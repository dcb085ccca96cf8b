"""Sweeps and walk-forwards: every point is its own backtest, shards make one table, and the past alone chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY
from copytrade_live.errors import InputFileError
from copytrade_live.settings import Home
from copytrade_pipelines.assets import sweeps, walks
from copytrade_pipelines.assets.sweeps import points_so_far
from copytrade_pipelines.backtest import run, sweep
from copytrade_pipelines.backtest.folds import folds
from copytrade_pipelines.backtest.grid import parse_grid, points_of
from copytrade_pipelines.backtest.inputs import default_tape, load_inputs
from copytrade_pipelines.backtest.performance import daily_closes
from copytrade_pipelines.backtest.sweep_window import sweep_window
from copytrade_pipelines.backtest.walk_forward import best, chained_return, walk_forward
from copytrade_pipelines.backtest.window import window_of
from copytrade_pipelines.partitions import SHARD_KEYS
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import Warehouse
from tests.backtest.conftest import Done
from tests.backtest.world import CONFIG, END, START, busy
from tests.builders import WALLET

GRID = {"exit.stop_loss": [0.12, 0.5], "exit.take_profit": [0.3, 5.0]}
POINTS = points_of(parse_grid({"settings": GRID}, origin="grid"), CONFIG)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("sweeps"))
    with Warehouse(path=str(made.warehouse)).connect() as con:
        busy().lay(con)
    return made


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def materialize(
    home: Home, instance: dg.DagsterInstance, assets: list[dg.AssetsDefinition], name: str, **more: Any
) -> Any:
    config = {"leaders": [WALLET], "grid": GRID, **more.pop("config", {})}
    return dg.materialize(
        assets,
        instance=instance,
        resources={
            "warehouse": Warehouse(path=str(home.warehouse)),
            "venue": VenueResource.of(CONFIG.venue),
            "settings": Settings.of(CONFIG, home),
        },
        run_config={"ops": {name: {"config": config}}},
        **more,
    )


def shown(result: Any, name: str) -> dict[str, Any]:
    [event] = result.asset_materializations_for_node(name)
    return {key: value.value for key, value in event.metadata.items()}


def test_each_point_is_the_backtest_of_its_configuration(done: Done) -> None:
    assert done.result.report_path is not None
    inputs = load_inputs(done.result.report_path.parent)
    tape = default_tape(inputs)
    span = {"follow": inputs.follow, "started_at": inputs.window.start, "until": inputs.window.end}
    found = sweep(tape, [point.config for point in POINTS], **span)
    for point, result in zip(POINTS, found, strict=True):
        alone = run(tape, point.config, books=tape.books(), **span)
        assert result.trades == alone.trades
        assert result.summary.final_equity == alone.summary.final_equity
        assert daily_closes(result.equity).tolist() == daily_closes(alone.equity).tolist()
    assert len({result.summary.pnl for result in found}) > 1


def test_shards_run_apart_and_their_points_stand_in_one_table(home: Home, instance: dg.DagsterInstance) -> None:
    config = {"from_day": to_iso(START), "to_day": to_iso(END)}
    results = [
        shown(
            materialize(home, instance, sweeps.ASSETS, "sweep_points", config=config, partition_key=key),
            "sweep_points",
        )
        for key in SHARD_KEYS[:5]
    ]
    assert len({result["sweep_id"] for result in results}) == 1
    assert [result["points_done"] for result in results[:4]] == [1, 2, 3, 4]
    assert results[4]["points_done"] == 4
    last = results[3]
    assert last["plot_returns"].startswith("![returns of all points](data:image/png;base64,")
    with Warehouse(path=str(home.warehouse)).connect() as con:
        rows = points_so_far(con, last["sweep_id"])
    assert sorted(row["point"] for row in rows) == [0, 1, 2, 3]
    assert [row["total_return"] for row in rows] == sorted((row["total_return"] for row in rows), reverse=True)
    assert last["run_the_best"].startswith("copytrade backtest --from ")
    assert all(json.loads(row["changes"]).keys() == GRID.keys() for row in rows)


def test_a_wrong_value_in_a_grid_ends_the_step_with_its_message(home: Home, instance: dg.DagsterInstance) -> None:
    config = {"from_day": to_iso(START), "to_day": to_iso(END), "grid": {"exit.stop_loss": [0.1, 9.0]}}
    failed = materialize(
        home,
        instance,
        sweeps.ASSETS,
        "sweep_points",
        config=config,
        partition_key=SHARD_KEYS[0],
        raise_on_error=False,
    )
    [step] = [event for event in failed.all_events if event.is_step_failure]
    assert "grid: exit.stop_loss" in str(step.event_specific_data)
    assert "was 9.0" in str(step.event_specific_data)


def test_a_fold_is_tested_with_what_was_best_before_it(home: Home) -> None:
    cut = folds(START, END, 2 * DAY, DAY, DAY)
    with Warehouse(path=str(home.warehouse)).connect() as con:

        def sweeps_of(first: int, last: int, points: Any) -> Any:
            return sweep_window(con, home, window_of(CONFIG, first, last, [WALLET]), points)

        walk = walk_forward(cut, POINTS, CONFIG, sweeps_of)
        [step] = walk.steps
        again = best(sweeps_of(step.fold.train_start, step.fold.train_end, POINTS))
    assert step.trained.point == again.point == step.tested.point
    assert (step.trained.window.end, step.tested.window.start) == (START + 2 * DAY, START + 3 * DAY)
    assert step.unchanged.point.changes == {}
    assert chained_return(walk.steps) == pytest.approx(step.tested.result.summary.total_return)


def test_folds_without_data_are_told_and_none_at_all_is_an_error() -> None:
    def nothing(first: int, last: int, points: Any) -> Any:
        raise InputFileError("no fill of anybody")

    with pytest.raises(InputFileError, match="no fold holds anything to test: no fill of anybody"):
        walk_forward(folds(START, END, DAY, DAY, 0), POINTS, CONFIG, nothing)


def test_the_walk_forward_asset_writes_a_row_a_fold(home: Home, instance: dg.DagsterInstance) -> None:
    config = {
        "to_day": to_iso(END),
        "train_days": 2.0,
        "test_days": 1.0,
        "purge_days": 1.0,
        "folds": 1,
        "grid": {"exit.stop_loss": [0.12, 0.5]},
    }
    found = shown(materialize(home, instance, walks.ASSETS, "walk_forward", config=config), "walk_forward")
    assert found["dagster/row_count"] == 1
    assert found["plot_tests"].startswith("![tests]")
    with Warehouse(path=str(home.warehouse)).connect() as con:
        [row] = con.execute(
            "select fold, epoch_ms(train_to), epoch_ms(from_at) from marts.walk_forward_folds"
        ).fetchall()
    assert row == (0, END - 2 * DAY, END - DAY)
