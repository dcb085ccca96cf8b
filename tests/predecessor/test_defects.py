"""The predecessor's 21 proven defects, one test each: where it can be said in a line, the old rule fails first."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from polymarket._internal.actions.orders.post import parse_order_response
from polymarket.models.clob.account import ClobTrade
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.clock import SystemClock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.decide import Approved, decide
from copytrade_live.core.engine import PlaceOrder, State, Step, initial_state, step
from copytrade_live.core.events import (
    CopyClosed,
    LeaderMuted,
    MarketResolved,
    OrderFilled,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.exits import Exit, decide_exit
from copytrade_live.core.fills import fill_against
from copytrade_live.core.market import DAY, HOUR, MICRO, Side
from copytrade_live.core.pricing import fee_cash
from copytrade_live.core.reasons import ExitReason, Rejected, RejectReason
from copytrade_live.ports import PostAccepted, PostStatus
from copytrade_live.replay import read_rows, replay
from copytrade_live.runner.app import CONTROL_SECONDS
from copytrade_live.runner.phases import Phase, run_side_by_side
from copytrade_live.runner.tracking.ports import SourceName
from copytrade_live.settings import Home, home_from_environment
from copytrade_live.store.views import read_view
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.trading.answers import read_answer
from copytrade_live.venue.trading.own_trades import Fees, own_trades
from copytrade_live.venue.wire_clob import parse_book
from copytrade_live.venue.wire_data import parse_fill
from copytrade_live.venue.wire_gamma import parse_market
from tests import builders
from tests.backtest.conftest import backtest
from tests.backtest.world import START, Rows
from tests.builders import NOW, at
from tests.cli.journals import write_journal
from tests.predecessor import old_rules
from tests.scoring.conftest import crowded  # noqa: F401 - a fixture
from tests.scoring.test_scores import steady
from tests.venue.loopback import Script, served
from tests.venue.rows_on_the_wire import v2_fill
from tests.venue.samples import needs_shared, sample
from tests.venue.test_apis import asking, envelope, questions

ROOT = Path(__file__).resolve().parents[2]
CONFIG = DecisionConfig()


def run(observations: list[Any], config: DecisionConfig = CONFIG, state: State | None = None) -> list[Step]:
    """The steps of a run over these observations."""
    steps, state = [], state or initial_state()
    for observation in observations:
        steps.append(step(state, observation, config))
        state = steps[-1].state
    return steps


def facts(steps: list[Step], kind: type) -> list[Any]:
    return [event for done in steps for event in done.events if isinstance(event, kind)]


def filled(order: Any, now: int, book: Any = None) -> list[OrderFilled]:
    """The order's fills against a book, as observations."""
    levels = (book or builders.book()).asks if order.side is Side.BUY else (book or builders.book()).bids
    return [OrderFilled(**at(now), fill=fill) for fill in fill_against(order, order.size, levels, 1)]


def test_defect_01_a_new_leader_is_copied_from_an_empty_database_and_graduates() -> None:
    prices = [number / 100 for number in range(3, 98)]
    assert max(old_rules.kelly_full(price, old_rules.edge_of_a_new_trader()) for price in prices) <= 1e-12

    new = builders.snapshot(builders.score(n_events=0, n_eff=0.0, edge_mean=0.0, p_pos=0.5, lcb10=-0.2))
    opened = builders.opening()
    opened[1] = dataclasses.replace(opened[1], snapshot=new)
    [copied] = facts(run([*opened, builders.leader_fill()]), SignalCopied)
    assert copied.sizing.is_probation
    assert copied.sizing.notional == CONFIG.sizing.probation_notional
    [graduated] = facts(run([*builders.opening(), builders.leader_fill()]), SignalCopied)
    assert not graduated.sizing.is_probation
    assert graduated.sizing.notional > copied.sizing.notional


@pytest.mark.parametrize("pnls", [[-2.0], [5.0] * 20 + [-25.0], [-0.99, 1.0] * 15])
def test_defect_02_a_first_loss_or_one_bad_day_does_not_cut_a_leader_off(pnls: list[float]) -> None:
    assert old_rules.max_drawdown(pnls) >= 0.20

    state, closed, now = initial_state(), [], NOW
    for pnl in pnls:
        held = builders.position(size=100 * MICRO, cost=round((100 - pnl) * MICRO))
        portfolio = dataclasses.replace(state.portfolio, positions={held.token_id: held})
        state = dataclasses.replace(state, portfolio=portfolio)
        payouts = ((builders.YES, 1.0), (builders.NO, 0.0))
        done = step(state, MarketResolved(**at(now), condition_id=builders.CONDITION, payouts=payouts), CONFIG)
        state, now = done.state, now + HOUR
        closed += [event for event in done.events if isinstance(event, CopyClosed)]
        assert not [event for event in done.events if isinstance(event, LeaderMuted)]
    assert [one.pnl for one in closed] == [round(pnl * MICRO) for pnl in pnls]
    records = state.portfolio.records
    answer = decide(builders.context(portfolio=builders.portfolio(records=records), now=now))
    assert getattr(answer, "reason", None) is not RejectReason.WALLET_MUTED
    record = records[builders.WALLET]
    assert record.shortfall_at(now + 30 * DAY, 30.0) <= record.shortfall_at(now, 30.0) / 1.99


@needs_shared
def test_defect_03_the_best_prices_of_recorded_books_are_the_best() -> None:
    sent = sample("clob_book_2024.json")
    assert old_rules.best_prices(sent) != (0.10, 0.14)

    book = parse_book(sent, observed_at=NOW)
    prices = [[float(level["price"]) for level in sent[side]] for side in ("bids", "asks")]
    assert (book.best_bid, book.best_ask) == (max(prices[0]), min(prices[1])) == (0.10, 0.14)


@pytest.mark.parametrize("name", ["Lakers", "Up", "Down", "Over 215.5", "Yes"])
def test_defect_04_any_outcome_name_is_followed_and_the_token_decides(name: str) -> None:
    assert (old_rules.known_outcome(name) is None) == (name != "Yes")

    fill = parse_fill(v2_fill(outcome=name))
    assert fill.outcome == name
    [copied] = facts(run([*builders.opening(), builders.leader_fill(outcome=name)]), SignalCopied)
    assert copied.token_id == builders.YES


def test_defect_05_fills_that_rested_on_the_book_are_asked_for_too() -> None:
    from copytrade_live.venue.data_api import DataApi

    script = Script(envelope([v2_fill()]))
    with served(script.app()) as url:
        asking(DataApi, url, lambda api: api.fills(builders.WALLET, start=NOW - DAY))
    assert questions(script)[0]["taker_only"] == ["false"]


def test_defect_06_two_fills_of_one_transaction_are_two_signals_once_each() -> None:
    rows = [parse_fill(v2_fill(size=1)), parse_fill(v2_fill(size=2)), parse_fill(v2_fill(size=2))]
    assert len({old_rules.fill_key(row) for row in rows}) == 1

    fills = identify_fills(rows)
    assert len({fill.fill_id for fill in fills}) == 3
    seen = [builders.leader_fill(signal_id=fill.fill_id, token_id=str(n)) for n, fill in enumerate(fills)]
    answers = facts(run([*builders.opening(), *seen, *seen]), SignalRejected)
    assert [one.reason for one in answers].count(RejectReason.DUPLICATE_SIGNAL) == 3


def losing_run() -> list[Any]:
    """400 shares at .50, sold at .20."""
    fill = builders.leader_fill()
    steps = run([*builders.opening(), fill])
    bought = filled(facts(steps, SignalCopied)[0].order, NOW + 1000)
    payouts = ((builders.YES, 0.0), (builders.NO, 1.0))
    ended = MarketResolved(**at(NOW + HOUR), condition_id=builders.CONDITION, payouts=payouts)
    return [*builders.opening(), fill, *bought, ended]


def test_defect_07_equity_cash_and_stops_are_the_same_after_a_restart(tmp_path: Path) -> None:
    assert old_rules.equity_after_restart(1000.0, -120.0) == 1000.0

    path = tmp_path / "state.sqlite"
    lived = write_journal(path, losing_run(), CONFIG)
    assert lived.portfolio.equity < 1000.0
    restarted = read_view(path).state
    assert restarted == lived
    again = step(restarted, dataclasses.replace(builders.opening()[0], **at(NOW + 2 * HOUR), run_id="run-2"), CONFIG)
    assert (again.state.portfolio.cash, again.state.portfolio.equity) == (lived.portfolio.cash, lived.portfolio.equity)
    assert again.state.portfolio.day_equity == lived.portfolio.day_equity


def test_defect_08_a_resolved_market_settles_and_frees_its_slot() -> None:
    steps = run(losing_run())
    assert len(steps[-2].state.portfolio.positions) == 1
    assert not steps[-1].state.portfolio.positions
    [closed] = facts(steps, CopyClosed)
    assert closed.pnl < 0
    one_slot = CONFIG.model_copy(update={"risk": CONFIG.risk.model_copy(update={"max_positions": 1})})
    other = builders.market(condition_id="0x" + "d4" * 32, token_ids=("8", "9"))
    late = NOW + HOUR + 1000
    again = builders.leader_fill(late, signal_id="f2", token_id="8", condition_id=other.condition_id, with_market=other)
    steps = run([*losing_run(), again], one_slot)
    assert RejectReason.MAX_POSITIONS not in [one.reason for one in facts(steps, SignalRejected)]


@needs_shared
def test_defect_09_time_exit_and_time_decay_act_on_a_market_with_a_known_end() -> None:
    assert parse_market(sample("gamma_market_open_crypto5m.json")).end_at is not None

    near = builders.position(market=builders.market(end_at=NOW + HOUR))
    answer = decide_exit(near, builders.book(), builders.portfolio(positions={near.token_id: near}), CONFIG, NOW)
    assert isinstance(answer, Exit)
    assert answer.reason is ExitReason.TIME_EXIT
    far = decide(builders.context(market=builders.market(end_at=NOW + 3 * DAY)))
    soon = decide(builders.context(market=builders.market(end_at=NOW + 12 * HOUR)))
    assert isinstance(far, Approved)
    assert isinstance(soon, Approved)
    assert soon.trace.kelly_applied == pytest.approx(far.trace.kelly_applied / 2)


def test_defect_10_a_backtest_copies_locks_capital_until_the_payout_and_marks_what_is_left(tmp_path: Path) -> None:
    rows = Rows()
    rows.score(START - HOUR)
    for number in range(1, 4):
        rows.market(number)
        rows.book(number, START + number * HOUR - 1000, 0.49, 0.50)
        rows.fill(f"f{number}", number, START + number * HOUR, 0.5)
    rows.resolution(1, START + 2 * DAY, (1.0, 0.0))
    done = backtest(rows, tmp_path, leaders=(builders.WALLET,))
    assert done.result.decisions["copied"] == 3
    at_once = [point for point in done.result.equity if START + 3 * HOUR < point.at < START + 2 * DAY]
    assert at_once
    assert max(point.cash for point in at_once) < CONFIG.bankroll.starting_cash
    summary = done.result.summary
    assert summary.final_equity > CONFIG.bankroll.starting_cash
    page = done.result.report_path.read_text() if done.result.report_path else ""
    assert "Open at the end" in page or "open at the end" in page.lower()


def test_defect_11_a_replay_of_unchanged_code_and_config_agrees_on_everything(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    refused = builders.leader_fill(signal_id="f9", price=0.20, with_book=None)
    write_journal(path, [*losing_run(), refused], CONFIG)
    report = replay(read_rows(path), CONFIG)
    assert report.agrees
    assert report.agreed == report.decisions >= 4


def test_defect_12_gross_exposure_reaches_its_share_of_equity_and_stops_there() -> None:
    assert old_rules.exposure_reached(1000.0, 10.0) == pytest.approx(340.0, abs=10.0)

    wide = {"max_per_trade": 0.02, "max_per_leader": 1.0, "max_per_event": 1.0, "probation_notional": 20.0}
    config = DecisionConfig.model_validate(
        {"sizing": wide, "risk": {"max_positions": 100}, "filter": {"min_leader_notional": 5}}
    )
    observations, state = builders.opening(), initial_state()
    for observation in observations:
        state = step(state, observation, config).state
    reason = None
    for number in range(60):
        now = NOW + number * 60_000
        market = builders.market(
            condition_id=f"0x{number:064x}", token_ids=(f"{number}1", f"{number}2"), event_id=f"e{number}"
        )
        seen = builders.leader_fill(
            now, signal_id=f"s{number}", token_id=f"{number}1", condition_id=market.condition_id, with_market=market
        )
        done = step(state, seen, config)
        state = done.state
        for intent in done.intents:
            assert isinstance(intent, PlaceOrder)
            shown = builders.book(token_id=intent.order.token_id)
            for fill in filled(intent.order, now + 500, shown):
                state = step(state, fill, config).state
        if isinstance(done.events[-1], SignalRejected):
            reason = done.events[-1].reason
            break
    assert reason is RejectReason.GROSS_EXPOSURE
    share = state.portfolio.gross_exposure / state.portfolio.equity
    assert 0.57 < share <= 0.60


def test_defect_13_a_slow_order_delays_no_other_signal_and_age_counts_when_deciding() -> None:
    other = builders.market(condition_id="0x" + "d4" * 32, token_ids=("8", "9"), event_id="e2")
    second = builders.leader_fill(signal_id="f2", token_id="8", condition_id=other.condition_id, with_market=other)
    assert len(facts(run([*builders.opening(), builders.leader_fill(), second]), SignalCopied)) == 2
    late = builders.leader_fill(event_at=NOW - 60_000)
    [answer] = facts(run([*builders.opening(), late]), SignalRejected)
    assert answer.reason is RejectReason.STALE_SIGNAL

    heard: list[int] = []

    async def slow_order() -> None:
        await asyncio.sleep(30)

    async def hear() -> None:
        heard.append(1)
        if len(heard) == 5:
            raise InterruptedError

    phases = [Phase("orders", 0.01, slow_order), Phase("leaders", 0.01, hear)]
    with pytest.raises(InterruptedError):
        asyncio.run(asyncio.wait_for(run_side_by_side(phases, SystemClock()), 10))


@needs_shared
def test_defect_14_what_a_buy_gave_is_not_what_it_got_and_fees_and_minimums_count() -> None:
    reply = sample("clob_post_order_responses.json")["matched_buy_v1_era"]
    gave, got = float(reply["makingAmount"]), float(reply["takingAmount"])
    assert old_rules.order_answer(reply) == gave != got

    # The answer says that it matched and no more: how much, and for how much, is what its trades say.
    answer = read_answer(parse_order_response(reply), reply["orderID"])
    assert isinstance(answer, PostAccepted)
    assert answer.status is PostStatus.MATCHED
    recorded = sample("clob_data_trade_confirmed_2024.json")
    makers = [maker | {"side": "SELL"} for maker in recorded["maker_orders"]]
    trade = ClobTrade.model_validate(recorded | {"maker_orders": makers})
    [ours] = own_trades(trade, "", Fees(rate=0.04, exponent=1.0))
    size, price = float(recorded["size"]), float(recorded["price"])
    assert ours.size == round(size * MICRO)
    sign = 1 if ours.side is Side.BUY else -1
    assert ours.cash == pytest.approx((size * price + sign * size * 0.04 * price * (1 - price)) * MICRO, abs=20)

    assert fee_cash(100 * MICRO, 0.5, 0.04, 1.0) == round(100 * 0.04 * 0.25 * MICRO)
    small = decide(builders.context(market=builders.market(min_order_size=10_000.0)))
    assert isinstance(small, Rejected)
    [copied] = facts(run([*builders.opening(), builders.leader_fill()]), SignalCopied)
    ticks = copied.order.limit / copied.order.tick_size
    assert ticks == pytest.approx(round(ticks))
    assert copied.order.size >= copied.market.min_order_size * MICRO


def test_defect_15_a_longshot_buyer_with_edge_ranks_above_a_favourite_buyer_without(crowded: Any) -> None:  # noqa: F811
    assert old_rules.win_rate_bound(190, 10) > 0.9 > 0.2 > old_rules.win_rate_bound(28, 172)

    steady(crowded, "0xfavourite", 0.95, 0.0)
    steady(crowded, "0xlongshot", 0.10, 0.04)
    rows = crowded.overall()
    assert rows.loc["0xlongshot", "rank"] > rows.loc["0xfavourite", "rank"]


def test_defect_16_the_return_of_a_copy_is_profit_over_what_it_cost() -> None:
    assert old_rules.roi(10.0, 100.0) == 0.05

    steps = run(losing_run())
    [closed] = facts(steps, CopyClosed)
    paid = sum(fill.fill.cash for fill in facts(steps, OrderFilled))
    assert closed.pnl == -paid
    assert closed.pnl / paid == -1.0


def test_defect_17_the_state_database_has_one_path_everywhere() -> None:
    home = home_from_environment()
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").rglob("*")]
    named = {
        name
        for page in pages
        if page.is_file()
        for name in re.findall(r"[\w./-]*\.sqlite\b", page.read_text(encoding="utf-8"))
    }
    assert {Path(name).name for name in named} == {home.state.name}
    spelled = [
        path.relative_to(ROOT)
        for folder in ("copytrade_live", "copytrade_pipelines")
        for path in (ROOT / folder).rglob("*.py")
        if '"state.sqlite"' in path.read_text(encoding="utf-8")
    ]
    assert [str(path) for path in spelled] == ["copytrade_live/settings/home.py"]


def test_defect_18_cutoffs_and_halts_are_heard_within_a_second() -> None:
    # What a process does with them is measured in tests/runner/test_stopping_entries.py.
    assert CONTROL_SECONDS <= 0.5


def test_defect_19_replay_decides_again_and_its_exit_code_says_so() -> None:
    home = Home(Path(os.environ["COPYTRADE_HOME"]))
    write_journal(home.state, losing_run(), CONFIG)
    same = CliRunner().invoke(build_app(["replay"]), ["replay", "--json"])
    assert same.exit_code == 0
    assert json.loads(same.stdout)["decisions"] > 0
    home.config.write_text("filter: {min_leader_notional: 100000}\n")
    assert CliRunner().invoke(build_app(["replay"]), ["replay"]).exit_code == 3
    # That readiness writes a row is shown in tests/runner/test_http.py.


def test_defect_20_nothing_of_ours_keeps_a_secret_in_a_browsers_storage() -> None:
    kinds = {".py", ".js", ".ts", ".tsx", ".html"}
    ours = [
        path
        for path in ROOT.rglob("*")
        if path.suffix in kinds and not {".venv", "node_modules", "dist", "site", "tests"}.intersection(path.parts)
    ]
    words = re.compile(r"localStorage|sessionStorage")
    assert not [path for path in ours if words.search(path.read_text(encoding="utf-8", errors="ignore"))]


def test_defect_21_every_source_can_see_a_leader_and_no_outcome_is_made_up() -> None:
    # A user channel tells of one's own account only; none of these is one.
    assert {source.value for source in SourceName} <= {"poll", "stream", "chain"}
    nameless = {name: value for name, value in v2_fill().items() if name != "outcome"}
    assert parse_fill(nameless).outcome == ""
