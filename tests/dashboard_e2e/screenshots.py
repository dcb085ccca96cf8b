"""Makes the pictures of the documents from the real stack: python -m tests.dashboard_e2e.screenshots [--all FOLDER].

--all takes every page in light, dark and on a phone as well, for looking at; those are for nobody's repository.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard_e2e.browser import PAGES, Seen, chromium, watched
from tests.dashboard_e2e.stack import PAST, ROOT, Up, up

FOLDER = ROOT / "docs" / "assets"
# Colours of a picture, so that it stays small.
COLOURS = 128
MOST_BYTES = 150_000
# Milliseconds until the world has given enough to look at.
PATIENCE = 600_000
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}}
SCREENS = {"light": DESK, "dark": DESK | {"color_scheme": "dark"}, "phone": PHONE}


def main() -> None:
    """Start a stack, wait until there is enough to look at, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="where pictures of every page go")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, up(Path(scratch)) as stack, chromium() as browser:
        with logged_in(browser, stack, DESK) as seen:
            why = wait_for_enough(seen)
        take_for_documents(browser, stack, why)
        if asked.all is not None:
            stack.run("score", "--backfill-days", "3")
            stack.run("backtest", *PAST)
            stack.run("backtest", *PAST, "--set", "filter.max_spread=0.2")
            take_all(browser, stack, asked.all, why)


def wait_for_enough(seen: Seen) -> str:
    """Until some positions are held. Returns: the address of a copy's why."""
    seen.open("/signals?outcome=copied")
    first = seen.page.locator("[data-row-link]").first
    expect(first).to_be_visible(timeout=PATIENCE)
    why = first.get_attribute("href")
    assert why is not None
    seen.open("/positions")
    expect(held(seen.page).nth(3)).to_be_visible(timeout=PATIENCE)
    return why


def take_all(browser: Browser, stack: Up, folder: Path, why: str) -> None:
    """Every page on every screen, as long as it is."""
    for screen, options in SCREENS.items():
        with logged_in(browser, stack, options) as seen:
            seen.open("/leaders")
            leader = seen.page.locator("[data-row-link]").first.get_attribute("href") or ""
            for path in (*PAGES, why, leader):
                seen.open(path)
                name = path.strip("/").replace("/", "-")[:24] or "overview"
                take(seen, folder / f"{name}-{screen}.png", full_page=True)
            seen.open("/positions")
            seen.page.locator("[data-row-link]").first.click()
            take(seen, folder / f"marks-{screen}.png")


def take_for_documents(browser: Browser, stack: Up, why: str) -> None:
    """The few that README and the site show."""
    for name, path, options in (
        ("dashboard-overview", "/", DESK),
        ("dashboard-why", why, DESK | {"color_scheme": "dark"}),
        ("dashboard-phone", "/", PHONE),
    ):
        with logged_in(browser, stack, options) as seen:
            seen.open(path)
            picture = FOLDER / f"{name}.png"
            take(seen, picture)
            assert picture.stat().st_size < MOST_BYTES, f"{picture} has {picture.stat().st_size} bytes"


@contextmanager
def logged_in(browser: Browser, stack: Up, options: dict[str, Any]) -> Iterator[Seen]:
    """A fresh browser of an admin."""
    with watched(browser, stack.url, **options) as seen:
        seen.log_in(stack.key)
        yield seen


def held(page: Page) -> Locator:
    """The ways out of positions."""
    return page.get_by_role("button", name="Close now")


def take(seen: Seen, path: Path, *, full_page: bool = False) -> None:
    """One picture, in few colours."""
    seen.settle()
    seen.page.wait_for_timeout(1_000)  # a chart draws itself in
    path.parent.mkdir(parents=True, exist_ok=True)
    seen.page.screenshot(path=path, full_page=full_page)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path} {path.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
