"""Nothing counts before it could be known, and money is tied up until a payout was."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.core.events import LeaderFillObserved, PositionSettled, ScoresPublished, SignalRejected
from copytrade_live.core.market import DAY, HOUR, MINUTE, BookSource, MarketStatus
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import RejectReason
from copytrade_live.settings import CopytradeConfig
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import CONFIG, END, START, Rows, busy, token
from tests.builders import OTHER_WALLET, WALLET


def test_capital_is_locked_until_the_payout_could_be_known(done: Done) -> None:
    known_at = START + 3 * DAY
    [settled] = [event for event in done.events if isinstance(event, PositionSettled)]
    assert settled.observed_at == known_at
    assert settled.event_at == known_at - HOUR
    at = [point.at for point in done.result.equity].index(known_at)
    before, after = done.result.equity[at - 1 : at + 1]
    assert after.cash - before.cash == pytest.approx(from_micro(settled.cash))
    assert all(row.observed_at >= known_at for row in done.rows if row.type == "MarketResolved")


def test_what_becomes_known_after_the_window_changes_nothing(done: Done, tmp_path: Path) -> None:
    rows = busy()
    rows.resolution(6, END, (0.0, 1.0))
    rows.resolution(3, END + DAY, (0.0, 1.0))
    rows.score(END, p_pos=0.0)
    rows.book(3, END, 0.01, 0.02)
    rows.mid(3, END, 0.01)
    rows.fill("late", 1, END, 0.5)
    planted = backtest(rows, tmp_path)
    assert planted.result.run_id == done.result.run_id
    assert planted.rows == done.rows


def test_a_score_counts_only_from_when_it_was_known(done: Done, tmp_path: Path) -> None:
    # Written with an early as_of, but only known on the third day: before that the run must not differ.
    rows = busy()
    known_at = START + 2 * DAY + HOUR
    rows.score(START - MINUTE, p_pos=0.0, lcb10=-0.5, known_at=known_at)
    rows.fill("f20", 4, known_at - MINUTE, 0.5)
    rows.fill("f21", 4, known_at + MINUTE, 0.5)
    without = busy()
    without.fill("f20", 4, known_at - MINUTE, 0.5)
    planted, plain = backtest(rows, tmp_path / "a"), backtest(without, tmp_path / "b")
    early = [(row.type, row.payload) for row in planted.rows[1:] if row.observed_at < known_at]
    assert early == [(row.type, row.payload) for row in plain.rows[1:] if row.observed_at < known_at]
    assert any(event.observed_at == known_at - MINUTE for event in planted.events)


def test_a_late_score_that_is_newer_takes_effect_when_known(tmp_path: Path) -> None:
    rows = busy()
    known_at = START + 3 * DAY
    rows.score(START + 2 * DAY + HOUR, p_pos=0.0, lcb10=-0.5, known_at=known_at)
    rows.fill("f20", 4, known_at - MINUTE, 0.5)
    rows.fill("f21", 9, known_at + MINUTE, 0.5)
    rows.market(9)
    run = backtest(rows, tmp_path)
    refused = {event.signal_id: event.reason for event in run.events if isinstance(event, SignalRejected)}
    assert refused.get("f21") is RejectReason.LOW_P_POS
    assert "f20" not in refused


def test_before_the_first_score_there_is_none(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1)
    rows.score(START + DAY)
    rows.fill("f1", 1, START + HOUR, 0.5)
    run = backtest(rows, tmp_path, leaders=(WALLET,))
    assert run.result.decisions == {"copied": 0, "no_score": 1}
    [published] = [event for event in run.events if isinstance(event, ScoresPublished)]
    assert published.observed_at == START + DAY


def test_a_market_that_closed_later_was_open_then(tmp_path: Path) -> None:
    rows = Rows()
    closed_at = START + 2 * DAY
    rows.market(1, closed=True, closed_at=closed_at, accepting_orders=False, observed_at=closed_at + MINUTE)
    rows.score(START - HOUR)
    rows.fill("f1", 1, START + HOUR, 0.5)
    rows.fill("f2", 1, closed_at + HOUR, 0.5)
    seen = [
        event
        for event in backtest(rows, tmp_path, leaders=(WALLET,)).events
        if isinstance(event, LeaderFillObserved) and event.market
    ]
    assert [(event.market.status, event.market.accepting_orders) for event in seen if event.market] == [
        (MarketStatus.OPEN, True),
        (MarketStatus.CLOSED, False),
    ]
    assert [event.book is None for event in seen] == [False, True]


def test_the_best_are_followed_as_they_stood_at_each_moment(tmp_path: Path) -> None:
    rows = Rows()
    for number in (1, 2, 3, 4):
        rows.market(number)
    rows.score(START - HOUR, rank=90.0)
    rows.score(START - HOUR, OTHER_WALLET, rank=80.0)
    rows.score(START + DAY, rank=70.0)
    rows.score(START + DAY, OTHER_WALLET, rank=95.0)
    for name, number, at, wallet in (
        ("a1", 1, START + HOUR, WALLET),
        ("b1", 2, START + HOUR, OTHER_WALLET),
        ("a2", 3, START + DAY + HOUR, WALLET),
        ("b2", 4, START + DAY + HOUR, OTHER_WALLET),
    ):
        rows.fill(name, number, at, 0.5, wallet=wallet)
    # The first copy ends at once, so that nothing of the old best is held when it is overtaken.
    rows.resolution(1, START + 2 * HOUR, (1.0, 0.0))
    config = CopytradeConfig.model_validate({**CONFIG.model_dump(), "tracker": {"follow_top": 1}})
    run = backtest(rows, tmp_path, config=config, leaders=())
    seen = [event.signal.signal_id for event in run.events if isinstance(event, LeaderFillObserved)]
    assert seen == ["a1", "b2"]


def test_holdings_before_a_fill_come_from_fills_before_it(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1)
    rows.score(START - HOUR)
    rows.fill("f0", 1, START - DAY, 0.5, size=300.0)
    rows.fill("f1", 1, START + HOUR, 0.5, size=100.0)
    rows.fill("f2", 1, START + 2 * HOUR, 0.5, size=200.0, side="SELL")
    run = backtest(rows, tmp_path, leaders=(WALLET,))
    seen = [event.signal for event in run.events if isinstance(event, LeaderFillObserved)]
    assert [(signal.signal_id, signal.leader_size_before) for signal in seen] == [("f1", 300.0), ("f2", 400.0)]


def test_a_recorded_book_is_used_while_fresh_and_modelled_ones_are_flagged(done: Done) -> None:
    shown = {
        event.signal.signal_id: event.book.source
        for event in done.events
        if isinstance(event, LeaderFillObserved) and event.book
    }
    assert shown["f1"] is BookSource.RECORDED
    assert shown["f2"] is BookSource.MODELLED
    assert done.result.books == {"recorded": 1, "modelled": 8, "none": 1}
    assert done.result.summary.modelled_share == 0.8
    books = {trade.token_id: trade.book for trade in done.result.trades}
    assert (books[token(1)], books[token(2)]) == ("recorded", "modelled")
