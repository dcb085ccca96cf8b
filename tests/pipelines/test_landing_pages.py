from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from copytrade_live.venue.listing import Page
from copytrade_live.venue.stretch import History, Stretch
from copytrade_pipelines.ingest.landing import (
    PageCollector,
    land,
    land_stretches,
    landed,
    pending,
    read_pages,
    read_stretches,
    settle,
)

PAGES = [
    Page(source="data-api", request="/v2/trades?user=2", body='{"data": []}'),
    Page(source="data-api", request="/v2/trades?user=1", body='{"data": ["é"]}'),
    Page(source="gamma", request="/markets/keyset", body='{"markets": []}'),
]


def test_pages_land_by_source_as_they_were_sent(tmp_path: Path) -> None:
    paths = land(tmp_path, PAGES)
    assert [path.parent.parent.name for path in paths] == ["data-api", "gamma"]
    rows = pq.read_table(paths[0]).to_pylist()
    assert [row["request"] for row in rows] == ["/v2/trades?user=1", "/v2/trades?user=2"]
    assert rows[0]["body"] == '{"data": ["é"]}'


def test_the_same_pages_are_the_same_file_in_whatever_order_they_came(tmp_path: Path) -> None:
    first = land(tmp_path, PAGES)
    written = [path.stat().st_mtime_ns for path in first]
    assert land(tmp_path, PAGES[::-1]) == first
    assert [path.stat().st_mtime_ns for path in first] == written
    assert sorted(tmp_path.rglob("*.parquet")) == sorted(first)


def test_other_pages_are_another_file(tmp_path: Path) -> None:
    assert land(tmp_path, PAGES[:1]) != land(tmp_path, PAGES[:2])


def test_no_pages_leave_no_file(tmp_path: Path) -> None:
    assert land(tmp_path, []) == []
    assert list(tmp_path.iterdir()) == []


def test_a_kill_while_landing_leaves_no_file_under_its_name(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from copytrade_live.venue.listing import Page
from copytrade_pipelines.ingest import landing
os.replace = lambda source, target: os.kill(os.getpid(), signal.SIGKILL)
landing.land(Path(sys.argv[1]), [Page(source="gamma", request="r", body="b")])
"""
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == -9
    assert list(tmp_path.rglob("*.parquet")) == []


def test_a_collector_hands_its_pages_over_once() -> None:
    collector = PageCollector()
    collector(PAGES[0])
    assert collector.take() == [PAGES[0]]
    assert collector.take() == []


STRETCH = Stretch(
    wallet="0x" + "ab" * 20,
    history=History.FILLS,
    window=1,
    start=100,
    end=200,
    pages=(
        Page(source="data-api", request="/v2/trades?user=1", body='{"data": []}', since=150),
        Page(source="data-api", request="/v2/trades?user=1&cursor=2", body='{"data": [1]}'),
    ),
    taker_pages=(Page(source="data-api", request="/v2/trades?taker_only=true", body='{"data": []}'),),
    is_complete=False,
)


def test_stretches_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    other = replace(STRETCH, start=300, end=None, taker_pages=())
    path = land_stretches(tmp_path, [STRETCH, other])
    assert read_stretches(path) == [STRETCH, other]
    assert list(read_pages(path)) == []
    assert pending(tmp_path) == [path]


def test_a_loaded_file_moves_to_its_source_and_day(tmp_path: Path) -> None:
    path = land_stretches(tmp_path, [STRETCH])
    settled = settle(tmp_path, path)
    assert pending(tmp_path) == []
    assert settled is not None
    assert landed(tmp_path, "data-api") == [settled]
    assert settled.parent.parent == tmp_path / "data-api"
    assert settle(tmp_path, path) is None


def test_files_come_back_in_the_order_they_landed(tmp_path: Path) -> None:
    paths = [settle(tmp_path, land_stretches(tmp_path, [replace(STRETCH, start=start)])) for start in (9, 1, 5)]
    assert landed(tmp_path, "data-api") == paths
