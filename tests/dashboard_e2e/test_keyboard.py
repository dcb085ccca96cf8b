"""The keyboard reaches everything, and says how."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import expect

from tests.dashboard_e2e.browser import Seen


def test_letters_lead_to_pages_and_rows(seen: Seen) -> None:
    seen.open("/")
    keyboard = seen.page.keyboard
    keyboard.press("g")
    keyboard.press("s")
    expect(seen.page).to_have_url(seen.url + "/signals")
    expect(seen.row_saying("copied")).to_be_visible()
    first = seen.page.locator("[data-row-link]").first
    for _ in range(3):  # a list that is drawn anew just then takes the focus away
        keyboard.press("j")
        with suppress(AssertionError):
            expect(first).to_be_focused(timeout=2_000)
            break
    expect(first).to_be_focused()
    keyboard.press("j")
    second = seen.page.locator("[data-row-link]").nth(1)
    expect(second).to_be_focused()
    second.press("Enter")
    expect(seen.page).to_have_url(seen.url + "/signals/f1")
    expect(seen.page.get_by_label("The decision")).to_contain_text("Copied")


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
