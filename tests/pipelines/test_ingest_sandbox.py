from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.core.market import DAY
from copytrade_live.sandbox.recorded import build_recorded_world
from copytrade_live.sandbox.server import build_app
from copytrade_live.sandbox.synthetic import Scale, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.assets import coverage, fills, markets, wallets
from copytrade_pipelines.resources import VenueResource, run_closing
from tests.pipelines.ingest_runs import digests, query, run_raw_assets, venue_config
from tests.venue.loopback import served
from tests.venue.samples import SHARED, needs_shared

pytestmark = pytest.mark.e2e

# Ingests and says after each batch how far it is, until it is killed or done.
INGEST = """
import asyncio, sys
from pathlib import Path
from copytrade_live.settings import Home, VenueConfig
from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.ingest.fills import ingest_fills
from copytrade_pipelines.ingest.discovery import discover_wallets
from copytrade_pipelines.ingest.wallets import write_wallets
from copytrade_pipelines.warehouse import Warehouse

async def main(url, home):
    warehouse = Warehouse(path=str(home.warehouse))
    api = DataApi.from_config(VenueConfig(data_url=url))
    write_wallets(warehouse, *(await discover_wallets(api, None)))
    await ingest_fills(warehouse, api, landing=home.landing, lag=10_000, now=int(sys.argv[3]),
                       progress=lambda done, total, label: print(done, flush=True))

asyncio.run(main(sys.argv[1], Home(Path(sys.argv[2]))))
"""


@pytest.fixture(scope="module")
def world_url() -> Iterator[str]:
    world = build_synthetic_world(7, Scale(wallets=16, fills=3_000))
    options = VenueOptions(trades_offset_cap=100, activity_offset_cap=100)
    with served(build_app(world, TimeKeeper(world.start_at, speed=None), options=options)) as url:
        yield url


@pytest.fixture(scope="module")
def first_run(world_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    root = tmp_path_factory.mktemp("undisturbed")
    return root, run_raw_assets(world_url, root)


@pytest.fixture(scope="module")
def undisturbed(first_run: tuple[Path, dict[str, dict[str, Any]]]) -> Path:
    return first_run[0]


def test_every_raw_table_is_filled_and_describes_itself(first_run: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    root, found = first_run
    tables = {"wallets", "fills", "markets", "events", "resolutions", "positions", "coverage", "books", "prices"}
    assert set(found) == tables | {"chain_fills"}
    assert found["chain_fills"]["dagster/row_count"] == 0  # no venue.rpc_url is set, so the chain is not asked
    for table in sorted(tables):
        metadata = found[table]
        counted = query(root, f"SELECT count(*) FROM raw.{table}")[0][0]
        assert metadata["dagster/row_count"] == metadata["new_rows"] == counted > 0
        assert metadata["dagster/table_name"] == f"raw.{table}"
        assert metadata["quarantined"] == 0
        assert metadata["dagster/column_schema"].columns[0].name
    assert query(root, "SELECT count(*) FROM raw.activity")[0][0] == found["fills"]["new_activity_rows"] > 0


def test_ingesting_twice_changes_nothing(world_url: str, undisturbed: Path) -> None:
    before = digests(undisturbed)
    again = run_raw_assets(world_url, undisturbed)
    assert digests(undisturbed) == before
    assert {(row["new_rows"], row["changed_rows"]) for row in again.values()} == {(0, 0)}


@pytest.mark.slow
def test_a_kill_in_the_middle_and_a_rerun_give_the_tables_of_an_undisturbed_run(
    world_url: str, undisturbed: Path, tmp_path: Path
) -> None:
    now = VenueResource.of(venue_config(world_url)).now()
    command = [sys.executable, "-c", INGEST, world_url, str(tmp_path), str(now)]
    for batches in (1, 2, 3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(batches):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
    assert query(tmp_path, "SELECT count(*) FROM raw.fills")[0][0] > 0
    run_raw_assets(world_url, tmp_path)
    assert digests(tmp_path) == digests(undisturbed)


def test_ids_are_unique_and_roles_and_outcomes_are_known(undisturbed: Path) -> None:
    assert query(undisturbed, "SELECT count(*) - count(DISTINCT fill_id) FROM raw.fills") == [(0,)]
    assert {row[0] for row in query(undisturbed, "SELECT DISTINCT role FROM raw.fills")} == {"maker", "taker"}
    voids = "status = 'resolved' AND list_distinct(payouts) = [0.5]"
    named = query(
        undisturbed, f"SELECT ({voids}), winning_outcome IS NULL FROM raw.resolutions WHERE status='resolved'"
    )
    assert set(named) == {(True, True), (False, False)}
    late = "SELECT count(*) FROM raw.resolutions WHERE known_at <= resolved_at"
    assert query(undisturbed, late) == [(0,)]


def test_no_raw_time_is_the_hour_it_was_fetched(world_url: str, undisturbed: Path) -> None:
    world_now = VenueResource.of(venue_config(world_url)).now()
    for column in ("raw.fills.observed_at", "raw.books.observed_at", "raw.wallets.fetched_through", "raw.prices.at"):
        table, _, name = column.rpartition(".")
        latest = query(undisturbed, f'SELECT epoch_ms(max("{name}")) FROM {table}')[0][0]
        assert latest <= world_now + 10_000


def test_the_older_api_gives_the_same_fills_past_its_offset_cap(world_url: str, undisturbed: Path) -> None:
    wallet, listed = query(undisturbed, "SELECT wallet, fills FROM raw.wallets ORDER BY fills DESC LIMIT 1")[0]

    async def older(api: DataApi) -> set[str]:
        return {fill.fill_id for fill in (await api.fills_v1(wallet)).rows}

    found = run_closing(VenueResource.of(venue_config(world_url)).data_api, older)
    assert len(found) == listed > 2 * 100
    assert found == {row[0] for row in query(undisturbed, f"SELECT fill_id FROM raw.fills WHERE wallet = '{wallet}'")}


def test_growing_history_is_the_same_however_often_it_was_ingested(tmp_path: Path) -> None:
    world = build_synthetic_world(3, scale=Scale(wallets=8, fills=800))
    keeper = TimeKeeper(world.start_at, speed=None)
    parts = (wallets, fills, markets)
    with served(build_app(world, keeper)) as url:
        run_raw_assets(url, tmp_path / "often", parts)
        for days in (1, 3):
            keeper.step_to(world.start_at + days * DAY)
            grown = run_raw_assets(url, tmp_path / "often", parts)
            assert grown["fills"]["new_rows"] > 0
        run_raw_assets(url, tmp_path / "once", parts)
    often, once = digests(tmp_path / "often"), digests(tmp_path / "once")
    tables = ("raw.wallets", "raw.fills", "raw.activity", "raw.markets", "raw.quarantine")
    assert {table: often[table] for table in tables} == {table: once[table] for table in tables}


@pytest.mark.slow
@needs_shared
def test_the_recorded_world_gives_the_reference_answers(tmp_path: Path) -> None:
    oracle = json.loads((SHARED / "data" / "ORACLES.json").read_text(encoding="utf-8"))
    world = build_recorded_world(SHARED / "data" / "eval1")
    with served(build_app(world, TimeKeeper(world.start_at, speed=None))) as url:
        found = run_raw_assets(url, tmp_path)
    resolved = query(tmp_path, "SELECT count(*) FROM raw.resolutions WHERE winning_outcome IS NOT NULL")[0][0]
    rows = [found["fills"]["dagster/row_count"], found["wallets"]["dagster/row_count"]]
    assert [*rows, found["markets"]["dagster/row_count"], resolved] == oracle["eval1_rows"]
    answers = query(
        tmp_path,
        """
        SELECT count(*), count(DISTINCT f.wallet), count(DISTINCT condition_id), round(sum(price * size), 2),
            round(sum(CASE side WHEN 'BUY' THEN 1 ELSE -1 END * ((outcome = winning_outcome)::INT - price) * size), 2)
        FROM raw.fills AS f JOIN raw.resolutions USING (condition_id)
        WHERE winning_outcome IS NOT NULL GROUP BY event_at::DATE ORDER BY event_at::DATE
        """,
    )
    keys = ("trades", "wallets", "markets", "notional", "pnl_to_resolution")
    by_source = oracle["by_source"]
    days = ("user_data_20251226.csv", "user_data_20251229.csv", "jan08")
    assert answers == [tuple(by_source[day][key] for key in keys) for day in days]


def test_positions_of_a_venue_whose_time_runs_on_are_known_no_sooner_than_they_happened(tmp_path: Path) -> None:
    world = build_synthetic_world(7, Scale(wallets=12, fills=1_000))
    with served(build_app(world, TimeKeeper(world.start_at, speed=50_000.0))) as url:
        run_raw_assets(url, tmp_path, (wallets, fills, coverage))
    during = "(SELECT count(*) FROM raw.positions WHERE epoch_ms(event_at) > $start)"
    early = "(SELECT count(*) FROM raw.positions WHERE event_at > observed_at)"
    ((happened, too_soon),) = query(tmp_path, f"SELECT {during}, {early}".replace("$start", str(world.start_at)))
    assert happened > 0
    assert too_soon == 0
