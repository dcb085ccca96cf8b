"""A run's folder holds what it was made from: it is found by a piece of its name, and runs again to the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.settings import Home
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.inputs import (
    default_tape,
    differences,
    find_run,
    load_inputs,
    load_rows,
    run_folders,
)
from copytrade_pipelines.backtest.kept_inputs import prune_inputs
from copytrade_pipelines.backtest.past_runs import past_runs
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import CONFIG, END, START, busy


def folder_of(done: Done) -> Path:
    assert done.result.report_path is not None
    return done.result.report_path.parent


def test_a_run_from_its_kept_inputs_gives_the_same_journal(done: Done, tmp_path: Path) -> None:
    inputs = load_inputs(folder_of(done))
    tape = default_tape(inputs)
    again = run(
        tape,
        inputs.config,
        run_id=inputs.run_id,
        books=tape.books(),
        follow=inputs.follow,
        started_at=inputs.window.start,
        until=inputs.window.end,
        journal=tmp_path,
    )
    assert again.journal_path is not None
    assert done.result.journal_path is not None
    assert again.journal_path.read_bytes() == done.result.journal_path.read_bytes()


def test_a_run_is_found_by_its_id_the_beginning_of_it_or_as_the_last(done: Done) -> None:
    folder = folder_of(done)
    home = Home(folder.parent.parent)
    for name in ("last", folder.name, folder.name[:14], folder.name.partition("-")[2][:5]):
        assert find_run(home, name) == folder
    with pytest.raises(ConfigError, match=r"'backtest-none' is no run .* newest: backtest-"):
        find_run(home, "backtest-none")
    [listed] = past_runs(home)
    assert (listed.run_id, listed.start, listed.end, listed.leaders) == (folder.name, START, END, 2)
    assert {"report.html", "trades.csv", "journal"} <= set(listed.paths())


def test_without_any_run_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    assert run_folders(Home(tmp_path)) == []
    with pytest.raises(ConfigError, match=r"there is no backtest in .* make one with: copytrade backtest"):
        find_run(Home(tmp_path), "last")


def test_what_differs_between_two_runs_is_named(done: Done, tmp_path: Path) -> None:
    other = CONFIG.model_copy(update={"exit": CONFIG.exit.model_copy(update={"stop_loss": 0.5})})
    changed = backtest(busy(), tmp_path, config=other, end=END - 1)
    found = differences(load_inputs(folder_of(done)), load_inputs(folder_of(changed)))
    assert set(found) == {"exit.stop_loss", "window"}
    assert found["exit.stop_loss"] == (0.12, 0.5)
    assert differences(load_inputs(folder_of(done)), load_inputs(folder_of(done))) == {}


def test_the_rows_of_old_runs_make_room_and_the_rest_of_them_stays(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for stop_loss in (0.1, 0.2, 0.3):
        other = CONFIG.model_copy(update={"exit": CONFIG.exit.model_copy(update={"stop_loss": stop_loss})})
        backtest(busy(), tmp_path, config=other)
    newest, middle, oldest = run_folders(home)
    size = sum(path.stat().st_size for path in (newest / "inputs").glob("*.parquet"))
    assert prune_inputs(home, round(2.5 * size)) == [oldest.name]
    assert prune_inputs(home, 0) == [middle.name]
    assert run_folders(home) == [newest, middle, oldest]
    assert load_rows(newest).run_id == newest.name
    assert load_inputs(oldest).config.exit.stop_loss == 0.1
    with pytest.raises(InputFileError, match=r"kept no rows .* pipelines.keep_inputs_gib"):
        load_rows(oldest)


def test_inputs_that_are_missing_or_broken_are_said_so(tmp_path: Path) -> None:
    folder = tmp_path / "backtest-1"
    with pytest.raises(InputFileError, match="backtest-1 kept no inputs"):
        load_inputs(folder)
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / "run.json").write_text(json.dumps({"run_id": "x"}))
    with pytest.raises(InputFileError, match="cannot be read: 'window'"):
        load_inputs(folder)
