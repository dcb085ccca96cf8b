"""Every job runs with its default config, by the day or the bucket where it has partitions, against a small venue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from copytrade_live.core.market import DAY, SECOND
from copytrade_live.sandbox.server import build_app
from copytrade_live.sandbox.synthetic import Scale, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.settings import CopytradeConfig, Home, PipelinesConfig
from copytrade_pipelines.assets.daily_scores import ends_of
from copytrade_pipelines.definitions import build
from copytrade_pipelines.ingest.wallets import bucket_of
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.partitions import BUCKET_KEYS, DAYS, SHARD_KEYS
from copytrade_pipelines.resources import VenueResource
from copytrade_pipelines.schedules import SCHEDULES, audit_bucket_daily, score_days_nightly
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.ingest_runs import query, venue_config
from tests.venue.loopback import served

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world_url() -> Iterator[str]:
    world = build_synthetic_world(7, scale=Scale(wallets=8, fills=600))
    with served(build_app(world, TimeKeeper(world.start_at, speed=None))) as url:
        yield url


class Place:
    """A home on a venue, its definitions and its instance."""

    def __init__(self, url: str, root: Path) -> None:
        self.home = Home(root)
        # A few fills on many days want thousands of hours of fine mids; how they are fetched is the ingest tests'.
        self.config = CopytradeConfig(venue=venue_config(url), pipelines=PipelinesConfig(fine_mid_requests=64))
        self.definitions = build(self.config, self.home)
        self.instance = dg.DagsterInstance.ephemeral()

    def run(self, job: str, *partitions: str) -> dg.ExecuteInProcessResult:
        wanted = self.definitions.resolve_job_def(job)
        tags = {}
        if partitions:
            tags = {
                "dagster/asset_partition_range_start": partitions[0],
                "dagster/asset_partition_range_end": partitions[-1],
            }
        return wanted.execute_in_process(instance=self.instance, tags=tags)


@pytest.fixture(scope="module")
def place(world_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(world_url, tmp_path_factory.mktemp("jobs"))
    assert made.run("refresh_scores").success
    yield made
    made.instance.dispose()


def shown(result: dg.ExecuteInProcessResult, node: str) -> dict[str, Any]:
    (event, *_) = result.asset_materializations_for_node(node)
    return {name: value.value for name, value in event.metadata.items()}


def last_day(place: Place, back: int = 0) -> str:
    now = build_venue(place).now()
    return DAYS.get_partition_key_for_timestamp((now - (1 + back) * DAY) / SECOND)


def build_venue(place: Place) -> VenueResource:
    return VenueResource.of(place.config.venue)


def test_every_job_runs_with_its_default_config(place: Place) -> None:
    partitioned = {"score_days": last_day(place), "audit_histories": BUCKET_KEYS[0], "sweep": SHARD_KEYS[0]}
    jobs = {job.name for job in place.definitions.get_repository_def().get_all_jobs()} - {"__ASSET_JOB"}
    for name in sorted(jobs - {"refresh_scores"}):  # that one made the place
        chosen = [partitioned[name]] if name in partitioned else []
        assert place.run(name, *chosen).success, name


def test_a_backfill_of_days_scores_each_as_of_its_end_in_one_run(place: Place) -> None:
    days = [last_day(place, back) for back in (2, 1, 0)]
    result = place.run("score_days", *days)

    assert shown(result, "daily_scores")["plot_p_pos"].startswith("![")
    made = place.instance.get_materialized_partitions(dg.AssetKey(["daily_scores"]))
    assert made >= set(days)
    ends = query(place.home.root, "select distinct epoch_ms(as_of) from marts.fct_trader_scores")
    assert {end for (end,) in ends} >= set(ends_of(days, build_venue(place).now()))


def test_a_day_that_is_not_over_is_refused_by_name(place: Place) -> None:
    tomorrow = last_day(place, -2)
    result = place.definitions.resolve_job_def("score_days").execute_in_process(
        instance=place.instance, raise_on_error=False, tags={"dagster/partition": tomorrow}
    )
    data = result.failure_data_for_node("daily_scores")
    assert data is not None
    assert data.user_failure_data is not None
    assert f"ConfigError: {tomorrow}: not over yet at the venue" in str(data.user_failure_data.description)


def test_an_audit_restores_what_was_lost_and_counts_what_the_venue_does_not_list(place: Place) -> None:
    ((wallet, fills),) = query(
        place.home.root, "select wallet, count(*) from raw.fills group by wallet order by 2 desc limit 1"
    )
    with Warehouse(path=str(place.home.warehouse)).connect() as con:
        lost = "select fill_id from raw.fills where wallet = ? order by fill_id limit 3"
        con.execute(f"delete from raw.fills where fill_id in ({lost})", [wallet])
        con.execute(
            "insert into raw.fills by name select * exclude (loaded_seq) replace ('made-up' as fill_id) "
            "from raw.fills where wallet = ? limit 1",
            [wallet],
        )
    found = shown(place.run("audit_histories", BUCKET_KEYS[bucket_of(wallet)]), "raw__history_audit")

    assert (found["missing_fills_added"], found["unlisted_fills_kept"]) == (3, 1)
    assert 0 < found["agreeing_share"] < 1
    assert query(place.home.root, f"select count(*) from raw.fills where wallet = '{wallet}'") == [(fills + 1,)]
    with Warehouse(path=str(place.home.warehouse)).connect() as con:
        con.execute("delete from raw.fills where fill_id = 'made-up'")
    again = shown(place.run("audit_histories", BUCKET_KEYS[bucket_of(wallet)]), "raw__history_audit")
    assert again["agreeing_share"] == 1.0


def test_the_nightly_scores_are_of_the_last_day_over_at_the_venue(place: Place) -> None:
    with dg.build_schedule_context(instance=place.instance) as context:
        asked = score_days_nightly(context, venue=build_venue(place))
    assert (asked.partition_key, asked.run_key) == (last_day(place), last_day(place))


def test_the_daily_audit_goes_through_every_bucket() -> None:
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(32)]
    asked = [audit_bucket_daily(dg.build_schedule_context(scheduled_execution_time=day)) for day in days]
    assert sorted(request.partition_key for request in asked) == list(BUCKET_KEYS)


def test_a_schedule_lets_a_tick_pass_while_the_last_run_is_not_over(tmp_path: Path) -> None:
    (hourly,) = [schedule for schedule in SCHEDULES if schedule.name == "score_refresh_hourly"]
    with prepare_instance(Home(tmp_path)) as instance, dg.build_schedule_context(instance=instance) as context:
        assert isinstance(hourly(context), dg.RunRequest)
        create_run_for_test(instance, "refresh_scores", status=dg.DagsterRunStatus.STARTED)
        assert "is not over yet (started)" in str(hourly(context))
