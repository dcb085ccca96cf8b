"""Data docs say what the suites found, and a browser that opens them asks nobody anything."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from copytrade_live.core.market import DAY
from copytrade_pipelines.quality.expectations import Severity, Suite, between, has_rows, never_null
from copytrade_pipelines.quality.pages import outside_references, write_pages
from copytrade_pipelines.quality.results import store_result, stored_results
from copytrade_pipelines.quality.validate import examine

NOW = 1_770_000_000_000
LURE = "https://elsewhere.example/logo.png"
SUITE = Suite(
    name="things",
    table="raw.things",
    query="",
    expectations=(*never_null("name"), between("price", 0.0, 1.0), has_rows(severity=Severity.WARNING)),
)
FRAME = pd.DataFrame({"name": [LURE, '<img src="//elsewhere.example/x">', None], "price": [0.2, 7.0, 0.4]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("quality")
    store_result(home, examine(SUITE, FRAME), checked_at=NOW)
    write_pages(home / "docs", stored_results(home))
    return home


def test_every_suite_has_a_page_and_the_index_counts_what_is_broken(folder: Path) -> None:
    index = (folder / "docs" / "index.html").read_text()
    assert "<td>raw.things</td><td>3</td><td>3</td><td>2</td>" in index
    page = (folder / "docs" / "things.html").read_text()
    assert "values must never be null" in page
    assert "≈33.33" in page


def test_no_page_reaches_another_host(folder: Path) -> None:
    pages = sorted((folder / "docs").iterdir())
    assert [path.name for path in pages] == ["index.html", "things.html"]
    for path in pages:
        text = path.read_text()
        assert outside_references(text) == []
        assert not re.search(r"https?:|<script|<img|<link|<iframe|url\(", text, re.IGNORECASE)
        assert all(target.endswith(".html") for target in re.findall(r'href="([^"#]+)"', text))


def test_a_later_result_takes_the_place_of_the_last(folder: Path, tmp_path: Path) -> None:
    for at, frame in ((NOW, FRAME), (NOW + DAY, FRAME.head(1))):
        store_result(tmp_path, examine(SUITE, frame), checked_at=at)
    (found,) = stored_results(tmp_path)
    assert (found.checked_at, found.rows, found.broken) == (NOW + DAY, 1, 0)
    (tmp_path / "half.json").write_text('{"suite": "half"')
    assert len(stored_results(tmp_path)) == 1
