"""The documentation site builds strictly, links to what exists, and asks nobody else for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.dashboard_e2e.browser import CHROMIUM, chromium

ROOT = Path(__file__).resolve().parents[2]
# Where an element makes a browser fetch by itself; an <a> is only followed by a person.
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
    ("use", "href"),
}
QUIET_LINKS = {"canonical", "next", "prev", "edit"}


class Links(HTMLParser):
    """What a page fetches, where it leads, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.leads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.add(given.get("id", ""))
        self.fetched += [given[name] for kind, name in FETCHED if kind == tag and name in given]
        if tag == "link" and given.get("rel") not in QUIET_LINKS:
            self.fetched.append(given.get("href", ""))
        if tag == "a":
            self.leads.append(given.get("href", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a broken link, a missing anchor or a page that nothing leads to ends it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "true"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if "WARNING" in line)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    return {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_page_of_the_documents_is_in_the_site(pages: dict[Path, Links], site: Path) -> None:
    wanted = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert wanted <= {path.relative_to(site) for path in pages}


def test_every_link_and_anchor_of_the_built_site_leads_somewhere(pages: dict[Path, Links], site: Path) -> None:
    broken = []
    for page, links in pages.items():
        for target in links.leads + links.fetched:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or page.name == "404.html":
                continue
            meant = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            meant = meant / "index.html" if meant.is_dir() else meant
            known = pages.get(meant)
            is_there = meant.is_file() and (not parts.fragment or known is None or parts.fragment in known.anchors)
            if not is_there and parts.fragment != "__skip":
                broken.append(f"{page.relative_to(site)}: {target}")
    assert not broken


def test_code_is_shown_as_code(site: Path) -> None:
    shown = {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}
    assert not [name for name, text in shown.items() if "```" in text]


def test_no_page_fetches_anything_from_elsewhere(pages: dict[Path, Links]) -> None:
    outside = re.compile(r"(https?:)?//")
    assert not [(page.name, one) for page, links in pages.items() for one in links.fetched if outside.match(one)]


def test_no_style_or_script_fetches_anything_from_elsewhere(site: Path) -> None:
    asks = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//")
    assert not [style.name for style in site.rglob("*.css") if asks.search(style.read_text(encoding="utf-8"))]
    # Scripts also name namespaces, licences and texts for people: those are asked nothing.
    asked = re.compile(r"https?://[^\s\"'`)]*(?:unpkg|jsdelivr|cdn|googleapis|analytics)")
    assert not [script.name for script in site.rglob("*.js") if asked.search(script.read_text(encoding="utf-8"))]


@pytest.fixture
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium looked at the site; install it (Debian, Ubuntu: apt install chromium)")
    with chromium() as found:
        yield found


@pytest.mark.e2e
@pytest.mark.slow
def test_a_site_that_is_opened_from_its_folder_can_be_searched(browser: Browser, site: Path) -> None:
    page, complaints = browser.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / "adr" / "index.html").as_uri())
    page.locator(".md-search__input").click()
    page.keyboard.type("kelly")
    page.locator(".md-search-result__link").first.click()
    page.wait_for_url("**/config.html*")
    assert complaints == []


@pytest.mark.e2e
@pytest.mark.slow
def test_no_page_is_wider_than_a_phone(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    wide = []
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        if page.evaluate("document.scrollingElement.scrollWidth") > 390:
            wide.append(path.name)
    assert wide == []
