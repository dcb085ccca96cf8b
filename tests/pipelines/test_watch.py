"""Heartbeats, ages and failed runs are noticed, said in one line, and recorded once per change."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import HOUR, SECOND, Instant
from copytrade_live.errors import ConfigError, CopytradeError, VenueUnavailable
from copytrade_live.published import GateReader
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.failures import expected_failures, next_step, why_it_failed
from copytrade_pipelines.freshness import HOURLY, judge_age
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.pulse import feel_daemons, feel_venue
from copytrade_pipelines.resources import VenueResource
from copytrade_pipelines.watch_checks import WATCH_CHECKS
from copytrade_pipelines.watch_sensors import freshness_sensor, heartbeat_sensor, run_failed_sensor
from tests.pipelines.score_world import home_in, resources

NOW: Instant = 1_760_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with prepare_instance(home) as made:
        yield made


@pytest.fixture
def away() -> CopytradeConfig:
    """A venue that nobody answers for."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return CopytradeConfig.model_validate({"venue": {"clob_url": url, "timeout_seconds": 1, "max_attempts": 1}})


@pytest.mark.parametrize(
    ("age", "is_fresh", "said"),
    [
        (2 * HOUR, True, "made within 2:00:00"),
        (2 * HOUR + SECOND, False, "late: older than 2:00:00"),
        (4 * HOUR + SECOND, False, "stale: older than 4:00:00"),
    ],
)
def test_an_asset_is_fresh_then_late_then_stale(age: Instant, is_fresh: bool, said: str) -> None:
    found = judge_age(NOW - age, NOW, HOURLY)
    assert found.is_fresh is is_fresh
    assert found.said.startswith(said)
    assert found.seconds == age / SECOND


def test_what_was_never_made_says_what_to_do() -> None:
    assert judge_age(None, NOW, HOURLY).said == "was never made; launch the job that makes it"


def test_daemons_that_are_silent_are_named() -> None:
    assert feel_daemons({"SENSOR": True, "SCHEDULER": True}).is_alive
    found = feel_daemons({"SENSOR": True, "SCHEDULER": False, "ASSET": None})
    assert not found.is_alive
    assert found.said.startswith("not heard lately: asset, scheduler;")


def test_a_venue_that_is_away_is_named(away: CopytradeConfig) -> None:
    found = feel_venue(VenueResource.of(away.venue))
    assert not found.is_alive
    assert found.said.startswith(f"{away.venue.clob_url} does not answer: ")


def test_a_sensor_asks_the_venue_once_however_patient_ingest_is() -> None:
    hasty = VenueResource.of(CopytradeConfig().venue).hasty().config().for_ingest()
    assert (hasty.max_attempts, hasty.timeout_seconds) == (1, 5)


def beat(instance: dg.DagsterInstance, home: Home, config: CopytradeConfig, cursor: str | None = None) -> Any:
    wanted = resources(home, config)
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    return heartbeat_sensor(context, settings=wanted["settings"], venue=wanted["venue"])


def test_a_pulse_is_recorded_when_it_changes_and_not_again(
    instance: dg.DagsterInstance, home: Home, away: CopytradeConfig
) -> None:
    first = beat(instance, home, away)
    assert {event.check_name: event.passed for event in first.asset_events} == {
        "runner_is_heard": False,
        "daemons_are_heard": False,
        "venue_answers": False,
    }
    assert {event.severity for event in first.asset_events} == {dg.AssetCheckSeverity.WARN}
    assert "no heartbeat can be read" in str(first.skip_reason)
    assert beat(instance, home, away, first.cursor).asset_events == []

    home.export.mkdir(parents=True)
    heart = {"run_id": "r1", "mode": "paper", "written_at": SystemClock().now()}
    (home.export / "heartbeat.json").write_text(json.dumps(heart))
    (revived,) = beat(instance, home, away, first.cursor).asset_events
    assert (revived.check_name, revived.passed) == ("runner_is_heard", True)


def test_an_age_is_recorded_once_the_asset_was_made(instance: dg.DagsterInstance) -> None:
    def look(cursor: str | None = None) -> Any:
        return freshness_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))

    assert look().asset_events == []
    instance.report_runless_asset_event(dg.AssetMaterialization(["trader_scores"]))
    result = look()
    (made,) = result.asset_events
    assert (made.asset_key, made.check_name, made.passed) == (dg.AssetKey(["trader_scores"]), "is_fresh", True)
    assert look(result.cursor).asset_events == []


def test_watching_never_blocks() -> None:
    specs = [spec for check in WATCH_CHECKS for spec in check.check_specs]
    assert len(specs) > 5
    assert not any(spec.blocking for spec in specs)


def failing(error: Exception) -> dg.Definitions:
    @dg.asset(key=["published_scores"])
    def published_scores() -> None:
        with expected_failures():
            raise error

    return dg.Definitions(assets=[published_scores], jobs=[dg.define_asset_job("refresh")])


def test_a_failed_step_says_what_and_what_to_do_and_is_tried_again_only_where_that_helps(
    instance: dg.DagsterInstance,
) -> None:
    job = failing(ConfigError("as_of must be a time, was 'x'")).resolve_job_def("refresh")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    data = result.failure_data_for_node("published_scores")
    assert data is not None
    assert data.user_failure_data is not None
    assert data.user_failure_data.description == "ConfigError: as_of must be a time, was 'x'"
    said = {name: value.value for name, value in data.user_failure_data.metadata.items()}
    assert said["next"] == "mend the setting that the message names, then launch again"
    assert said["is_tried_again"] is False
    assert why_it_failed(instance, result.run_id) == "published_scores: ConfigError: as_of must be a time, was 'x'"


def test_every_expected_failure_says_what_to_do_next() -> None:
    assert "re-execute the run from failure" in next_step(VenueUnavailable("away"))
    assert next_step(CopytradeError("odd")) == "do what the message says, then rerun"


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # the repository of the context is how a test names one
def test_a_failed_run_that_was_to_publish_closes_the_gate_at_once(instance: dg.DagsterInstance, home: Home) -> None:
    definitions = failing(VenueUnavailable("https://x did not answer"))
    job = definitions.resolve_job_def("refresh")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    (event,) = [each for each in result.all_events if each.event_type is dg.DagsterEventType.RUN_FAILURE]
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failed_sensor",
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=event,
        repository_def=definitions.get_repository_def(),
    ).for_run_failure()
    wanted = resources(home)

    said = run_failed_sensor(context, settings=wanted["settings"], venue=wanted["venue"])

    assert "of refresh failed: published_scores: VenueUnavailable: https://x did not answer" in str(said)
    gate = GateReader(home).poll()
    assert gate is not None
    assert any("VenueUnavailable: https://x did not answer" in reason for reason in gate.reasons)


def test_windows_warn_before_they_fail() -> None:
    assert HOURLY.warn < HOURLY.fail < timedelta(days=1)
