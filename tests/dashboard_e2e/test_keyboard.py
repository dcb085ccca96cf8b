"""The keyboard reaches everything, and says how."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from copytrade_live.core.events import Observation, ScoresPublished
from copytrade_live.dashboard.schemas.session import Role
from tests import builders
from tests.builders import NOW, OTHER_WALLET, WALLET, at
from tests.dashboard.conftest import MakeStand, bought, story
from tests.dashboard.test_stream import journal_on
from tests.dashboard_e2e.browser import Seen, watched


def test_letters_lead_to_pages_and_rows(seen: Seen) -> None:
    seen.open("/")
    keyboard = seen.page.keyboard
    keyboard.press("g")
    keyboard.press("s")
    expect(seen.page.get_by_role("heading", name="Signals", level=1)).to_be_visible()
    expect(seen.row_saying("copied")).to_be_visible()
    keyboard.press("j")
    expect(seen.page.locator("[data-row-link]").first).to_be_focused()
    keyboard.press("j")
    second = seen.page.locator("[data-row-link]").nth(1)
    expect(second).to_be_focused()
    second.press("Enter")
    expect(seen.page).to_have_url(seen.url + "/signals/f1")
    expect(seen.page.get_by_label("The decision")).to_contain_text("Copied")


def test_a_row_keeps_the_focus_while_news_stands_before_it(browser: Browser, make_stand: MakeStand) -> None:
    stand = make_stand()
    with watched(browser, stand.url) as seen:
        seen.log_in(stand.keys[Role.OPERATOR])
        for path, focused, news in (
            ("/signals", "a[href='/signals/f1']", [builders.leader_fill(NOW + 4000, signal_id="f3")]),
            ("/leaders", f"td a[href='/leaders/{WALLET}']", [better_leader()]),
            ("/positions", "tbody button", larger_position()),
        ):
            seen.open(path)
            one = seen.page.locator(focused).first
            one.focus()
            # An element that was made anew, or whose row was, would not have it.
            place = one.evaluate("one => { one.dataset.mine = ''; return one.closest('tr').rowIndex; }")
            journal_on(stand.home, *news)
            below = seen.page.locator("tbody tr").nth(place)
            expect(below.locator("[data-mine]")).to_be_focused(timeout=15_000)


def better_leader() -> Observation:
    better = builders.score(wallet=OTHER_WALLET, rank=99.9)
    scores = builders.snapshot(builders.score(), better, snapshot_id="s2", as_of=NOW)
    return ScoresPublished(**at(NOW + 5000), snapshot=scores)


def larger_position() -> list[Observation]:
    """A second position, and the first one worth a little less."""
    market = builders.market(condition_id="0x" + "d4" * 32, token_ids=("3" * 77, "4" * 77), event_id="e2")
    fill = builders.leader_fill(
        NOW + 10_000, signal_id="f4", condition_id=market.condition_id, token_id="3" * 77, with_market=market
    )
    return [*bought([*story(), better_leader()], fill), builders.book_seen(NOW + 12_000, 0.49, 0.51)]


def test_a_question_mark_explains_the_keys_and_escape_closes(seen: Seen) -> None:
    seen.open("/")
    seen.page.keyboard.press("?")
    sheet = seen.page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_contain_text("Halt: no new entries")
    assert (seen.barriers(), seen.refused()) == ([], [])
    seen.page.keyboard.press("Escape")
    expect(sheet).not_to_be_visible()


def test_while_someone_writes_a_letter_is_a_letter(seen: Seen) -> None:
    seen.open("/config")
    seen.page.keyboard.press("/")
    search = seen.page.get_by_label("Find a setting")
    expect(search).to_be_focused()
    seen.page.keyboard.type("get spread")
    expect(search).to_have_value("get spread")
    expect(seen.page).to_have_url(seen.url + "/config")


def test_the_focus_is_seen_and_the_menu_can_be_skipped(seen: Seen) -> None:
    seen.open("/positions")
    seen.page.keyboard.press("Tab")
    skip = seen.page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
    assert skip.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("#main")).to_be_focused()
