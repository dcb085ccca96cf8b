from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import pytest

from copytrade_live.core.market import DAY, MINUTE
from copytrade_live.sandbox.cli import Scale, build_world
from copytrade_live.sandbox.server import build_app
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.settings import Home
from copytrade_live.venue.chain import ChainApi
from copytrade_live.venue.http import VenueHttp
from copytrade_pipelines.assets.chain import judge
from copytrade_pipelines.ingest.agreement import Agreement, compare, learn_roles, mark_for_reread
from copytrade_pipelines.ingest.chain import ChainSummary, ingest_chain
from copytrade_pipelines.ingest.wallets import Sighting, write_wallets
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.ingest_runs import digests, query
from tests.pipelines.test_ingest_trouble import ingest
from tests.venue.loopback import served

pytestmark = pytest.mark.e2e
LAG = 10 * MINUTE


@pytest.fixture(scope="module")
def venue() -> Iterator[tuple[str, TimeKeeper]]:
    world = build_world("synthetic", 3, None, Scale(wallets=6, fills=600))
    keeper = TimeKeeper(world.start_at, speed=None)
    options = VenueOptions(rpc_most_logs=100, rpc_most_blocks=50_000)
    with served(build_app(world, keeper, options=options)) as url:
        yield url, keeper


@pytest.fixture
def home(venue: tuple[str, TimeKeeper], tmp_path: Path) -> Path:
    truth = httpx.get(f"{venue[0]}/admin/truth", params={"parts": "fills"}).json()
    wallets = sorted({row["wallet"] for row in truth["fills"]})
    write_wallets(warehouse(tmp_path), [Sighting(wallet=wallet, source="watchlist") for wallet in wallets])
    return tmp_path


@pytest.fixture(autouse=True)
def no_faults(venue: tuple[str, TimeKeeper]) -> Iterator[None]:
    yield
    httpx.delete(f"{venue[0]}/admin/faults")


def warehouse(root: Path) -> Warehouse:
    return Warehouse(path=str(Home(root).warehouse))


def read_chain(root: Path, url: str, now: int, days: float = 90) -> ChainSummary:
    async def run() -> ChainSummary:
        api = ChainApi(VenueHttp(f"{url}/rpc", backoff_seconds=0.01))
        try:
            return await ingest_chain(
                warehouse(root), api, landing=Home(root).landing, lag=10_000, now=now, days=days, confirmations=20
            )
        finally:
            await api.close()

    return asyncio.run(run())


def compared(root: Path) -> Agreement:
    with warehouse(root).connect() as con:
        return compare(con, lag=LAG)


def test_both_sources_tell_the_same_fills_and_the_same_roles(venue: tuple[str, TimeKeeper], home: Path) -> None:
    url, keeper = venue
    found = read_chain(home, url, keeper.now())
    ingest(url, home)
    agreement = compared(home)
    assert agreement.disagreements == ()
    assert (agreement.wallets, found.quarantined) == (6, 0)
    assert agreement.fills >= 590
    sides = "wallet, tx_hash, token_id, side, role, size, epoch_ms(event_at)"
    both = query(home, f"(SELECT {sides} FROM raw.fills EXCEPT ALL SELECT {sides} FROM raw.chain_fills)")
    assert both == []
    assert judge(agreement).passed


def test_reading_the_chain_again_changes_nothing_and_new_blocks_are_added(
    venue: tuple[str, TimeKeeper], home: Path
) -> None:
    url, keeper = venue
    read_chain(home, url, keeper.now() - DAY)
    before = digests(home)
    again = read_chain(home, url, keeper.now())
    assert (again.blocks, again.fills.new) == (0, 0)
    assert digests(home) == before


def test_a_planted_disagreement_is_reported_stops_publishing_and_has_its_wallets_read_again(
    venue: tuple[str, TimeKeeper], home: Path
) -> None:
    url, keeper = venue
    httpx.post(f"{url}/admin/faults", json={"name": "chain_disagrees", "probability": 0.01, "seed": 3})
    read_chain(home, url, keeper.now())
    ingest(url, home)
    planted = httpx.get(f"{url}/admin/truth", params={"parts": "disagreements"}).json()["disagreements"]
    settled = [row for row in planted if row["at_ms"] < keeper.now() - LAG - MINUTE]
    agreement = compared(home)
    assert {one.tx_hash for one in agreement.disagreements} == {row["tx"] for row in settled} != set()
    verdict = judge(agreement)
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "differ between the sources" in str(verdict.description)
    wallets = sorted({row["wallet"] for row in settled})
    with warehouse(home).connect() as con:
        assert mark_for_reread(con, agreement) == wallets
    assert query(home, "SELECT wallet FROM raw.wallets WHERE NOT history_complete ORDER BY 1") == [
        (wallet,) for wallet in wallets
    ]
    ingest(url, home)
    assert query(home, "SELECT count(*) FROM raw.wallets WHERE NOT history_complete") == [(0,)]
    with warehouse(home).connect() as con:  # read again once, not for ever
        assert mark_for_reread(con, compare(con, lag=LAG)) == []


def test_a_fill_that_only_the_chain_has_is_a_disagreement(venue: tuple[str, TimeKeeper], home: Path) -> None:
    url, keeper = venue
    read_chain(home, url, keeper.now())
    ingest(url, home)
    lost: Any = (
        "SELECT fill_id FROM raw.fills WHERE event_at < (SELECT max(event_at) FROM raw.fills) - to_days(1) LIMIT 1"
    )
    with warehouse(home).connect() as con:
        con.execute(f"DELETE FROM raw.fills WHERE fill_id IN ({lost})")
    (one,) = compared(home).disagreements
    assert (one.rest_fills, one.chain_fills) == (0, 1)
    assert one.said == "the chain has 1 such fills, the data API 0"


def test_a_role_the_listings_left_open_is_taken_from_the_chain(venue: tuple[str, TimeKeeper], home: Path) -> None:
    url, keeper = venue
    read_chain(home, url, keeper.now())
    ingest(url, home)
    roles = query(home, "SELECT fill_id, role FROM raw.fills ORDER BY 1")
    with warehouse(home).connect() as con:
        con.execute("UPDATE raw.fills SET role = 'unknown'")
        assert learn_roles(con) >= 590
    assert (
        dict(query(home, "SELECT fill_id, role FROM raw.fills WHERE role <> 'unknown'")).items() <= dict(roles).items()
    )
