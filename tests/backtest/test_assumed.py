"""What is assumed comes from what was known: books fitted before the window, fees as of then, lags as measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.events import LeaderFillObserved, SignalCopied
from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND, BookSource
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest import run_window
from copytrade_pipelines.backtest.book_fit import ANY_CATEGORY, ANY_HOURS, BookModel, Shape
from copytrade_pipelines.backtest.inputs import load_inputs
from copytrade_pipelines.backtest.lags import lag_at
from copytrade_pipelines.backtest.measured_lags import choose_lags
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import AS_PAPER, CONFIG, END, START, Rows
from tests.builders import WALLET

AT = START + HOUR


def assuming(**changes: Any) -> CopytradeConfig:
    return CONFIG.model_copy(update={"backtest": AS_PAPER.model_copy(update=changes)})


def one_copy(category: str = "politics") -> Rows:
    rows = Rows()
    rows.market(1, category=category)
    rows.score(START - HOUR)
    rows.fill("f1", 1, AT, 0.50)
    return rows


def wide_books(rows: Rows, count: int, before: int = DAY, number: int = 1) -> None:
    for place in range(count):
        rows.book(number, START - before + place * MINUTE, 0.46, 0.52, size=3000.0)


def decided(done: Done) -> LeaderFillObserved:
    [seen] = [event for event in done.events if isinstance(event, LeaderFillObserved)]
    return seen


def test_a_book_that_was_not_recorded_looks_like_those_recorded_before(tmp_path: Path) -> None:
    rows = one_copy()
    wide_books(rows, 60)
    fitted = backtest(rows, tmp_path / "fitted", config=assuming(book="fitted"), leaders=(WALLET,))
    book = decided(fitted).book
    assert book is not None
    assert book.source is BookSource.MODELLED
    assert (book.best_bid, book.best_ask) == (0.44, 0.50)
    assert book.asks[0].size * book.asks[0].price == pytest.approx(3000.0 * 0.49)
    assert fitted.result.notes is not None
    assert fitted.result.notes.shapes["fitted"] > 0
    fixed = backtest(rows, tmp_path / "fixed", config=assuming(book="fixed"), leaders=(WALLET,))
    assert decided(fixed).book.best_bid == 0.49  # type: ignore[union-attr]


def test_books_of_the_window_itself_are_not_fitted(tmp_path: Path) -> None:
    rows = one_copy()
    wide_books(rows, 200, before=-2 * HOUR)
    done = backtest(rows, tmp_path, config=assuming(book="fitted"), leaders=(WALLET,))
    assert decided(done).book.best_bid == 0.49  # type: ignore[union-attr]
    assert done.result.notes is not None
    assert done.result.notes.shapes["fixed"] > 0


def test_too_few_books_are_no_fit_and_other_categories_stand_in() -> None:
    own, other = Shape(0.02, 10.0, is_fitted=True), Shape(0.03, 20.0, is_fitted=True)
    model = BookModel(cells={("politics", 3, 1): own, (ANY_CATEGORY, 3, 2): other, (ANY_CATEGORY, 3, ANY_HOURS): own})
    assert model.shape("politics", 0.5, 3.0) is own
    assert model.shape("politics", 0.5, 7.0) is other
    assert model.shape("sports", 0.5, None) is own
    assert model.shape("sports", 0.9, None) == Shape(0.005, 1000.0, is_fitted=False)


def test_a_market_charges_what_it_charged_then(tmp_path: Path) -> None:
    rows = one_copy()
    for at, rate in ((START - DAY, 0.01), (START + 30 * MINUTE, 0.07), (AT + HOUR, 0.2)):
        rows.add("raw.fee_schedules", condition_id=f"0x{1:064x}", observed_at=at, rate=rate, exponent=1.0)
    done = backtest(rows, tmp_path, config=assuming(), leaders=(WALLET,))
    [copied] = [event for event in done.events if isinstance(event, SignalCopied)]
    assert copied.order.fee_rate == 0.07


@pytest.mark.parametrize(("share", "lag"), [(0.0, 100), (0.25, 150), (0.5, 200), (0.75, 600), (0.999999, 999)])
def test_a_lag_lies_on_the_curve(share: float, lag: int) -> None:
    assert lag_at((100, 200, 1000), share) == lag
    assert lag_at((70,), share) == 70


def measured(count: int) -> Rows:
    rows = one_copy()
    for number in range(count):
        at = START + number * MINUTE
        seen = {"run_id": "live-1", "mode": "live", "caused_by": None}
        lag = 1000 + 10 * number
        rows.add(
            "raw.journal",
            **seen,
            seq=3 * number,
            type="LeaderFillObserved",
            event_at=at - lag,
            observed_at=at,
            payload="{}",
        )
        placed, name = json.dumps({"order": {"order_id": f"o{number}"}}), json.dumps({"order_id": f"o{number}"})
        rows.add(
            "raw.journal", **seen, seq=3 * number + 1, type="SignalCopied", event_at=at, observed_at=at, payload=placed
        )
        heard = at + 300
        rows.add(
            "raw.journal",
            **seen,
            seq=3 * number + 2,
            type="OrderAccepted",
            event_at=heard,
            observed_at=heard,
            payload=name,
        )
    return rows


def test_lags_that_the_runner_measured_are_used_once_there_are_enough() -> None:
    with measured(60).connect() as con:
        few = choose_lags(con, BacktestConfig())
        enough = choose_lags(con, BacktestConfig(latency_least_samples=50))
        fixed = choose_lags(con, BacktestConfig(latency_least_samples=50, latency="fixed"))
    assert few.config == BacktestConfig()
    assert "measured 60, below latency_least_samples 200" in few.origins["order_seconds"]
    assert enough.config.order_seconds == (0.3,) * 21
    assert enough.config.detection_seconds[0] == 1.0
    assert enough.config.detection_seconds[-1] == 1.59
    assert enough.origins["detection_seconds"] == "measured on 60 of the runner's"
    assert fixed.origins == {"detection_seconds": "the tape's own", "order_seconds": "as configured"}


def test_measured_lags_are_kept_with_the_run_and_move_what_is_known_when(tmp_path: Path) -> None:
    config = assuming(latency="measured", latency_least_samples=50)
    with measured(60).connect() as con:
        result = run_window(con, config, Home(tmp_path), START, END, (WALLET,))
    assert result.report_path is not None
    inputs = load_inputs(result.report_path.parent)
    assert inputs.config.backtest.order_seconds == (0.3,) * 21
    assert result.notes is not None
    assert result.notes.origins["order_seconds"].startswith("measured on 60")
    assert result.journal_path is not None
    lines = [json.loads(line) for line in result.journal_path.read_text().splitlines()]
    [seen] = [line for line in lines if line["type"] == "LeaderFillObserved"]
    assert SECOND <= seen["observed_at"] - seen["event_at"] <= 1.59 * SECOND
