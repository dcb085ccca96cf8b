"""A run whose process was killed keeps nobody waiting; one whose process lives is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from copytrade_live.settings import Home
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.liveness import FOLDER, PROCESS_TAG, process_tags, sweep
from copytrade_pipelines.pools import WAREHOUSE_POOL
from copytrade_pipelines.run_tags import trigger_of
from copytrade_pipelines.warehouse_lock import turn_at

ROOT = Path(__file__).resolve().parents[2]
RUN = "11111111-1111-4111-8111-111111111111"
RERUN = "22222222-2222-4222-8222-222222222222"
CLAIMS = """
import os, signal, sys
from pathlib import Path
from copytrade_live.settings import Home
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.liveness import process_tags
with prepare_instance(Home(Path(sys.argv[1]))) as instance:
    print(list(process_tags(instance, sys.argv[2]).values())[0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
BUILDS_MODELS = """
from copytrade_live.settings import home_from_environment, load_config
from copytrade_pipelines.headless import Location
home = home_from_environment()
print(Location(load_config(None, home), home).run_job("build_models").run_id)
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with prepare_instance(Home(tmp_path)) as made:
        yield made


def tag_of_a_killed_process(home: Path, run_id: str) -> str:
    command = [sys.executable, "-c", CLAIMS, str(home), run_id]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def started(instance: dg.DagsterInstance, run_id: str, process: str) -> dg.DagsterRun:
    return create_run_for_test(
        instance, "a_job", run_id=run_id, tags={PROCESS_TAG: process}, status=dg.DagsterRunStatus.STARTED
    )


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def hold_a_slot(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.event_log_storage.set_concurrency_slots(WAREHOUSE_POOL, 1)
    assert instance.event_log_storage.claim_concurrency_slot(WAREHOUSE_POOL, run_id, "a_step").is_claimed


def is_free(instance: dg.DagsterInstance) -> bool:
    return instance.event_log_storage.get_concurrency_info(WAREHOUSE_POOL).active_slot_count == 0


def waiting_runs(instance: dg.DagsterInstance) -> set[str]:
    return {step.run_id for step in instance.event_log_storage.get_concurrency_info(WAREHOUSE_POOL).pending_steps}


def test_a_run_whose_process_was_killed_fails_and_lets_go_of_its_pools(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    started(instance, RUN, tag_of_a_killed_process(tmp_path, RUN))
    hold_a_slot(instance, RUN)

    swept = sweep(instance)

    assert swept.failed == (RUN,)
    assert status(instance, RUN) is dg.DagsterRunStatus.FAILURE
    assert is_free(instance)
    (event,) = instance.all_logs(RUN, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert "is gone: it was killed or it crashed" in event.message
    assert list((tmp_path / "dagster" / FOLDER).glob("*.lock")) == []
    assert str(sweep(instance)) == ""


def test_a_run_whose_process_lives_is_left_alone(instance: dg.DagsterInstance) -> None:
    started(instance, RUN, process_tags(instance, RUN)[PROCESS_TAG])
    hold_a_slot(instance, RUN)
    assert str(sweep(instance)) == ""
    assert status(instance, RUN) is dg.DagsterRunStatus.STARTED
    assert not is_free(instance)


def test_a_rerun_born_with_the_tags_of_a_killed_run_is_not_taken_for_dead(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    process = tag_of_a_killed_process(tmp_path, RUN)
    started(instance, RUN, process)
    started(instance, RERUN, process)
    assert sweep(instance).failed == (RUN,)
    assert status(instance, RERUN) is dg.DagsterRunStatus.STARTED


def test_a_run_of_another_machine_is_left_alone(instance: dg.DagsterInstance) -> None:
    started(instance, RUN, f"elsewhere.1.2/{RUN}")
    assert str(sweep(instance)) == ""


def test_slots_that_a_finished_run_kept_are_freed(instance: dg.DagsterInstance) -> None:
    create_run_for_test(instance, "a_job", run_id=RUN, status=dg.DagsterRunStatus.FAILURE)
    hold_a_slot(instance, RUN)
    assert sweep(instance).freed == (RUN,)
    assert is_free(instance)


def build_models(home: Home) -> subprocess.Popen[str]:
    environment = os.environ | {"COPYTRADE_HOME": str(home.root)}
    command = [sys.executable, "-c", BUILDS_MODELS]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def wait_until(holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_killed_command_line_run_keeps_one_that_waits_for_less_than_a_minute(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    with ExitStack() as file:
        file.enter_context(turn_at(str(home.warehouse), 1))
        killed = build_models(home)
        wait_until(lambda: not is_free(instance))  # it has the pool, and waits for the file
        waiting = build_models(home)
        wait_until(lambda: len(waiting_runs(instance)) == 2)  # steps of the first wait for its own
        killed.kill()
        killed.communicate()
    killed_at = time.monotonic()
    said, _ = waiting.communicate(timeout=60)

    assert time.monotonic() - killed_at < 60
    assert waiting.returncode == 0
    ended = {run.run_id: run.status for run in instance.get_runs()}
    assert ended.pop(said.split()[-1]) is dg.DagsterRunStatus.SUCCESS
    assert list(ended.values()) == [dg.DagsterRunStatus.FAILURE]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({}, "person"),
        ({"dagster/schedule_name": "score_refresh_hourly"}, "schedule score_refresh_hourly"),
        ({"dagster/sensor_name": "live_journal_sensor"}, "sensor live_journal_sensor"),
        ({"dagster/backfill": "abc"}, "backfill abc"),
        ({"dagster/parent_run_id": RUN, "dagster/schedule_name": "hourly"}, f"rerun of {RUN}"),
    ],
)
def test_a_run_says_what_launched_it(tags: dict[str, str], said: str) -> None:
    assert trigger_of(tags) == said
