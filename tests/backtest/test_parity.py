"""The backtest is the same engine: replay agrees, a prefix decides as the whole, equal rows give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from copytrade_live.core.codec import dumps, encode
from copytrade_live.core.events import ExitDecided, Observation, PositionSettled, SignalCopied, SignalRejected
from copytrade_live.core.state import evolve, initial_state
from copytrade_live.errors import InputFileError
from copytrade_live.replay import read_rows, replay
from copytrade_live.store.rows import to_line, to_row
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.ledger import Ledger
from copytrade_pipelines.backtest.summary import summarise
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import CONFIG, busy
from tests.builders import NOW, book_seen, leader_fill
from tests.parity.tape import BOLD, random_tape

FACTS = (SignalCopied, SignalRejected, ExitDecided, PositionSettled)


def test_replaying_the_journal_agrees_on_every_decision(done: Done) -> None:
    report = replay(done.rows, CONFIG.decision())
    assert report.agrees
    assert report.agreed == report.decisions > len(done.result.trades)


def test_the_runs_facts_cover_copies_refusals_exits_and_payouts(done: Done) -> None:
    assert {type(event) for event in done.events}.issuperset(FACTS)
    assert done.result.decisions == {
        "copied": 5,
        "dust": 1,
        "low_p_pos": 1,
        "price_out_of_band": 1,
        "no_market": 1,
    }
    assert done.result.exits == {"take_profit": 1, "mirror": 1, "stop_loss": 1, "resolution": 1}


def test_journal_lines_are_the_runners_own(done: Done) -> None:
    assert done.result.journal_path is not None
    lines = done.result.journal_path.read_bytes().splitlines(keepends=True)
    for row, line in zip(done.rows, lines, strict=True):
        assert to_line(to_row(row.event, seq=row.seq, run_id=row.run_id, caused_by=row.caused_by)) == line


def test_equal_rows_give_the_same_run_byte_for_byte(done: Done, tmp_path: Path) -> None:
    again = backtest(busy(), tmp_path)
    assert again.result.run_id == done.result.run_id
    assert again.rows == done.rows


def test_another_setting_is_another_run(done: Done, tmp_path: Path) -> None:
    other = CONFIG.model_copy(update={"exit": CONFIG.exit.model_copy(update={"stop_loss": 0.5})})
    changed = backtest(busy(), tmp_path, config=other)
    assert changed.result.run_id != done.result.run_id
    assert "stop_loss" not in changed.result.exits


@pytest.mark.parametrize("length", [4, 30, 90, 140])
def test_any_prefix_of_a_tape_decides_exactly_as_the_whole_did(length: int, tmp_path: Path) -> None:
    tape = random_tape(11)
    whole, prefix = journal_of(tape, tmp_path / "whole"), journal_of(islice(tape, length), tmp_path / "prefix")
    assert len(prefix) > length
    assert whole[: len(prefix)] == prefix


def test_summary_and_trades_fold_from_the_journal(done: Done) -> None:
    ledger, state, step = Ledger(), initial_state(), []
    for row in [*done.rows, None]:
        if step and (row is None or row.caused_by is None):
            ledger.fold(step, state)
            step = []
        if row is not None:
            step.append(row.event)
            state = evolve(state, row.event)
    ledger.finish(done.result.ended_at, state)
    assert summarise(ledger) == done.result.summary
    assert tuple(ledger.trades.values()) == done.result.trades


def test_profit_of_all_copies_is_the_change_of_equity(done: Done) -> None:
    summary = done.result.summary
    assert sum(trade.pnl for trade in done.result.trades) == pytest.approx(summary.final_equity - 1000.0)
    assert summary.pnl == pytest.approx(summary.final_equity - summary.starting_cash)


def test_a_tape_that_goes_back_in_time_is_refused() -> None:
    with pytest.raises(InputFileError, match="goes back in time"):
        run([leader_fill(NOW), book_seen(NOW - 1, 0.4, 0.5)], BOLD)


def test_an_empty_tape_is_refused() -> None:
    with pytest.raises(InputFileError, match="holds no observations"):
        run([], BOLD)


def journal_of(tape: Iterable[Observation], folder: Path) -> list[str]:
    result = run(tape, BOLD, journal=folder)
    assert result.journal_path is not None
    return [dumps(encode(row.event)) for row in read_rows(result.journal_path)]
