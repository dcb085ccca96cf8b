"""An operator's evening at the real stack: a copy arrives by itself, and everything can be stopped and asked why."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from copytrade_live.programs import answers
from copytrade_live.settings import Home
from copytrade_live.store.views import read_view
from tests.children import child_of
from tests.dashboard_e2e.browser import PAGES, Seen, watched
from tests.dashboard_e2e.stack import PAST, Up, up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
# Milliseconds. The first copy comes after about a minute on two idle cores.
COPY = 300_000
SOON = 30_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("operator")) as running:
        yield running


@pytest.fixture
def operator(browser: Browser, stack: Up) -> Iterator[Seen]:
    with watched(browser, stack.url) as seen:
        seen.log_in(stack.key)
        yield seen
        assert (seen.refused(), seen.complaints, seen.outside) == ([], [], [])


def test_a_copy_arrives_by_itself_and_says_why(operator: Seen) -> None:
    operator.open("/signals")
    copied = operator.row_saying("copied")
    expect(copied).to_be_visible(timeout=COPY)
    copied.get_by_role("link").first.click()
    decision = operator.page.get_by_label("The decision")
    expect(decision).to_contain_text("Copied:")
    expect(decision).not_to_contain_text("Market 0x")
    gates = operator.page.get_by_role("region", name="Gates")
    expect(gates.get_by_role("listitem").first).to_be_visible()
    expect(operator.page.get_by_text("The book it saw")).to_be_visible()
    run = operator.page.get_by_role("link", name="Its run in Dagster")
    assert re.match(r"http://127\.0\.0\.1:\d+/", run.get_attribute("href") or "")
    assert operator.barriers() == []


def test_one_click_halts_and_the_next_entry_is_refused_until_resumed(operator: Seen, stack: Up) -> None:
    page = operator.page
    operator.open("/signals")
    page.get_by_role("button", name="Halt", exact=True).click()
    expect(page.get_by_role("link", name="Resume")).to_be_visible(timeout=SOON)
    expect(page.get_by_role("banner").get_by_text("Halted", exact=True)).to_be_visible()
    refused = operator.row_saying("halted")
    expect(refused).to_be_visible(timeout=COPY)
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Resume")).to_be_disabled()
    dialog.get_by_label("Type resume").fill("resume")
    dialog.get_by_label("API key").fill(stack.key)
    dialog.get_by_label("Note").fill("seen enough")
    dialog.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Halt", exact=True)).to_be_visible(timeout=SOON)
    expect(audit(operator, "resume")).to_contain_text("seen enough")
    expect(audit(operator, "resume")).to_contain_text("done", timeout=SOON)


def test_a_mode_above_the_ceiling_is_refused_with_the_reason(operator: Seen, stack: Up) -> None:
    page = operator.page
    operator.open("/controls")
    page.get_by_role("button", name="Switch to live…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type live").fill("live")
    dialog.get_by_label("API key").fill(stack.key)
    dialog.get_by_role("button", name="Switch to live").click()
    expect(dialog.get_by_role("alert")).to_contain_text("dry_run")
    assert operator.barriers() == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("banner").get_by_text("Paper", exact=True)).to_be_visible()
    operator.complaints.clear()  # the browser notes every answer that is no success


def test_a_leader_is_cut_off_and_copied_again(operator: Seen) -> None:
    page = operator.page
    operator.open("/leaders")
    page.locator("[data-row-link]").first.click()
    page.get_by_role("button", name="Cut off…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cut off", exact=True).click()
    expect(page.get_by_role("button", name="Copy again…")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("cut off", exact=True)).to_be_visible()
    page.get_by_role("button", name="Copy again…").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy again", exact=True).click()
    expect(page.get_by_role("button", name="Cut off…")).to_be_visible(timeout=SOON)


def test_a_position_is_closed_by_hand(operator: Seen) -> None:
    page = operator.page
    operator.open("/positions")
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name="Close now")).first
    expect(row).to_be_visible(timeout=COPY)
    row.get_by_role("button", name="Close now").click()
    dialog = page.get_by_role("dialog")
    name = dialog.locator("b").nth(1).inner_text()
    dialog.get_by_label("Note").fill("by hand")
    dialog.get_by_role("button", name="Sell now").click()
    closable = page.get_by_role("row").filter(has=page.get_by_role("button", name="Close now"))
    same = closable.filter(has_text=name)
    expect(same).to_have_count(0, timeout=SOON)
    operator.open("/controls")
    expect(audit(operator, "close")).to_contain_text("by hand")


def test_two_backtests_are_put_side_by_side(operator: Seen, stack: Up) -> None:
    stack.run("score", "--backfill-days", "3")
    stack.run("backtest", *PAST)
    stack.run("backtest", *PAST, "--set", "filter.max_spread=0.2")
    page = operator.page
    operator.open("/backtests")
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Compare the two").click()
    expect(page.get_by_role("region", name="Settings that differ")).to_contain_text("filter.max_spread")
    expect(page.get_by_role("region", name="Numbers")).to_contain_text("Profit")
    assert operator.barriers() == []


def test_the_journal_replays_alike_and_another_config_shows_what_it_changes(operator: Seen) -> None:
    page = operator.page
    operator.open("/replay")
    page.get_by_role("button", name="Replay the journal").click()
    expect(page.get_by_text("agrees on every decision")).to_be_visible(timeout=120_000)
    editor = page.get_by_label("Config to try")
    editor.fill(re.sub(r"min_p_pos: [0-9.]+", "min_p_pos: 0.01", editor.input_value()))
    page.get_by_role("button", name="Try it on the journal").click()
    expect(page.get_by_text("Changed: score.min_p_pos")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Decisions that change")).to_be_visible(timeout=120_000)


@pytest.mark.parametrize("screen", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}])
def test_no_page_of_a_full_stack_bars_the_way(browser: Browser, stack: Up, screen: dict[str, object]) -> None:
    with watched(browser, stack.url, **screen) as seen:
        seen.log_in(stack.key)
        for path in PAGES:
            seen.open(path)
            assert (seen.barriers(), seen.cut_off(), seen.refused(), seen.complaints) == ([], [], [], []), path


def test_a_killed_dashboard_comes_back_and_trading_went_on(browser: Browser, stack: Up) -> None:
    runner, journal = child_of(stack.pid, "run"), Home(stack.home).state
    os.kill(child_of(stack.pid, "dashboard"), signal.SIGKILL)
    seq = read_view(journal).last_seq
    wait_until(lambda: "dashboard is started again" in stack.log.read_text())
    assert "dashboard was ended by SIGKILL" in stack.log.read_text()
    wait_until(lambda: answers(f"{stack.url}/healthz"))
    with watched(browser, stack.url) as seen:
        seen.log_in(stack.key)
        expect(seen.page.get_by_role("button", name="Halt", exact=True)).to_be_visible(timeout=SOON)
    wait_until(lambda: read_view(journal).last_seq > seq)
    assert child_of(stack.pid, "run") == runner


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + COPY / 1000
    while not holds():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.2)


def audit(seen: Seen, verb: str) -> Locator:
    """The newest row of the audit trail with this verb."""
    return seen.page.get_by_role("table", name="Audit trail").get_by_role("row").filter(has_text=verb).first
