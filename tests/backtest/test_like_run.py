"""A period run again as a backtest of itself: what differs is found, given its cause, and adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from copytrade_live.core.market import HOUR, SECOND
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest.explained import Cause, Explained, explain
from copytrade_pipelines.backtest.like_run import Assume, LikeRun, TapeFrom, like_run
from copytrade_pipelines.backtest.lived import read_lived
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.warehouse import Warehouse
from tests.backtest.conftest import Done
from tests.backtest.world import CONFIG, START, Rows, busy


def again(done: Done, folder: Path, rows: Rows | None = None, config: CopytradeConfig = CONFIG, **more: Any) -> LikeRun:
    """The busy period, lived before as `done`, tested again on some rows with some config."""
    assert done.result.journal_path is not None
    home = Home(folder)
    warehouse = Warehouse(path=str(home.warehouse))
    with warehouse.connect() as con:
        (rows or busy()).lay(con)
    return like_run(done.result.journal_path.parent, config, home, warehouse, **more)


def adds_up(found: Explained) -> None:
    for row in found.rows:
        assert sum(row.parts.values()) == pytest.approx(row.difference)
    assert sum(row.difference for row in found.rows) == pytest.approx(found.difference)
    assert sum(found.total(cause) for cause in Cause) == pytest.approx(found.difference)


def test_the_same_period_on_the_same_rows_comes_to_the_same(done: Done, tmp_path: Path) -> None:
    found = again(done, tmp_path)
    assert found.explained.rows == []
    assert found.explained.agreed == len(found.lived.signals) == done.result.summary.signals
    assert found.explained.lived == pytest.approx(found.explained.tested)
    assert found.backtest is not None
    assert (found.backtest / "report.html").is_file()


def test_on_the_tape_that_was_lived_copies_come_to_the_same_signals(done: Done, tmp_path: Path) -> None:
    found = again(done, tmp_path, tape_from=TapeFrom.JOURNAL)
    adds_up(found.explained)
    assert found.lived.signals.keys() == found.tested.signals.keys()
    assert {key: seen.answer for key, seen in found.lived.signals.items()} == {
        key: seen.answer for key, seen in found.tested.signals.items()
    }


def test_other_fees_are_explained_by_fees_alone(done: Done, tmp_path: Path) -> None:
    config = override(CONFIG, {"backtest.fees": "none"})
    found = again(done, tmp_path, config=config).explained
    adds_up(found)
    first = found.rows[0]
    assert first.cause is Cause.FEE
    assert first.parts == {Cause.FEE: pytest.approx(first.difference)}
    assert found.total(Cause.FEE) > 0.9 * found.difference > 0


def test_a_signal_that_another_config_refuses_is_the_configs(done: Done, tmp_path: Path) -> None:
    found = again(done, tmp_path, config=override(CONFIG, {"filter.min_leader_notional": 450.0})).explained
    adds_up(found)
    refused = [row for row in found.rows if row.tested_answer == "dust"]
    assert refused
    assert {row.cause for row in refused} == {Cause.CONFIG}


def test_another_version_of_the_code_is_named_before_the_config(done: Done, tmp_path: Path) -> None:
    config = override(CONFIG, {"filter.min_leader_notional": 450.0})
    found = again(done, tmp_path, config=config)
    older = replace(found.lived, code="0.0.1")
    causes = {row.cause for row in explain(older, found.tested, config.decision().digest()).rows if row.lived == 0.0}
    assert causes <= {Cause.CODE, Cause.PATH, Cause.BOOK}
    assert any(Cause.CODE in row.parts for row in explain(older, found.tested, config.decision().digest()).rows)


def test_a_fill_the_warehouse_lacks_is_missing_data(done: Done, tmp_path: Path) -> None:
    rows = busy()
    rows.tables["raw.fills"] = [row for row in rows.tables["raw.fills"] if row["fill_id"] != "f2"]
    found = again(done, tmp_path, rows).explained
    adds_up(found)
    [missing] = [row for row in found.rows if row.signal_id == "f2"]
    assert (missing.tested_answer, missing.tested) == ("not seen", 0.0)
    assert missing.parts == {Cause.MISSING_DATA: pytest.approx(-missing.lived)}


def test_a_dearer_book_is_the_books(done: Done, tmp_path: Path) -> None:
    rows = busy()
    for second in range(-5, 60, 5):
        rows.book(2, START + 2 * HOUR + second * SECOND, 0.39, 0.405)
    found = again(done, tmp_path, rows).explained
    adds_up(found)
    dearer = next(row for row in found.rows if row.signal_id == "f2")
    assert dearer.cause is Cause.BOOK
    assert dearer.parts[Cause.BOOK] < 0.0


def test_what_cannot_be_compared_says_what_to_do(done: Done, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"holds no journal segment .* give the runner's export folder"):
        read_lived(tmp_path, None, None, CONFIG.decision())
    assert done.result.journal_path is not None
    with pytest.raises(InputFileError, match="holds no leader's fill in the period"):
        read_lived(done.result.journal_path, START + 900 * HOUR, None, CONFIG.decision())
    with pytest.raises(ConfigError, match=r"has no fill of .* or use --tape journal"):
        again(done, tmp_path, Rows())


def test_rows_are_kept_with_a_column_a_cause(done: Done, tmp_path: Path) -> None:
    found = again(done, tmp_path, config=override(CONFIG, {"backtest.fees": "none"}), assume=Assume.CONFIG)
    table = pq.read_table(found.folder / "rows.parquet")
    assert table.num_rows == len(found.explained.rows)
    assert {"latency", "book", "fee", "code", "config", "missing_data", "path"} <= set(table.column_names)
    parts = sum(sum(table[cause.value.replace(" ", "_")].to_pylist()) for cause in Cause)
    assert parts == pytest.approx(found.explained.difference)
