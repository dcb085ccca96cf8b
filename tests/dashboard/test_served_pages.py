"""The built front end is served as it was built, and its absence is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.dashboard import pages
from tests.dashboard.conftest import Stand


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "dist"
    (found / "assets").mkdir(parents=True)
    (found / "index.html").write_text("<!doctype html><title>copytrade</title>")
    (found / "assets" / "index-abc123.js").write_text("export {}")
    (found / "favicon.svg").write_text("<svg/>")
    monkeypatch.setattr(pages, "DIST", found)
    return found


@pytest.mark.parametrize("path", ["/", "/signals", "/signals/f1", "/leaders/0xabc", "/index.html"])
def test_every_address_that_is_no_file_is_the_page(stand: Stand, dist: Path, path: str) -> None:
    answer = stand.client().get(path)
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_file_whose_name_holds_its_content_is_kept_for_good(stand: Stand, dist: Path) -> None:
    browser = stand.client()
    answer = browser.get("/assets/index-abc123.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert browser.get("/favicon.svg").headers["content-type"] == "image/svg+xml"
    assert browser.get("/assets/index-old.js").status_code == 404


def test_an_address_of_the_api_that_is_none_is_no_page(stand: Stand, dist: Path) -> None:
    answer = stand.client().get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_while_it_is_not_built_the_page_says_how(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "DIST", tmp_path / "nothing")
    answer = stand.client().get("/")
    assert answer.status_code == 200
    assert "make web" in answer.text
    assert "<script" not in answer.text
