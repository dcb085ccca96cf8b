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


def test_books_that_cannot_be_are_left_out_and_gaps_in_them_are_counted(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1, start_at=START + 30 * MINUTE)
    rows.score(START - HOUR)
    at = START + 2 * HOUR
    rows.book(1, START + 10 * MINUTE, 0.10, 0.11)
    rows.book(1, START + 20 * MINUTE, 0.12, 0.13)
    rows.book(1, at - HOUR, 0.49, 0.50)
    rows.fill("early", 1, START + 25 * MINUTE, 0.5)
    rows.fill("f1", 1, at, 0.5)
    rows.fill("f2", 1, at + 10 * HOUR, 0.5)
    done = backtest(rows, tmp_path, leaders=(WALLET,), end=at + 10 * HOUR + MINUTE)
    notes = done.result.notes
    assert notes is not None
    assert notes.skipped == {"book recorded before its market opened": 2}
    assert notes.gaps["leader fills before their market is said to have opened"] == 1
    assert notes.gaps["looks at a book whose last recording was too old"] >= 1
    assert notes.books == {"none": 1, "modelled": 2}
    assert done.result.report_path is not None
    page = done.result.report_path.read_text()
    for words in (*notes.skipped, *notes.gaps):
        assert words in page


def test_a_fill_that_comes_twice_is_one_signal(tmp_path: Path) -> None:
    rows = busy()
    with rows.connect() as con:
        con.execute("create table twice as select * from marts.fct_fills")
        con.execute("drop view if exists marts.fct_fills")
        con.execute("drop table if exists marts.fct_fills")
        con.execute("create table marts.fct_fills as select * from twice union all select * from twice")
        result = run_window(con, CONFIG, Home(tmp_path), START, END, [WALLET, OTHER_WALLET])
    assert result.notes is not None
    assert result.notes.skipped == {"fill listed twice": 10}
    assert result.decisions["copied"] == 5


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
