from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from copytrade_live.venue.listing import Page
from copytrade_pipelines.ingest.landing import PageCollector, land

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
