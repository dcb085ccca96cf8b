"""The page says every reason, stands alone, escapes what it shows, and the tables beside it agree."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from copytrade_live.core.events import OrderFilled
from copytrade_live.core.market import HOUR
from copytrade_pipelines.backtest.breakdown import calibrate, pnl_by, sure_scores, thinned
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint
from copytrade_pipelines.backtest.report_numbers import headline
from copytrade_pipelines.backtest.report_plots import png_plots
from copytrade_pipelines.backtest.run_log import COPIED
from copytrade_pipelines.backtest.summary import drawdowns
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import START, Rows, busy
from tests.builders import NOW, WALLET


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return backtest(busy(), tmp_path_factory.mktemp("drawn"), has_figures=True)


@pytest.fixture(scope="module")
def page(done: Done) -> str:
    assert done.result.report_path is not None
    return done.result.report_path.read_text()


def trade(number: int, pnl: float, **changes: object) -> CopyTrade:
    values = {
        "root_id": f"r{number}",
        "wallet": WALLET,
        "condition_id": "0xc",
        "event_id": f"e{number}",
        "leader_at": NOW - 5_000,
        "token_id": str(number),
        "outcome": "Yes",
        "category": "politics",
        "decided_at": NOW,
        "leader_price": 0.5,
        "edge": 0.05,
        "belief": 0.55,
        "p_pos": 0.9,
        "is_probation": False,
        "book": "recorded",
        "size": 10_000_000,
        "paid": 5_000_000,
        "received": 5_000_000 + round(pnl * 1e6),
        "closed_at": NOW,
    }
    return CopyTrade(**{**values, **changes})  # type: ignore[arg-type]


def test_every_reason_that_was_counted_is_on_the_page(done: Done, page: str) -> None:
    reasons = (set(done.result.decisions) - {COPIED}) | set(done.result.exits)
    assert len(reasons) == 8
    for reason in reasons:
        assert f'<td class="t">{reason}</td>' in page


def test_headline_numbers_are_on_the_page_with_units(done: Done, page: str) -> None:
    for number in headline(done.result.summary):
        assert number.value in page
    assert f"${done.result.summary.final_equity:,.2f}" in page
    assert "9 decisions" not in page
    assert "8 decisions were made on a modelled book" in re.sub(r"\s+", " ", page)


def test_the_page_stands_alone(page: str) -> None:
    assert not re.findall(r"https?:|//[a-z]|<script|<link|@import|url\((?!#)", page)
    assert page.count("<svg ") >= 5
    assert "prefers-color-scheme: dark" in page


def test_figures_take_their_colours_from_the_page(page: str) -> None:
    figures = "".join(re.findall(r"<svg .*?</svg>", page, re.DOTALL))
    assert "var(--accent)" in figures
    assert not re.findall(r"#0102|(?:fill|stroke): #", figures)


def test_texts_of_the_venue_are_escaped(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1, category="<script>a</script> $x$ & more", outcomes=["<b>Yes</b>", "No"])
    rows.score(START - HOUR)
    rows.fill("f1", 1, START + HOUR, 0.5)
    done = backtest(rows, tmp_path, leaders=(WALLET,), has_figures=True)
    assert done.result.report_path is not None
    page = done.result.report_path.read_text()
    assert "<script>" not in page
    assert "<b>Yes" not in page
    assert "&lt;script&gt;a&lt;/script&gt; $x$ &amp; more" in page


def test_open_positions_are_listed_at_their_mark(done: Done, page: str) -> None:
    still_open = [found for found in done.result.trades if found.is_open]
    assert len(still_open) == done.result.summary.open_positions == 2
    section = page[page.index("Still open at the end") : page.index('<h2 id="copies">')]
    for found in still_open:
        assert f"{found.value:,.2f}" in section


def test_tables_beside_the_page_hold_the_same(done: Done) -> None:
    assert done.result.report_path is not None
    folder = done.result.report_path.parent
    trades = pq.read_table(folder / "trades.parquet").to_pylist()
    assert [row["pnl"] for row in trades] == pytest.approx([found.pnl for found in done.result.trades])
    assert len((folder / "trades.csv").read_text().splitlines()) == len(trades) + 1
    equity = pq.read_table(folder / "equity.parquet")
    assert equity["equity"].to_pylist() == [point.equity for point in done.result.equity]
    assert sorted(path.name for path in folder.parent.iterdir()) == [".tape", done.result.run_id]


def test_figures_are_pictures_for_dagster_too(done: Done) -> None:
    pictures = png_plots(done.result)
    assert {"equity", "by_leader", "rejections", "exits", "slippage"} <= pictures.keys()
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())


def test_a_run_without_copies_says_so(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1)
    rows.score(START - HOUR, p_pos=0.1)
    rows.fill("f1", 1, START + HOUR, 0.5)
    done = backtest(rows, tmp_path, leaders=(WALLET,), has_figures=True)
    assert done.result.report_path is not None
    page = done.result.report_path.read_text()
    assert "Nothing was copied." in page
    assert done.result.summary.hit_rate is None
    assert "n/a" in page


def test_calibration_needs_enough_copies_and_leaves_probation_out() -> None:
    wins = [trade(number, 1.0 if number % 2 else -1.0, p_pos=0.5 + number / 100) for number in range(20)]
    assert calibrate(sure_scores(wins[:19])) == []
    assert calibrate(sure_scores([*wins[:19], trade(99, 1.0, is_probation=True)])) == []
    groups = calibrate(sure_scores(wins))
    assert sum(group.copies for group in groups) == 20
    assert all(0.0 <= group.low <= group.share <= group.high <= 1.0 for group in groups)
    assert [group.belief for group in groups] == sorted(group.belief for group in groups)


def test_many_names_are_summed_into_others() -> None:
    trades = [trade(number, float(number), wallet=f"w{number:02d}") for number in range(20)]
    sums = pnl_by(trades, lambda found: found.wallet, most=5)
    assert list(sums) == ["w19", "w18", "w01", "w00", "16 others"]
    assert sum(sums.values()) == pytest.approx(sum(range(20)))


def test_drawdown_is_the_fall_from_the_peak() -> None:
    points = [EquityPoint(at=NOW, equity=value, cash=0, exposure=0, positions=0) for value in (100.0, 120.0, 90.0)]
    assert drawdowns(points) == pytest.approx([0.0, 0.0, 0.25])


def test_every_answer_to_a_leader_is_a_row(done: Done) -> None:
    assert done.result.report_path is not None
    folder = done.result.report_path.parent
    rows = pq.read_table(folder / "decisions.parquet").to_pylist()
    counted = Counter(row["reason"] or row["answer"] for row in rows if row["answer"] != "mirrored")
    assert counted == Counter(done.result.decisions)
    assert len(rows) == done.result.summary.signals == len((folder / "decisions.csv").read_text().splitlines()) - 1
    refused = next(row for row in rows if row["reason"] == "price_out_of_band")
    assert (refused["measured"], refused["limit"], refused["side"]) == (0.99, 0.97, "BUY")


def test_every_fill_is_a_row_with_the_book_it_met(done: Done) -> None:
    assert done.result.report_path is not None
    folder = done.result.report_path.parent
    rows = pq.read_table(folder / "fills.parquet").to_pylist()
    final = [event.fill for event in done.events if isinstance(event, OrderFilled)]
    assert [row["fill_id"] for row in rows] == [fill.fill_id for fill in final]
    assert sum(row["cash"] for row in rows if row["side"] == "BUY") == pytest.approx(
        sum(found.paid for found in done.result.trades) / 1e6
    )
    for row in rows:
        assert row["latency"] > 0.0
        assert row["reason"] if row["side"] == "SELL" else row["price"] >= row["best_ask"]


def test_the_summary_is_there_for_machines(done: Done) -> None:
    assert done.result.report_path is not None
    found = json.loads((done.result.report_path.parent / "summary.json").read_text())
    assert found["run_id"] == done.result.run_id
    assert found["summary"]["pnl"] == done.result.summary.pnl
    assert found["decisions"] == done.result.decisions
    assert found["from_at"] < found["to_at"]


def test_the_share_of_modelled_books_cannot_be_missed(done: Done, page: str) -> None:
    assert sum(done.result.books.values()) == done.result.summary.signals
    for name, count in done.result.books.items():
        assert f"{name} {count / done.result.summary.signals:.1%} ({count})" in page


def test_settings_that_are_not_the_default_are_named(page: str) -> None:
    assert '<td class="t">filter.min_liquidity</td><td class="v">500.0</td><td class="v">2000.0</td>' in page


def test_copies_are_drawn_on_the_books_they_met(page: str) -> None:
    assert page.count("at the first fill") >= 3
    assert "largest" in page


def test_titles_of_figures_cannot_break_out_of_them(tmp_path: Path) -> None:
    rows = Rows()
    rows.market(1, outcomes=['"><script>x</script>\\1', "No"])
    rows.score(START - HOUR)
    rows.fill("f1", 1, START + HOUR, 0.5)
    done = backtest(rows, tmp_path, leaders=(WALLET,), has_figures=True)
    assert done.result.report_path is not None
    page = done.result.report_path.read_text()
    assert "<script>" not in page
    assert 'aria-label="&quot;&gt;&lt;script&gt;x&lt;/script&gt;\\1, after' in page


def test_a_long_curve_is_thinned_without_losing_its_falls() -> None:
    points = [
        EquityPoint(
            at=NOW + number, equity=100.0 + number % 7 - 50.0 * (number == 4321), cash=0, exposure=0, positions=0
        )
        for number in range(10_000)
    ]
    few = thinned(points, most=400)
    assert len(few) <= 400
    assert min(point.equity for point in few) == min(point.equity for point in points)
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert few == sorted(few, key=lambda point: point.at)
    assert thinned(points[:50]) == points[:50]
