from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.pipelines import torture
from tests.pipelines.ingest_runs import digests, query
from tests.pipelines.torture import FAULTS, LATE_SECONDS

pytestmark = pytest.mark.e2e
HOUR, DAY = 3_600, 86_400
# The chain is read from the beginning of the world.
EVERYTHING = 50
SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.mark.slow
def test_two_hundred_thousand_fills_of_a_misbehaving_venue_are_exactly_the_truth_through_ten_kills(
    tmp_path: Path,
) -> None:
    world = ("--wallets", "200", "--fills", "200000", "--seed", "1", "--trades-offset-cap", "3000")
    home = tmp_path / "home"
    with torture.misbehaving(tmp_path, *world) as url:
        torture.configure(home, url, chain_days=EVERYTHING, rpc_url=f"{url}/rpc")
        killed = [torture.ingest_and_kill(home, lines) for lines in torture.kill_points(SEED, kills=10, longest=40)]
        said = torture.ingest(home)
        settled = torture.settled_until(url)
        assert torture.differences(home, url, settled) == {}
        assert re.search(r"raw\.fills: [\d,]+ of 200 wallets, [\d,]+ rows, [\d,]+ rows/s, .* left", said)
        assert sum(killed) >= 8
        before = digests(home)
        torture.ingest(home)
        assert torture.differences(home, url, settled) == {}
        after = digests(home)
        assert {name for name in before if before[name] != after[name]} <= MAY_MOVE
        torture.step(url, LATE_SECONDS + HOUR)
        torture.ingest(home)
        assert torture.differences(home, url, torture.settled_until(url)) == {}
        assert query(home, "SELECT count(*) FROM raw.chain_ranges WHERE mismatch <> ''") == [(0,)]


# Blanks that a second sight fills in, and the finer mids, of which a run fetches only so many hours.
MAY_MOVE = {"raw.fills", "raw.prices", "raw.price_hours"}


def test_a_small_misbehaving_venue_is_exactly_the_truth_through_kills_and_rows_later_than_the_overlap(
    tmp_path: Path,
) -> None:
    late = {"name": "late_rows", "probability": 0.05, "delay_seconds": 3 * DAY}
    faults = [fault for fault in FAULTS if fault["name"] not in ("late_rows", "timeout")] + [late]
    home = tmp_path / "home"
    with torture.misbehaving(tmp_path, "--wallets", "12", "--fills", "5000", "--seed", "2", faults=faults) as url:
        torture.configure(home, url)
        torture.ingest_histories(home, kill_after=3)
        torture.ingest_histories(home, kill_after=6)
        torture.ingest_histories(home)
        until = torture.settled_until(url, late_seconds=3 * DAY)
        assert torture.history_differences(home, url, until) == {}
        before = digests(home)
        torture.ingest_histories(home)
        assert torture.history_differences(home, url, until) == {}
        after = digests(home)
        assert {name for name in before if before[name] != after[name]} <= MAY_MOVE
        # What was late for three days lies beyond the overlap of one; the audit finds it.
        torture.step(url, 4 * DAY)
        torture.ingest_histories(home)
        assert torture.history_differences(home, url, torture.settled_until(url, late_seconds=3 * DAY)) != {}
        torture.step(url, 4 * DAY)
        torture.ingest_histories(home)
        assert torture.history_differences(home, url, torture.settled_until(url, late_seconds=3 * DAY)) == {}
