"""The dashboard's pages as built, in Debian's Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from copytrade_live.dashboard.schemas.session import Role
from tests.dashboard.conftest import MakeStand, Stand, home, home_in, make_stand, stand, stands
from tests.dashboard_e2e.browser import AXE, CHROMIUM, WEB, Seen, chromium, watched

__all__ = ["MakeStand", "Stand", "home", "home_in", "make_stand", "stand", "stands"]


# No wider: what drives the browser keeps an event loop running, in which no other file could start its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file."""
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM, so nobody looked at the pages; install it (Debian, Ubuntu: apt install chromium)")
    assert (WEB / "dist" / "index.html").is_file(), "the pages are not built: make web"
    assert AXE.is_file(), "what looks for barriers is not installed: make web"
    with chromium() as started:
        yield started


@pytest.fixture
def seen(browser: Browser, stand: Stand) -> Iterator[Seen]:
    """An operator's page, logged in, on a desk's screen."""
    with watched(browser, stand.url) as page:
        cookies = stand.client(Role.ADMIN).cookies.jar
        context = page.page.context
        context.add_cookies([{"name": one.name, "value": one.value or "", "url": stand.url} for one in cookies])
        yield page
