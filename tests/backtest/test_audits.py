"""Audits of backtests: an honest run passes, planted look-ahead is caught, and what hangs on the start is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path

import duckdb
import pytest

from copytrade_live.core.events import Observation
from copytrade_live.core.market import DAY, HOUR, MINUTE, Book, Instant
from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.altered import KNOWN_AT, POISON, Change, alter
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.backtest.detection import extract_as_assumed
from copytrade_pipelines.backtest.extract import FILES, Window
from copytrade_pipelines.backtest.inputs import RunInputs, default_tape, load_inputs
from copytrade_pipelines.backtest.lookahead import audit_lookahead
from copytrade_pipelines.backtest.prints import Print
from copytrade_pipelines.backtest.recursion import Kind, audit_recursion
from copytrade_pipelines.backtest.tape import WarehouseTape
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import CONFIG, END, LAG, START, Rows, busy
from tests.builders import WALLET

AFTER_F2 = START + 2 * HOUR + MINUTE


@pytest.fixture(scope="module")
def inputs(done: Done) -> RunInputs:
    assert done.result.report_path is not None
    return load_inputs(done.result.report_path.parent)


def test_a_run_that_looks_only_back_passes_and_is_reproduced(done: Done, inputs: RunInputs) -> None:
    audit = audit_lookahead(inputs, samples=4, journal=done.result.journal_path)
    assert audit.is_reproduced
    assert len(audit.cuts) == 4
    assert audit.steps > 100
    assert audit.found == ()


class SeesTheNextMinute:
    """Books as they will be in a minute."""

    def __init__(self, feed: BookFeed) -> None:
        self._feed = feed

    def book(self, token_id: str, now: Instant) -> Book | None:
        return self._feed.book(token_id, now + MINUTE)

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        return self._feed.prints(token_id, since, until)

    def saw(self, observation: Observation) -> None:
        self._feed.saw(observation)


def with_books(given: RunInputs, wrap: Callable[[BookFeed], BookFeed]) -> WarehouseTape:
    """The run's own tape, its books handed through something."""
    tape = default_tape(given)

    class Wrapped(WarehouseTape):
        def books(self) -> BookFeed:  # type: ignore[override]
            return wrap(tape.books())

    return Wrapped(**{item.name: getattr(tape, item.name) for item in fields(tape)})


def test_a_book_feed_that_peeks_is_caught(inputs: RunInputs) -> None:
    audit = audit_lookahead(inputs, samples=5, make_tape=lambda given: with_books(given, SeesTheNextMinute))
    assert audit.found
    assert {found.change for found in audit.found} == set(Change)
    assert any(found.is_decision for found in audit.found)
    assert all(found.at < found.cut_at for found in audit.found)


def test_scores_that_are_used_before_they_were_known_are_caught(tmp_path: Path) -> None:
    rows = busy()
    rows.score(START + 2 * HOUR, p_pos=0.1, lcb10=-0.5, known_at=START + DAY)
    run = backtest(rows, tmp_path)
    assert run.result.report_path is not None

    def early(given: RunInputs) -> WarehouseTape:
        # Takes the time a score speaks of for the time it was known at.
        return default_tape(rewritten(given, tmp_path, "scores", "select * replace (as_of as known_at) from old"))

    honest = load_inputs(run.result.report_path.parent)
    assert not audit_lookahead(honest, cuts=[START + 6 * HOUR]).found
    caught = audit_lookahead(honest, cuts=[START + 6 * HOUR], make_tape=early)
    assert {found.subject for found in caught.found if found.is_decision} >= {"f3"}


def measured(count: int = 40) -> Rows:
    """The busy window, and a journal that says fills were known five minutes after they happened, or a little more."""
    rows = busy()
    for seq in range(count):
        seen = {"type": "LeaderFillObserved", "mode": "paper", "run_id": "r", "seq": seq, "payload": "{}"}
        at = START - DAY + seq * MINUTE
        rows.add("raw.journal", **seen, event_at=at, observed_at=at + 5 * MINUTE + seq * 1000)
    return rows


def test_measured_lags_are_no_look_ahead_and_ignoring_them_is(tmp_path: Path) -> None:
    own = CONFIG.backtest.model_copy(update={"latency": "measured", "latency_least_samples": 20})
    run = backtest(measured(), tmp_path, config=CONFIG.model_copy(update={"backtest": own}))
    assert run.result.report_path is not None
    honest = load_inputs(run.result.report_path.parent)
    assert len(honest.config.backtest.detection_seconds) > 2
    happened = START + HOUR - LAG
    with duckdb.connect() as con:
        query = f"select observed_at - event_at from '{honest.extract.path('fills')}' where fill_id = 'f1'"
        [[lag]] = con.execute(query).fetchall()
    assert lag >= 5 * MINUTE
    cuts = [happened + 2 * MINUTE, happened + lag + MINUTE]
    audit = audit_lookahead(honest, cuts=cuts, journal=run.result.journal_path)
    assert (audit.is_reproduced, audit.found) == (True, ())

    def at_once(given: RunInputs) -> WarehouseTape:
        # Takes the time at which a fill happened for the time at which we would have learned of it.
        return default_tape(rewritten(given, tmp_path, "fills", "select * replace (event_at as observed_at) from old"))

    caught = audit_lookahead(honest, cuts=cuts, make_tape=at_once)
    assert "f1" in {found.subject for found in caught.found if found.is_decision}


def test_an_earlier_start_draws_the_same_lags(tmp_path: Path) -> None:
    own = CONFIG.backtest.model_copy(update={"detection_seconds": (1.0, 60.0, 600.0), "latency": "fixed"})
    config = CONFIG.model_copy(update={"backtest": own})
    window = Window(start=START, end=END, leaders=(WALLET,))
    with busy().connect() as con:
        two = [
            extract_as_assumed(con, replace(window, start=start), config, tmp_path / str(start))
            for start in (START, START - DAY)
        ]
    known = [
        duckdb.sql(f"select fill_id, observed_at from '{one.path('fills')}' order by all").fetchall() for one in two
    ]
    assert known[0] == known[1]


def rewritten(given: RunInputs, scratch: Path, name: str, query: str) -> RunInputs:
    """The inputs with one file made anew by a query of the old one."""
    folder = scratch / f"rewritten-{len(list(scratch.iterdir()))}"
    shutil.copytree(given.extract.folder, folder)
    with duckdb.connect() as con:
        con.execute(f"create view old as select * from '{given.extract.path(name)}'")
        con.execute(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")
    return replace(given, extract=replace(given.extract, folder=folder))


def test_of_every_file_it_is_said_when_its_rows_become_known(inputs: RunInputs, tmp_path: Path) -> None:
    assert set(KNOWN_AT) == set(FILES)
    assert set(POISON) == {name for name, column in KNOWN_AT.items() if column}
    for change in Change:
        folder = tmp_path / change
        folder.mkdir()
        altered = alter(inputs, AFTER_F2, change, folder)
        for name in FILES:
            with duckdb.connect() as con:
                before, after = (
                    con.execute(f"describe select * from '{one.extract.path(name)}'").fetchall()
                    for one in (inputs, altered)
                )
            assert before == after, name


def test_a_cut_outside_the_window_is_refused(inputs: RunInputs) -> None:
    with pytest.raises(ConfigError, match="is not in it"):
        audit_lookahead(inputs, cuts=[END])
    with pytest.raises(ConfigError, match="is not in it"):
        audit_recursion(inputs, starts=[START])


def test_a_start_later_changes_equity_and_no_data(tmp_path: Path) -> None:
    run = backtest(busy(), tmp_path)
    assert run.result.report_path is not None
    audit = audit_recursion(load_inputs(run.result.report_path.parent), starts=[START + HOUR + MINUTE])
    names = {spread.name: spread for spread in audit.spreads}
    assert names["leader held before"].differing == names["book from"].differing == 0
    assert names["copied"].compared >= 7
    assert all(spread.kind is not Kind.DATA for spread in audit.above(0.0))


def test_a_tape_that_knows_holdings_only_from_its_start_is_caught_as_data(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1)
    rows.score(START - HOUR)
    rows.fill("f1", 1, START + HOUR, 0.5)
    rows.fill("f2", 1, START + 2 * HOUR, 0.55, size=500.0)
    run = backtest(rows, tmp_path / "run", leaders=(WALLET,))
    assert run.result.report_path is not None
    inputs = load_inputs(run.result.report_path.parent)

    def forgetful(given: RunInputs) -> WarehouseTape:
        query = f"select * from old where observed_at >= {given.window.start}"
        return default_tape(rewritten(given, tmp_path, "fills", query))

    honest = audit_recursion(inputs, starts=[START + HOUR + MINUTE])
    caught = audit_recursion(inputs, starts=[START + HOUR + MINUTE], make_tape=forgetful)
    assert [spread for spread in honest.above(0.0) if spread.kind is Kind.DATA] == []
    [held] = [spread for spread in caught.above(0.0) if spread.kind is Kind.DATA]
    assert (held.name, held.example) == ("leader held before", "f2: 1000 against 0")
