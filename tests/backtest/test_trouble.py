"""Bad rows are skipped and counted; a test of nothing is refused with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest import run_window
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import CONFIG, END, START, Rows, busy, token
from tests.builders import OTHER_WALLET, WALLET

NAN = float("nan")


def with_bad_rows() -> Rows:
    rows = busy()
    at = START + 30 * HOUR
    rows.fill("x1", 1, at, NAN)
    rows.fill("x2", 1, at, 1.5)
    rows.fill("x3", 1, at, 0.5, size=-3.0)
    rows.fill("x4", 1, at, 0.5, size=NAN)
    rows.fill("x5", 1, at, 0.5, side="SPLIT")
    rows.fill("x6", 1, at, 0.5, event_at=at + MINUTE)
    rows.mid(1, at, NAN)
    rows.mid(1, at + 1, -0.2)
    rows.book(1, at, 0.6, 0.5)
    rows.book(1, at + 1, NAN, 0.5)
    rows.score(START + HOUR, edge_mean=NAN)
    rows.market(4, tick_size=None)
    return rows


def test_rows_that_make_no_sense_are_skipped_and_counted_by_what_is_wrong(done: Done, tmp_path: Path) -> None:
    spoilt = backtest(with_bad_rows(), tmp_path)
    assert spoilt.result.notes is not None
    assert spoilt.result.notes.skipped == {
        "fill with a price outside 0 to 1": 2,
        "fill with a size that is not positive": 2,
        "fill that is neither a BUY nor a SELL": 1,
        "fill known before it happened": 1,
        "mid outside 0 to 1": 2,
        "book whose bid is not below its ask": 1,
        "book with a price outside 0 to 1 or a size that is not positive": 1,
        "score that is not a number": 1,
        "market without tokens, tick size, minimum or fee": 1,
    }
    assert spoilt.result.decisions == done.result.decisions
    assert spoilt.result.report_path is not None
    page = spoilt.result.report_path.read_text()
    for problem in spoilt.result.notes.skipped:
        assert f"skipped: {problem}" in page


def test_gaps_are_on_the_page(done: Done) -> None:
    assert done.result.report_path is not None
    page = done.result.report_path.read_text()
    assert "leader fills in a market the warehouse does not know" in page
    assert "whole days without a fill of anybody followed" in page


@pytest.mark.parametrize(
    ("start", "end", "leaders", "error", "words"),
    [
        (START, START, (WALLET,), ConfigError, "must begin before it ends"),
        (END, START, (WALLET,), ConfigError, "must begin before it ends"),
        (START, END, ("0x" + "ff" * 20,), ConfigError, "no fill of 0xffff"),
        (END + HOUR, END + 2 * HOUR, (WALLET,), InputFileError, "holds fills from"),
    ],
)
def test_a_window_without_anything_to_test_is_refused(
    start: int, end: int, leaders: tuple[str, ...], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        backtest(busy(), tmp_path, start=start, end=end, leaders=leaders)
    assert not list((tmp_path / "reports").glob("backtest-*"))


def test_following_the_best_needs_scores(tmp_path: Path) -> None:
    rows = busy()
    del rows.tables["marts.fct_trader_scores"]
    with pytest.raises(InputFileError, match=r"no score was known before .* backfill_days"):
        backtest(rows, tmp_path, leaders=())


def test_following_nobody_is_refused(tmp_path: Path) -> None:
    config = CopytradeConfig.model_validate({"tracker": {"follow_top": 0}})
    with pytest.raises(ConfigError, match="somebody to follow"):
        backtest(busy(), tmp_path, config=config, leaders=())


def test_a_warehouse_without_tables_is_refused(tmp_path: Path) -> None:
    with duckdb.connect() as con, pytest.raises(InputFileError, match=r"no marts\.fct_fills.* yet; build"):
        run_window(con, CONFIG, Home(tmp_path), START, END, [WALLET])


def test_a_failure_leaves_no_half_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("copytrade_pipelines.backtest.window.write_tables", fail)
    with pytest.raises(OSError, match="disk full"):
        backtest(busy(), tmp_path)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == [".tape"]
    assert not list((tmp_path / "reports" / ".tape").iterdir())


def test_other_leaders_fills_are_not_signals(tmp_path: Path) -> None:
    done = backtest(busy(), tmp_path, leaders=(OTHER_WALLET,))
    assert done.result.decisions == {"copied": 0, "low_p_pos": 1}
    assert token(1) not in {trade.token_id for trade in done.result.trades}
