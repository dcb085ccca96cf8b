"""Every page shows, in light and dark and on a phone, breaks no rule of the security policy and has no barrier."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from copytrade_live.core.market import HOUR
from copytrade_live.dashboard.schemas.session import Role
from tests import builders
from tests.builders import NOW
from tests.cli.living import tell
from tests.dashboard.conftest import MakeStand, Stand
from tests.dashboard.test_stream import journal_on
from tests.dashboard_e2e.browser import PAGES, Seen, watched

EVERY = (*PAGES, "/signals/f1", "/signals/f2")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
READ_MOST = ("/", "/signals/f2", "/controls")
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}


def test_every_page_shows_and_breaks_no_rule_and_nothing_is_cut_off_on_a_phone(seen: Seen) -> None:
    for path in EVERY:
        seen.open(path)
        assert (seen.refused(), seen.complaints, seen.outside, seen.cut_off()) == ([], [], [], []), path
        assert path not in READ_MOST or seen.barriers() == []
        seen.page.set_viewport_size(PHONE["viewport"])
        assert seen.cut_off() == [], path
        seen.page.set_viewport_size(DESK["viewport"])


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=["desk", "dark", "phone"])
def test_no_serious_barrier_on_any_page(browser: Browser, stand: Stand, options: dict[str, object]) -> None:
    with watched(browser, stand.url, **options) as seen:
        seen.log_in(stand.keys[Role.ADMIN])
        for path in EVERY:
            seen.open(path)
            assert seen.barriers() == [], path


def test_the_login_page_has_no_barrier_and_says_what_to_do(browser: Browser, stand: Stand) -> None:
    with watched(browser, stand.url) as seen:
        seen.page.goto(stand.url + "/signals")
        expect(seen.page.get_by_text("copytrade dashboard key")).to_be_visible()
        assert (seen.barriers(), seen.refused(), seen.outside) == ([], [], [])
        seen.page.get_by_label("API key").fill("ctk_wrong")
        seen.page.get_by_role("button", name="Log in").click()
        expect(seen.page.locator("form")).to_contain_text("key")
        expect(seen.page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")


def test_after_logging_in_one_is_where_one_wanted_to_be(browser: Browser, stand: Stand) -> None:
    with watched(browser, stand.url) as seen:
        seen.page.goto(stand.url + "/signals/f1")
        seen.page.get_by_label("API key").fill(stand.keys[Role.VIEWER])
        seen.page.get_by_role("button", name="Log in").click()
        expect(seen.page.get_by_label("The decision")).to_contain_text("Copied")


def test_a_reason_says_what_it_means_where_one_points_at_it(seen: Seen) -> None:
    seen.open("/signals/f2")
    reason = seen.page.get_by_role("region", name="Gates").get_by_text("dust", exact=True)
    reason.hover()
    expect(seen.page.get_by_role("tooltip")).to_have_text("The leader's fill is too small to mean anything.")
    assert (seen.barriers(), seen.refused()) == ([], [])


def test_a_position_opens_its_price_since_it_was_bought(browser: Browser, make_stand: MakeStand) -> None:
    stand = make_stand()
    journal_on(stand.home, *(builders.book_seen(NOW + hour * HOUR, 0.46 + hour / 100, 0.49) for hour in (1, 2)))
    with watched(browser, stand.url) as seen:
        seen.log_in(stand.keys[Role.VIEWER])
        seen.open("/positions")
        seen.page.get_by_role("row").get_by_role("button", name="48¢").click()
        shown = seen.page.get_by_role("dialog")
        chart = shown.get_by_role("img", name="Price of a share")
        expect(chart).to_have_accessible_name(re.compile("Mark: from 47¢ to 48¢.*Take profit: from .* Stop loss:"))
        expect(chart.locator("canvas").first).to_be_visible()
        assert (seen.barriers(), seen.refused(), seen.complaints) == ([], [], [])


def test_copying_with_a_late_stream_is_not_shown_in_green(browser: Browser, make_stand: MakeStand) -> None:
    stand = make_stand()
    late = "streams is 40 s late, 15 s allowed"
    tell(stand.home.own, not_ready=[late])
    with watched(browser, stand.url) as seen:
        seen.log_in(stand.keys[Role.VIEWER])
        answer = seen.page.get_by_role("region", name="Is copying on?")
        expect(answer).to_contain_text("Copying, degraded")
        expect(answer).to_contain_text(late)
        expect(seen.page.get_by_role("banner").get_by_text("Copying, degraded", exact=True)).to_be_visible()
        amber = seen.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--warn')")
        shown = answer.get_by_text("Copying, degraded", exact=True)
        assert shown.evaluate("element => getComputedStyle(element).color") == rgb(amber)
        assert (seen.barriers(), seen.refused(), seen.complaints) == ([], [], [])


def rgb(colour: str) -> str:
    """#rrggbb as a browser computes it."""
    red, green, blue = bytes.fromhex(colour.strip().removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


def test_an_address_that_is_no_page_says_so(seen: Seen) -> None:
    seen.page.goto(seen.url + "/nothing/here")
    expect(seen.page.get_by_text("There is no such page")).to_be_visible()


def test_the_colour_scheme_is_the_systems_until_one_is_chosen(seen: Seen) -> None:
    seen.open("/")
    root = seen.page.locator("html")
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    seen.page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    seen.page.get_by_role("button", name="Account and appearance").click()
    seen.page.get_by_role("menuitem", name="Light").click()
    seen.page.reload()
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    assert seen.refused() == []
