"""Starting, stopping and refusing: the process around the runner."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from copytrade_live.clock import AcceleratedClock, ManualClock, SystemClock
from copytrade_live.errors import ConfigError, StateError, VenueUnavailable
from copytrade_live.runner.app import LiveAccount, Runner
from copytrade_live.runner.clocks import clock_for
from copytrade_live.runner.phases import Phase, run_side_by_side
from copytrade_live.runner.serve import open_runner
from copytrade_live.settings import CopytradeConfig, Home, LiveOptions, parse_config
from copytrade_live.store.journal import Journal

SERVE = """
import asyncio, sys
from pathlib import Path
from copytrade_live.logs import setup_logging
from copytrade_live.runner.serve import serve
from copytrade_live.settings import Home, load_config
setup_logging("info")
home = Home(Path(sys.argv[1]))
asyncio.run(serve(load_config(None, home), home))
"""


def start_process(home: Home, url: str) -> subprocess.Popen[bytes]:
    home.config.write_text(
        yaml.safe_dump(
            {
                "venue": {"data_url": url, "gamma_url": url, "clob_url": url, "max_attempts": 1},
                "observability": {"port": 0},
            }
        )
    )
    return subprocess.Popen([sys.executable, "-c", SERVE, str(home.root)], stderr=subprocess.PIPE)


def wait_for(path, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_runner_ends_cleanly_with_everything_exported(venue, make_home, number):
    home = make_home("one")
    process = start_process(home, venue.url)
    wait_for(home.export / "heartbeat.json")
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors.decode()
    assert b"PAPER trading" in errors
    assert b"Traceback" not in errors
    beat = json.loads((home.export / "heartbeat.json").read_text())
    with Journal.open(home.state, "paper") as journal:
        assert beat["last_seq"] == journal.last_seq


def test_a_runner_whose_venue_is_unreachable_lives_and_says_so(make_home):
    home = make_home("one")
    process = start_process(home, "http://127.0.0.1:9")
    wait_for(home.export / "heartbeat.json")
    time.sleep(1.0)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_killed_runner_lets_go_of_its_lock(venue, make_home):
    home = make_home("one")
    process = start_process(home, venue.url)
    wait_for(home.export / "heartbeat.json")
    with pytest.raises(StateError, match="another runner"):
        Journal.open(home.state, "paper")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    Journal.open(home.state, "paper").close()


def test_an_account_is_refused_below_the_ceiling_of_the_config(make_home):
    config = parse_config("safety: {dry_run: true}", origin="test")
    account = LiveAccount(name="0x1", venue=None, options=LiveOptions())  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="dry_run is true"):
        Runner(config, make_home("one"), ManualClock(0), None, account)  # type: ignore[arg-type]


def test_the_system_clock_is_the_default(venue):
    assert isinstance(asyncio.run(clock_for(CopytradeConfig().venue)), SystemClock)


def test_a_venue_without_a_clock_of_its_own_cannot_lend_one(venue):
    config = parse_config(
        yaml.safe_dump({"venue": {"clob_url": f"{venue.url}/v2", "clock": "venue", "max_attempts": 1}}), origin="test"
    )
    with pytest.raises(ConfigError, match="only a sandbox"):
        asyncio.run(clock_for(config.venue))


def test_a_world_that_stands_still_cannot_lend_its_clock(venue):
    config = venue.config()
    with pytest.raises(ConfigError, match="stands still"):
        asyncio.run(clock_for(config.venue.model_copy(update={"clock": "venue"})))


def test_a_fast_world_lends_its_time_and_speed(start_accelerated):
    venue = start_accelerated(50.0)
    clock = asyncio.run(clock_for(venue.config().venue.model_copy(update={"clock": "venue"})))
    assert isinstance(clock, AcceleratedClock)
    assert abs(clock.now() - venue.keeper.now()) < 50 * 1000
    before, started = clock.now(), time.monotonic()
    asyncio.run(clock.sleep(10.0))
    assert time.monotonic() - started < 5.0
    assert clock.now() - before >= 10_000


def test_a_fast_world_does_not_hurry_what_looks_after_the_machine(start_accelerated, make_home):
    venue = start_accelerated(50.0)
    config = venue.config()

    async def intervals():
        clock = await clock_for(config.venue.model_copy(update={"clock": "venue"}))
        async with open_runner(config, make_home("fast"), clock) as runner:
            return {phase.name: phase.interval_seconds / clock.speed for phase in runner.phases}

    found = asyncio.run(intervals())
    assert {name: found[name] for name in ("room", "control", "vitals")} == {"room": 1.0, "control": 0.5, "vitals": 1.0}
    assert found["markets"] == 30.0 / 50.0


def test_an_unreachable_clock_says_which_address(venue):
    config = parse_config(
        yaml.safe_dump({"venue": {"clob_url": "http://127.0.0.1:9", "clock": "venue", "max_attempts": 1}}),
        origin="test",
    )
    with pytest.raises(VenueUnavailable, match=r"127\.0\.0\.1:9"):
        asyncio.run(clock_for(config.venue))


def test_a_runner_reads_the_published_folder_of_its_home(venue, make_home):
    home = make_home("one")
    home.published.mkdir()
    (home.published / "gate.json").write_text(
        json.dumps(
            {
                "schema_version": 1,
                "is_open": False,
                "reasons": ["tested"],
                "snapshot_id": None,
                "written_at": venue.keeper.now(),
                "valid_until": venue.keeper.now() + 1000,
            }
        )
    )
    (home.published / "scores.json").write_text("{")

    async def once():
        async with open_runner(venue.config(), home, ManualClock(venue.keeper.now())) as runner:
            await runner.tick()
            return runner.state.standing, dict(runner.health.failures)

    standing, failures = asyncio.run(once())
    assert standing.gate is not None
    assert standing.gate.reasons == ("tested",)
    assert standing.snapshot is None
    assert failures == {"scores": 1}


def test_a_gate_that_cannot_be_read_is_no_gate(venue, make_home):
    home = make_home("one")
    home.published.mkdir()
    (home.published / "gate.json").write_text("{")

    async def once():
        async with open_runner(venue.config(), home, ManualClock(venue.keeper.now())) as runner:
            await runner.tick()
            return runner.state.standing.gate, runner.health.last_failure

    gate, failures = asyncio.run(once())
    assert gate is None
    assert "gate.json" in failures["gate"]


def test_a_slow_phase_delays_no_other_and_a_broken_one_ends_the_run():
    ran: list[str] = []

    async def slow() -> None:
        await asyncio.sleep(30)

    async def quick() -> None:
        ran.append("quick")
        if len(ran) == 3:
            raise ZeroDivisionError("an invariant broke")

    phases = [Phase("slow", 1.0, slow), Phase("quick", 0.01, quick)]
    with pytest.raises(ZeroDivisionError, match="an invariant broke"):
        asyncio.run(asyncio.wait_for(run_side_by_side(phases, SystemClock()), 10))
    assert ran == ["quick"] * 3
