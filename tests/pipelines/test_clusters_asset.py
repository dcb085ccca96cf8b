"""Clusters are found in the warehouse as they could be known, and a snapshot is kept for every look."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, HOUR
from copytrade_live.settings import Home
from copytrade_pipelines.assets import clusters, episodes
from copytrade_pipelines.sql_assets import sql_assets
from tests.pipelines.score_world import UPSTREAM, home_in, lay_out, resources, rows_of
from tests.scoring.world import START, World

FILLS = [*UPSTREAM, ["intermediate", "int_episodes"]]
LOOKED = START + 10 * DAY


def suspicious() -> World:
    """Two wallets in step over three days, two that wash on the fourth, one that trades alone."""
    world = World()
    for number in range(6):
        market = world.market(f"m{number}")
        for wallet in ("0xb", "0xc"):
            world.fill(wallet, market, 0.5, stake=40.0 + number, when=START + number * 12 * HOUR)
        world.fill("0xalone", market, 0.5, stake=30.0 + 3 * number, when=START + number * 12 * HOUR + 60_000)
        washed = world.market(f"w{number}")
        for way, (buyer, seller) in enumerate((("0xd", "0xe"), ("0xe", "0xd"))):
            when = START + 4 * DAY + number * HOUR + way * 60_000
            for wallet, side in ((buyer, "BUY"), (seller, "SELL")):
                world.fill(wallet, washed, 0.5, when=when, side=side, tx_hash=f"0x{number}{way}")
    return world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = home_in(tmp_path_factory.mktemp("clusters"))
    lay_out(made, suspicious())
    with dg.DagsterInstance.ephemeral() as instance:
        look(made, instance, LOOKED, FILLS)
        look(made, instance, START + 3 * DAY, [])
    return made


def look(home: Home, instance: dg.DagsterInstance, as_of: int, before: list[list[str]]) -> None:
    keys = [*before, ["intermediate", "int_clusters"]]
    result = dg.materialize(
        [*sql_assets(), *episodes.ASSETS, *clusters.ASSETS],
        selection=dg.AssetSelection.assets(*[dg.AssetKey(key) for key in keys]),
        instance=instance,
        resources=resources(home),
        run_config={"ops": {"intermediate__int_clusters": {"config": {"as_of": to_iso(as_of)}}}},
    )
    assert result.success


def found_at(home: Home, as_of: int) -> dict[str, str | None]:
    sql = f"select wallet, cluster_id from intermediate.int_clusters where known_at = make_timestamp({as_of * 1000})"
    return dict(rows_of(home, sql))


def test_pairs_in_step_and_wash_pairs_are_found(home: Home) -> None:
    assert found_at(home, LOOKED) == {"0xb": "0xb", "0xc": "0xb", "0xd": "0xd", "0xe": "0xd"}


def test_an_earlier_look_sees_only_what_was_known_then(home: Home) -> None:
    assert found_at(home, START + 3 * DAY) == {"0xb": "0xb", "0xc": "0xb"}


def test_who_leaves_its_cluster_is_written_down_and_a_second_look_changes_nothing(home: Home, tmp_path: Path) -> None:
    later = START + 200 * DAY  # all of it has left the history by then
    with dg.DagsterInstance.ephemeral() as instance:
        look(home, instance, later, [])
        once = found_at(home, later)
        look(home, instance, later, [])
    assert once == dict.fromkeys(("0xb", "0xc", "0xd", "0xe")) == found_at(home, later)
