"""The first page is small, comes from us alone, and a lost line to the server is said and mended."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from copytrade_live.dashboard.schemas.session import Role
from tests.dashboard.conftest import Stand
from tests.dashboard_e2e.browser import WEB, Seen, watched

MOST_BYTES = 300_000
# Names that are no addresses anybody loads from, what an error message points to, and whose charts these are.
KNOWN = {
    "www.w3.org",
    "react.dev",
    "mantine.dev",
    "tanstack.com",
    "github.com",
    "www.tradingview.com",
    "tradingview.com",
}


def test_the_first_load_is_under_300_kilobytes_gzipped(browser: Browser, stand: Stand) -> None:
    with watched(browser, stand.url) as seen:
        sizes: dict[str, int] = {}
        seen.page.on("response", lambda answer: sizes.setdefault(answer.url, 0) if "/api/" not in answer.url else None)
        seen.log_in(stand.keys[Role.VIEWER])
        seen.settle()
        seen.page.wait_for_load_state("load")
        files = {path for url in sizes if (path := file_of(url.removeprefix(stand.url))) is not None}
        total = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
        assert any(path.suffix == ".css" for path in files)
        assert total < MOST_BYTES, f"{total} bytes in {len(files)} files"


def file_of(path: str) -> Path | None:
    """The built file behind an address."""
    found = WEB / "dist" / (path.lstrip("/") or "index.html")
    return found if found.is_file() else None


def test_nothing_built_names_another_origin_or_markup_from_strings() -> None:
    for path in (WEB / "dist").rglob("*"):
        if path.suffix in {".js", ".css", ".html"}:
            text = path.read_text(encoding="utf-8")
            hosts = set(re.findall(r"(?:https?:)?//([a-z0-9.-]+\.[a-z]{2,})(?=[/\"'`\s)])", text))
            assert hosts <= KNOWN, f"{path.name}: {hosts - KNOWN}"
            assert "data:font" not in text
    page = (WEB / "dist" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|style=|\son[a-z]+=|<script(?![^>]*\bsrc=)", page)


@pytest.mark.slow
def test_a_lost_line_is_said_and_taken_up_again(seen: Seen) -> None:
    seen.open("/")
    expect(seen.page.get_by_label("Stream: Live")).to_be_visible()
    seen.page.context.set_offline(True)
    seen.page.route("**/api/events", lambda route: route.abort())
    notice = seen.page.get_by_text("Stale since")
    expect(notice).to_be_visible(timeout=40_000)
    seen.page.unroute("**/api/events")
    seen.page.context.set_offline(False)
    expect(seen.page.get_by_label("Stream: Live")).to_be_visible(timeout=20_000)
    expect(notice).not_to_be_visible()
