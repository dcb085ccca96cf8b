"""Makes the pictures of the documents from the real stack: python -m tests.dashboard_e2e.screenshots [FOLDER]."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard_e2e.browser import Seen, chromium, watched
from tests.dashboard_e2e.stack import ROOT, Up, up

FOLDER = ROOT / "docs" / "images"
# Colours of a picture, so that it stays small.
COLOURS = 128
# Milliseconds until the world has given enough to look at.
PATIENCE = 400_000
WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 780}}


def main(folder: Path) -> None:
    """Start a stack, wait for a copy and a position, and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, up(Path(scratch)) as stack, chromium() as browser:
        shoot = shooter(browser, stack, folder)
        shoot("dashboard-why", why, WIDE)
        shoot("dashboard-positions", positions, WIDE)
        shoot("dashboard-overview", overview, WIDE)
        shoot("dashboard-overview-dark", overview, WIDE | {"color_scheme": "dark"})
        shoot("dashboard-leaders", leaders, WIDE)
        shoot("dashboard-phone", overview, PHONE)


def shooter(
    browser: Browser, stack: Up, folder: Path
) -> Callable[[str, Callable[[Seen], None], dict[str, object]], None]:
    """What takes one picture."""

    def shoot(name: str, go: Callable[[Seen], None], options: dict[str, object]) -> None:
        with watched(browser, stack.url, **options) as seen:
            seen.log_in(stack.key)
            go(seen)
            seen.settle()
            seen.page.wait_for_timeout(1_000)  # a chart draws itself in
            path = folder / f"{name}.png"
            seen.page.screenshot(path=path)
            shrink(path)
            print(f"{path} {path.stat().st_size // 1000} kB", flush=True)

    return shoot


def why(seen: Seen) -> None:
    """The newest copy and its gates."""
    seen.open("/signals")
    row = seen.row_saying("copied")
    expect(row).to_be_visible(timeout=PATIENCE)
    row.get_by_role("link").first.click()
    expect(seen.page.get_by_label("The decision")).to_be_visible()


def positions(seen: Seen) -> None:
    """What is held, once there is enough of it."""
    seen.open("/positions")
    expect(held(seen.page).nth(3)).to_be_visible(timeout=PATIENCE)


def overview(seen: Seen) -> None:
    """The first page."""
    seen.open("/")


def leaders(seen: Seen) -> None:
    """Whom we follow."""
    seen.open("/leaders")


def held(page: Page) -> Locator:
    """The ways out of positions."""
    return page.get_by_role("button", name="Close now")


def shrink(path: Path) -> None:
    """Keep the picture, not its bytes."""
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
