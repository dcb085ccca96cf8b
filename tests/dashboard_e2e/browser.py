"""A browser that watches what a page must not do: break the security policy, complain, or reach outside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, sync_playwright

WEB = Path(__file__).resolve().parents[2] / "copytrade_live" / "dashboard" / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SERIOUS = ("serious", "critical")
# Told by the browser itself when the policy forbids something.
_WATCH = """
window.__refused = [];
document.addEventListener('securitypolicyviolation',
  event => window.__refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
# Every page that an operator has, by its address.
PAGES = ("/", "/positions", "/signals", "/leaders", "/backtests", "/backtests/compare", "/replay", "/controls")
PAGES += ("/config", "/health")


@dataclass
class Seen:
    """A page and what it did that it must not."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the dashboard and wait until it is there."""
        self.page.goto(self.url + path)
        self.page.locator("main h1").wait_for()
        self.settle()

    def settle(self) -> None:
        """Until nothing is being loaded."""
        self.page.locator("[role=status][aria-label^=Loading]").first.wait_for(state="detached")

    def log_in(self, key: str) -> None:
        """Log in through the page."""
        self.page.goto(self.url + "/login")
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("heading", name="Overview").wait_for()

    def row_saying(self, words: str) -> Locator:
        """The first row of a table in which these words stand alone, as a tag's do."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_text(words, exact=True)).first

    def refused(self) -> list[str]:
        """What the security policy refused on this page."""
        return list(self.page.evaluate("window.__refused"))

    def barriers(self) -> list[str]:
        """What axe finds serious on this page."""
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['html'][:160]}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]

    def cut_off(self) -> list[str]:
        """What reaches beyond the window's edge without a way to scroll there."""
        return list(self.page.evaluate(_CUT_OFF))


_CUT_OFF = """
() => [...document.querySelectorAll('main *, header *, nav *')].filter(element => {
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.right <= document.documentElement.clientWidth + 1) return false;
  for (let up = element.parentElement; up; up = up.parentElement) {
    if (up === document.body) return true;
    if (getComputedStyle(up).overflowX !== 'visible') return false;
  }
  return true;
}).map(element => element.outerHTML.slice(0, 120))
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def watched(browser: Browser, url: str, **options: Any) -> Iterator[Seen]:
    """A fresh browser profile on a dashboard."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    seen = Seen(page=page, url=url)
    host = urlsplit(url).netloc
    page.add_init_script(_WATCH)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda said: _note(seen, said.type, said.text))
    page.on("request", lambda asked: seen.outside.append(asked.url) if urlsplit(asked.url).netloc != host else None)
    page.on("dialog", lambda dialog: (seen.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield seen
    context.close()


def _note(seen: Seen, kind: str, text: str) -> None:
    # A browser says by itself that nobody was logged in when the page first asked.
    if kind in ("error", "warning") and "401" not in text:
        seen.complaints.append(text)
