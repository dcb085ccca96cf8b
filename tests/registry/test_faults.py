"""However the venue misbehaves, the registry, markets, positions, resolutions and mids end the same."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from copytrade_live.sandbox.server import build_app
from copytrade_live.sandbox.synthetic import Scale, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from tests.pipelines.ingest_runs import digests, query, run_raw_assets
from tests.venue.loopback import served

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# A 429 slows every later request to a host down, so only a few are thrown in.
FAULTS = [
    {"name": name, "probability": 0.05, "seed": 5, "retry_after_seconds": 0}
    for name in (
        "server_error",
        "disconnect",
        "truncated_json",
        "html_body",
        "repeated_page",
        "unordered_rows",
        "blank_fields",
    )
] + [
    {"name": "rate_limited", "probability": 0.5, "paths": ["/v2/leaderboard"], "retry_after_seconds": 0},
    {"name": "throttled_200", "probability": 0.5, "paths": ["/events"]},
]


def test_faults_leave_no_trace_in_any_table(tmp_path: Path) -> None:
    world = build_synthetic_world(3, Scale(wallets=5, fills=400))
    for name, faults in (("calm", []), ("troubled", FAULTS)):
        with served(build_app(world, TimeKeeper(world.start_at, speed=None))) as url:
            httpx.post(f"{url}/admin/faults", json=faults).raise_for_status()
            run_raw_assets(url, tmp_path / name)
            met = httpx.get(f"{url}/admin/faults").json()["met"]
    assert len(met) > 5
    calm, troubled = digests(tmp_path / "calm"), digests(tmp_path / "troubled")
    assert [table for table in calm if calm[table] != troubled[table]] == []
    assert query(tmp_path / "troubled", "SELECT min(coverage), count(*) FROM raw.wallets") == [(1.0, 5)]
