"""History of one's own runs as docs/own-history.md shows; what makes no sense in it is left out and counted."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.market import BookSource
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.own_data import HistoricalFill, OwnTape
from tests.builders import CONDITION, NOW, WALLET, YES, book, config, market, snapshot

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "own-history.md").read_text(encoding="utf-8")
NAN = float("nan")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in re.findall(r"```python title=(\w+)\.py\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("page")
def test_the_page_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    __import__("my_backtest")
    assert re.fullmatch(r"3 copies, \d+\.\d\d \$ after fees; left out: {}\n", capsys.readouterr().out)


@pytest.mark.usefixtures("page")
def test_the_models_of_the_page_are_used() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    own = BacktestConfig.model_validate({**yaml.safe_load(text)["backtest"], "settlement_seconds": 0.0})
    tape = own_tape([fill("1")], size=30.0)
    result = run(tape, config(filter={"min_liquidity": 1.0}), assumptions=own, books=tape.books(), until=NOW + 10_000)
    assert result.trades[0].size == 15_000_000


def fill(name: str, **changes: Any) -> HistoricalFill:
    values: dict[str, Any] = {
        "fill_id": name,
        "wallet": WALLET,
        "condition_id": CONDITION,
        "token_id": YES,
        "side": "BUY",
        "price": 0.5,
        "size": 1000.0,
        "event_at": NOW - 3000,
        "known_at": NOW,
    }
    return HistoricalFill(**{**values, **changes})


def own_tape(fills: list[HistoricalFill], size: float = 5000.0) -> OwnTape:
    shown = book()
    return OwnTape(
        fills=fills,
        book_at=lambda token, now: book(
            token_id=token,
            bids=tuple(type(level)(level.price, size) for level in shown.bids),
            asks=tuple(type(level)(level.price, size) for level in shown.asks),
            event_at=now,
            observed_at=now,
            source=BookSource.MODELLED,
        ),
        markets={CONDITION: market()},
        scores=[(NOW - 60_000, snapshot())],
    )


def test_rows_that_make_no_sense_are_left_out_and_counted() -> None:
    bad = [
        fill("2", size=-5.0),
        fill("3", price=NAN),
        fill("4", size=NAN),
        fill("1"),
        fill("5", side="SPLIT"),
        fill("6", event_at=NOW + 1),
        fill("7", condition_id="elsewhere", token_id="9"),
    ]
    tape = own_tape([fill("1"), *bad])
    result = run(tape, config(), books=tape.books(), until=NOW + 10_000)
    assert tape.notes.skipped == {
        "fill with a size that is not positive": 2,
        "fill with a price outside 0 to 1": 1,
        "fill listed twice": 1,
        "fill that is neither a BUY nor a SELL": 1,
        "fill known before it happened": 1,
    }
    assert tape.notes.gaps == {"leader fills in a market that was not given": 1}
    assert result.decisions == {"copied": 1, "no_market": 1}
    assert result.books == {"modelled": 2}


def test_fills_out_of_order_are_refused() -> None:
    tape = own_tape([fill("1"), fill("2", event_at=NOW - 9000, known_at=NOW - 5000)])
    with pytest.raises(InputFileError, match="goes back in time"):
        run(tape, config(), books=tape.books())
