"""What was refused is followed to its end at the price it would have had, and nothing of the run changes by it."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from copytrade_live.core.market import DAY, HOUR, MINUTE
from copytrade_pipelines.backtest.rejected_signals import Fate
from copytrade_pipelines.backtest.report_plots import png_plots
from copytrade_pipelines.backtest.rule_value import AS_RUN, EVERYBODY, RuleValue
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import END, START, Rows
from tests.builders import OTHER_WALLET, WALLET


def unskilled() -> Rows:
    """A leader whose score is too low, five times: won, lost, left, too dear, still open."""
    rows = Rows()
    for number in range(1, 6):
        rows.market(number, fee_rate=0.0)
    rows.score(START - HOUR, OTHER_WALLET, p_pos=0.1)
    at = START + HOUR
    for number in (1, 2, 3, 5):
        rows.fill(f"f{number}", number, at, 0.50, wallet=OTHER_WALLET)
        rows.book(number, at, 0.49, 0.50)
    rows.fill("f4", 4, at, 0.50, wallet=OTHER_WALLET)
    rows.book(4, at, 0.58, 0.59)
    rows.resolution(1, START + 2 * DAY, (1.0, 0.0))
    rows.resolution(2, START + 2 * DAY, (0.0, 1.0))
    rows.fill("f6", 3, at + HOUR, 0.60, side="SELL", wallet=OTHER_WALLET)
    rows.book(3, at + HOUR, 0.60, 0.61)
    return rows


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return backtest(unskilled(), tmp_path_factory.mktemp("refused"), leaders=(OTHER_WALLET,))


def rule(done: Done, reason: str) -> RuleValue:
    assert done.result.follow_up is not None
    return next(value for value in done.result.follow_up.rules if value.reason == reason)


def test_each_refused_buy_has_one_fate(refused: Done) -> None:
    value = rule(refused, "low_p_pos")
    assert value.buys == 5
    assert value.fates == {Fate.RESOLVED: 2, Fate.MIRRORED: 1, Fate.UNFILLED: 1, Fate.UNRESOLVED: 1}


def test_a_rule_saved_what_its_copies_would_have_lost(refused: Done) -> None:
    # 10 $ at the worst price allowed, 0.50 (1.5 % on the tick grid): 20 shares at 0.50. One pays 1, one 0, one sells
    # at 0.60: +10, -10, +2.
    value = rule(refused, "low_p_pos")
    assert value.each is not None
    assert value.a_dollar is not None
    assert value.each.total == pytest.approx(2.0)
    assert value.saved == pytest.approx(-2.0)
    assert value.each.mean == pytest.approx(2.0 / 3)
    assert value.a_dollar.mean == pytest.approx(2.0 / 30)
    # Three events are too few to say more.
    assert value.each.mean_low is None
    assert not value.is_clear


def test_every_shadow_is_a_row_and_every_rule_too(refused: Done) -> None:
    assert refused.result.report_path is not None
    folder = refused.result.report_path.parent
    shadows = {row["signal_id"]: row for row in pq.read_table(folder / "shadows.parquet").to_pylist()}
    assert {name: row["pnl"] for name, row in shadows.items()} == {
        "f1": pytest.approx(10.0),
        "f2": pytest.approx(-10.0),
        "f3": pytest.approx(2.0),
        "f4": None,
        "f5": None,
    }
    assert (shadows["f5"]["fate"], shadows["f5"]["size"]) == ("unresolved", 20.0)
    rules = pq.read_table(folder / "rules.parquet").to_pylist()
    assert [(row["reason"], row["buys"], row["followed"]) for row in rules] == [("low_p_pos", 5, 3)]


def test_every_rule_says_on_the_page_what_it_saved_or_cost(refused: Done) -> None:
    assert refused.result.report_path is not None
    page = refused.result.report_path.read_text()
    row = page[page.index('<td class="t">low_p_pos</td>') :].split("</tr>")[0]
    numbers = re.findall(r'<td class="n ?">(.*?)</td>', row)
    assert numbers == ["5", "-0.67", "too few events", "-2.00", "5", "3", "1", "1"]
    assert "rule_value" in png_plots(refused.result)


def test_an_entry_sees_nothing_of_what_comes_later(refused: Done, tmp_path: Path) -> None:
    cut = backtest(unskilled(), tmp_path, leaders=(OTHER_WALLET,), end=START + HOUR + 5 * MINUTE)
    entries = []
    for done in (refused, cut):
        assert done.result.report_path is not None
        rows = pq.read_table(done.result.report_path.parent / "shadows.parquet").to_pylist()
        entries.append({row["signal_id"]: (row["decided_at"], row["size"], row["paid"]) for row in rows})
    assert entries[0] == entries[1]
    assert rule(cut, "low_p_pos").fates == {Fate.UNRESOLVED: 4, Fate.UNFILLED: 1}


def test_shadows_leave_no_trace_in_the_run(refused: Done) -> None:
    assert refused.result.summary.copies == 0
    assert refused.result.summary.pnl == 0.0
    assert len(refused.result.equity) > 0


def test_an_order_is_not_chased_after_its_leader_has_left(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1)
    rows.score(START - HOUR, p_pos=0.1)
    rows.fill("f1", 1, START + HOUR, 0.50)
    rows.book(1, START + HOUR, 0.58, 0.59)
    rows.fill("f2", 1, START + HOUR + 5_000, 0.59, side="SELL")
    rows.book(1, START + HOUR + 5_000, 0.49, 0.50)
    done = backtest(rows, tmp_path, leaders=(WALLET,))
    assert rule(done, "low_p_pos").fates == {Fate.UNFILLED: 1}


def test_copies_are_followed_too_for_comparison(done: Done) -> None:
    copied = rule(done, "copied")
    assert copied.buys == done.result.summary.copies
    assert rule(done, "no_market").fates == {Fate.UNKNOWN_MARKET: 1}


def test_the_policy_of_the_run_makes_of_its_copies_what_the_run_made(done: Done) -> None:
    found = done.result.follow_up
    assert found is not None
    profits = {value.policy: value for value in found.exits if value.wallet == EVERYBODY}
    assert profits["rules"].profit == pytest.approx(profits[AS_RUN].profit, abs=0.02)
    assert profits[AS_RUN].profit == pytest.approx(done.result.summary.pnl, abs=0.02)
    assert {"mirror", "hold", "take_profit", "stop_loss"} <= profits.keys()
    assert profits["hold"].open >= profits["rules"].open
    assert all(value.copies == done.result.summary.filled for value in profits.values())


def test_chosen_copies_keep_the_books_of_their_moments(done: Done) -> None:
    found = done.result.follow_up
    assert found is not None
    assert found.pictures
    for picture in found.pictures:
        assert picture.decided_on is not None
        assert picture.decided_on.observed_at <= picture.trade.decided_at
        assert picture.filled_on is not None
        assert picture.trade.opened_at is not None
        assert picture.filled_on.observed_at <= picture.trade.opened_at < END + MINUTE
