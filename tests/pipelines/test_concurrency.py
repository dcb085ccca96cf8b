"""Command lines, the daemon and its sensors on one home: nobody fails on a lock, a killed run holds nobody up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import pytest
import yaml

from copytrade_live.programs import dagster_programs, environment
from copytrade_live.sandbox.server import build_app
from copytrade_live.sandbox.synthetic import Scale, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.settings import Home
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.liveness import PROCESS_TAG
from copytrade_pipelines.pools import POOLS, WAREHOUSE_POOL
from copytrade_pipelines.warehouse_lock import turn_at
from tests.pipelines.ingest_runs import venue_config
from tests.venue.loopback import served

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

ROOT = Path(__file__).resolve().parents[2]
COPYTRADE = [sys.executable, "-c", "from copytrade_live.cli import main; main()"]
ROUNDS = 3
LOCK_FAILURES = ("WarehouseError", "database is locked", "Could not set lock")
PATIENCE_SECONDS = 900


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    world = build_synthetic_world(7, Scale(wallets=8, fills=600))
    with served(build_app(world, TimeKeeper(world.start_at, speed=1.0))) as url:
        made = Home(tmp_path / "home")
        made.root.mkdir()
        venue = venue_config(url).model_dump(mode="json")
        made.config.write_text(yaml.safe_dump({"venue": venue | {"max_attempts": 5}}))
        yield made


@contextmanager
def daemon(home: Home) -> Iterator[Path]:
    """Dagster's daemon at work on a home. Yields: its log."""
    log = home.root / "daemon.log"
    program = dagster_programs(home)[0]
    with log.open("w") as sink, start(program.command, home, sink) as process:
        try:
            yield log
        finally:
            process.terminate()


def start(command: Sequence[str], home: Home, sink: object = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        list(command),
        cwd=ROOT,
        env=environment(home),
        stdout=sink,
        stderr=subprocess.STDOUT,
        text=True,  # type: ignore[call-overload]
    )


def journal(home: Home, number: int) -> None:
    """A segment of the runner that a sensor asks for a run for."""
    home.export.mkdir(parents=True, exist_ok=True)
    name = f"events-{number:012d}-{number:012d}.jsonl"
    part = home.export / f"{name}.part"
    part.write_text(json.dumps({"type": "SignalRejected"}) + "\n")
    part.rename(home.export / name)


def unfinished(instance: dg.DagsterInstance) -> list[str]:
    return [run.run_id for run in instance.get_runs() if not run.is_finished]


def test_two_command_lines_the_daemon_and_its_sensors_never_fail_on_a_lock(home: Home) -> None:
    said: list[str] = []
    with prepare_instance(home) as instance, daemon(home) as log:
        for number in range(1, ROUNDS + 1):
            verbs = [start([*COPYTRADE, verb], home) for verb in ("ingest", "refresh")]
            time.sleep(5)
            journal(home, number)
            for verb in verbs:
                text, _ = verb.communicate(timeout=PATIENCE_SECONDS)
                said.append(text)
                assert verb.returncode == 0, text
        deadline = time.monotonic() + PATIENCE_SECONDS
        while unfinished(instance):
            assert time.monotonic() < deadline, unfinished(instance)
            time.sleep(1)
        runs = instance.get_runs()
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        assert sum("dagster/sensor_name" in run.tags for run in runs) >= 1, "the daemon launched no run"
        assert len(runs) > 2 * ROUNDS
        assert [word for word in LOCK_FAILURES if word in "".join([*said, log.read_text()])] == []


def test_a_killed_run_keeps_neither_the_daemon_nor_the_command_line_waiting(home: Home) -> None:
    with ExitStack() as stack, prepare_instance(home) as instance:
        stack.enter_context(daemon(home))
        killed = start([*COPYTRADE, "refresh"], home)
        storage = instance.event_log_storage
        while not any(storage.get_concurrency_info(pool).active_slot_count for pool in POOLS):
            assert killed.poll() is None
            time.sleep(0.05)
        killed.kill()
        killed.communicate()
        killed_at = time.monotonic()
        while any(storage.get_concurrency_info(pool).active_slot_count for pool in POOLS) or unfinished(instance):
            assert time.monotonic() - killed_at < 60, "the killed run still holds a slot"
            time.sleep(0.5)
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.FAILURE


def test_a_killed_run_of_the_daemon_frees_its_pool_too(home: Home) -> None:
    with ExitStack() as stack, prepare_instance(home) as instance:
        stack.enter_context(daemon(home))
        storage = instance.event_log_storage
        # While the test holds the file, the run the sensor asks for waits inside its step, slot in hand.
        with turn_at(str(home.warehouse), PATIENCE_SECONDS):
            journal(home, 1)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not storage.get_concurrency_info(WAREHOUSE_POOL).active_slot_count:
                assert time.monotonic() < deadline, "the daemon launched no run that holds the pool"
                time.sleep(0.2)
            (run_id,) = storage.get_concurrency_info(WAREHOUSE_POOL).active_run_ids
            process = instance.get_run_by_id(run_id).tags[PROCESS_TAG].partition("/")[0]  # type: ignore[union-attr]
            os.kill(int(process.rsplit(".", 2)[1]), signal.SIGKILL)
            killed_at = time.monotonic()
            while storage.get_concurrency_info(WAREHOUSE_POOL).active_slot_count or run_id in unfinished(instance):
                assert time.monotonic() - killed_at < 60, "the killed run still holds the pool"
                time.sleep(0.5)
        assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
