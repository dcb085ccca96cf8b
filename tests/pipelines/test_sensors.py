"""The sensors on a real Dagster instance: real materialisations, checks and runs."""

from __future__ import annotations

import dataclasses
import json
import socket
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.published import GateReader, read_pointer
from copytrade_live.settings import ClockSource, CopytradeConfig, Home, VenueConfig
from copytrade_pipelines.gate_facts import blocking_checks, evaluate_gate, tick_gate
from copytrade_pipelines.resources import VenueResource
from copytrade_pipelines.sensors import QUIET_SEGMENTS, copy_gate_sensor, live_journal_sensor, read_cursor
from tests.pipelines.score_world import home_in
from tests.pipelines.score_world import resources as resources_of
from tests.pipelines.snapshots import AS_OF, publish

NOW = AS_OF + 60 * SECOND
CONFIG = CopytradeConfig()


@dataclasses.dataclass
class Road:
    """fills -> trader_scores -> published_scores with checks that can be made to fail, on an instance of its own."""

    home: Home
    instance: dg.DagsterInstance
    passes: dict[str, bool] = dataclasses.field(default_factory=lambda: {"fills": True, "scores": True, "warn": True})
    breaks: bool = False
    as_of: int = AS_OF

    @cached_property
    def definitions(self) -> dg.Definitions:
        def check(asset: Any, name: str, *, blocking: bool, severity: dg.AssetCheckSeverity) -> Any:
            @dg.asset_check(asset=asset, name="contract" if blocking else "pulse", blocking=blocking)
            def contract() -> dg.AssetCheckResult:
                return dg.AssetCheckResult(passed=self.passes[name], severity=severity)

            return contract

        @dg.asset(key=["raw", "fills"])
        def fills() -> None: ...

        @dg.asset(key=["trader_scores"], deps=[fills])
        def trader_scores() -> None:
            if self.breaks:
                raise dg.Failure("the venue is away", allow_retries=False)

        @dg.asset(key=["published_scores"], deps=[trader_scores])
        def published_scores() -> dg.MaterializeResult[None]:
            pointer = publish(self.home, as_of=self.as_of)
            return dg.MaterializeResult(metadata={"snapshot_id": pointer.snapshot_id})

        @dg.asset
        def elsewhere() -> None: ...

        error, warn = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
        checks = [
            check(fills, "fills", blocking=True, severity=error),
            check(trader_scores, "scores", blocking=True, severity=error),
            check(trader_scores, "warn", blocking=False, severity=error),
            check(elsewhere, "fills", blocking=True, severity=error),
            check(published_scores, "warn", blocking=True, severity=warn),
        ]
        return dg.Definitions(
            assets=[fills, trader_scores, published_scores, elsewhere],
            asset_checks=checks,
            jobs=[dg.define_asset_job("refresh", selection="+key:published_scores or +key:trader_scores")],
            sensors=[copy_gate_sensor],
            resources=resources_of(self.home),
        )

    def refresh(self) -> bool:
        job = self.definitions.resolve_job_def("refresh")
        return job.execute_in_process(instance=self.instance, raise_on_error=False).success

    def gate(self, now: int = NOW) -> Any:
        return evaluate_gate(self.instance, self.definitions, CONFIG, self.home, now).gate


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Road(home=home_in(tmp_path), instance=instance)


@pytest.fixture
def road_on_disk(tmp_path: Path) -> Iterator[Road]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        yield Road(home=home_in(tmp_path), instance=instance)


def test_only_blocking_checks_on_what_is_published_count(road: Road) -> None:
    found = [key.to_user_string() for key in blocking_checks(road.definitions)]
    assert found == ["published_scores:contract", "raw/fills:contract", "trader_scores:contract"]


def test_before_the_first_publish_the_gate_is_closed(road: Road) -> None:
    assert road.gate().reasons == ("no_snapshot: nothing is published yet; run refresh_scores",)


def test_a_green_refresh_opens_the_gate_and_a_failed_check_closes_it_with_its_name(road: Road) -> None:
    assert road.refresh()
    opened = road.gate()
    assert opened.is_open
    road.passes["scores"], road.as_of = False, AS_OF + 1000
    assert not road.refresh()
    closed = road.gate()
    assert closed.reasons[0] == "check_failed: trader_scores.contract"
    assert closed.reasons[1].startswith("refresh_failed: run ")
    assert closed.reasons[1].endswith("was to publish scores and failed: check contract of trader_scores failed")
    pointer = read_pointer(road.home)
    assert pointer is not None
    assert pointer.snapshot_id == opened.snapshot_id == closed.snapshot_id
    road.passes["scores"] = True
    assert road.refresh()
    assert road.gate().is_open


def test_a_failed_check_upstream_closes_the_gate_too(road: Road) -> None:
    road.passes["fills"] = False
    road.refresh()
    assert "check_failed: raw/fills.contract" in road.gate().reasons


def test_warnings_and_checks_that_do_not_block_leave_it_open(road: Road) -> None:
    road.passes["warn"] = False
    assert road.refresh()
    assert road.gate().is_open


def test_a_refresh_that_breaks_closes_the_gate_until_one_succeeds(road: Road) -> None:
    road.refresh()
    road.breaks = True
    road.refresh()
    (reason,) = road.gate().reasons
    assert reason.startswith("refresh_failed: run ")
    assert reason.endswith(" failed: trader_scores: the venue is away")
    road.breaks = False
    road.refresh()
    assert road.gate().is_open


def test_a_snapshot_that_dagster_did_not_publish_keeps_the_gate_closed(road: Road) -> None:
    road.refresh()
    publish(road.home, "0xforged", as_of=AS_OF + 1000)
    assert [reason.split(":")[0] for reason in road.gate().reasons] == ["snapshot_mismatch"]


def test_the_gate_closes_when_the_snapshot_grows_stale(road: Road) -> None:
    road.refresh()
    limit = round(CONFIG.score.max_age_seconds * SECOND)
    assert road.gate(AS_OF + limit).is_open
    assert [reason.split(":")[0] for reason in road.gate(AS_OF + limit + 1).reasons] == ["stale_snapshot"]


def test_a_tick_writes_what_the_runner_reads(road: Road) -> None:
    road.refresh()
    decision = tick_gate(road.instance, road.definitions, CONFIG, road.home, NOW)
    assert GateReader(road.home).poll() == decision.gate


def tick(road: Road, venue: VenueResource | None = None, cursor: str | None = None) -> Any:
    context = dg.build_sensor_context(instance=road.instance, definitions=road.definitions, cursor=cursor)
    wanted = resources_of(road.home, CopytradeConfig.model_validate({"score": {"max_age_seconds": 1e9}}))
    if venue is not None:
        wanted["venue"] = venue
    return copy_gate_sensor(context, settings=wanted["settings"], venue=wanted["venue"])


def test_one_tick_of_the_gate_sensor_closes_the_gate_after_a_failed_check(road_on_disk: Road) -> None:
    road = road_on_disk
    road.refresh()
    first = tick(road)
    gate = GateReader(road.home).poll()
    assert gate is not None
    assert gate.is_open
    assert [event.metadata["gate_is_open"].value for event in first.asset_events] == [True]
    road.passes["scores"] = False
    road.refresh()
    second = tick(road, cursor=first.cursor)
    gate = GateReader(road.home).poll()
    assert gate is not None
    assert gate.reasons[0] == "check_failed: trader_scores.contract"
    assert len(second.asset_events) == 1
    assert tick(road, cursor=second.cursor).asset_events == []


def test_without_the_venues_time_the_gate_is_left_to_run_out(road: Road, unused_port: int) -> None:
    away = VenueConfig(
        clob_url=f"http://127.0.0.1:{unused_port}", clock=ClockSource.VENUE, max_attempts=1, timeout_seconds=1
    )
    result = tick(road, VenueResource.of(away))
    assert "left to run out" in str(result.skip_message)
    assert GateReader(road.home).poll() is None


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def segment(home: Home, first: int, last: int, kind: str = "TimerFired") -> str:
    home.export.mkdir(parents=True, exist_ok=True)
    name = f"events-{first:012d}-{last:012d}.jsonl"
    (home.export / name).write_text(json.dumps({"type": kind}) + "\n")
    return name


def look(road: Road, cursor: str | None = None) -> Any:
    context = dg.build_sensor_context(instance=road.instance, cursor=cursor)
    return live_journal_sensor(context, settings=resources_of(road.home)["settings"])


def test_new_segments_ask_for_one_run_named_by_the_last_of_them(road: Road) -> None:
    assert "No journal segment" in str(look(road).skip_message)
    segment(road.home, 1, 5, "SignalRejected")
    last = segment(road.home, 6, 9)
    (road.home.export / "heartbeat.json").write_text("{}")
    result = look(road)
    assert [request.job_name for request in result.run_requests] == ["ingest_live_journal"]
    assert [request.run_key for request in result.run_requests] == [result.cursor]
    assert read_cursor(result.cursor) == {"paper": last}
    assert "No journal segment" in str(look(road, result.cursor).skip_message)
    assert "No journal segment" in str(look(road, last).skip_message)  # as older versions left it


def test_segments_of_real_money_are_seen_beside_those_of_paper(road: Road) -> None:
    paper = segment(road.home, 6, 9, "SignalRejected")
    first = look(road)
    live = segment(road.home.live(), 1, 5, "OrderFilled")
    second = look(road, first.cursor)
    assert read_cursor(second.cursor) == {"paper": paper, "live": live}
    assert [request.job_name for request in second.run_requests] == ["rescore_after_copies"]
    assert first.run_requests[0].run_key != second.run_requests[0].run_key
    assert "No journal segment" in str(look(road, second.cursor).skip_message)


def test_segments_without_a_decision_wait_until_some_have_gathered(road: Road) -> None:
    names = [segment(road.home, number, number) for number in range(1, QUIET_SEGMENTS)]
    assert "9 segments without a decision wait for 10" in str(look(road).skip_message)
    names.append(segment(road.home, QUIET_SEGMENTS, QUIET_SEGMENTS))
    assert [request.tags["copytrade/segment"] for request in look(road).run_requests] == names[-1:]


def test_segments_with_copies_ask_for_new_scores_as_well(road: Road) -> None:
    segment(road.home, 1, 5)
    segment(road.home, 6, 9, "OrderFilled")
    result = look(road, None)
    assert [request.job_name for request in result.run_requests] == ["rescore_after_copies"]


def test_both_sensors_run_unless_they_are_stopped() -> None:
    for sensor in (copy_gate_sensor, live_journal_sensor):
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        assert sensor.minimum_interval_seconds == 5
