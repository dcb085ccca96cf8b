"""A warehouse filled with the rows of a small world, and what assets are handed to score it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from copytrade_live.clock import to_iso
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets import clusters, episodes, publish, scores
from copytrade_pipelines.changes import next_seq
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.sql_assets import sql_assets
from copytrade_pipelines.warehouse import KEYS, Warehouse
from tests.scoring.world import START, World, crowd

DAY = 86_400_000
AS_OF = START + 50 * DAY
SCORE_ASSETS = [*episodes.ASSETS, *clusters.ASSETS, *scores.ASSETS, *publish.ASSETS]
# What scores are read from, made of the raw tables by SQL.
UPSTREAM = [
    ["staging", name]
    for name in ("stg_fills", "stg_markets", "stg_resolution_statuses", "stg_resolutions", "stg_journal")
]
UPSTREAM += [["intermediate", name] for name in ("int_outcomes", "int_orders", "int_signals")]
UPSTREAM += [["marts", name] for name in ("fct_fills", "dim_markets", "fct_copies")]


def small_world() -> World:
    """Six wallets without skill and one that is barely known."""
    world = World()
    crowd(world, wallets=6, bets=8)
    world.watch("0xpartial", complete=False)
    world.bet("0xpartial", 1, 0.4, 0.5, 1.0)
    return world


def resources(home: Home, config: CopytradeConfig | None = None) -> dict[str, Any]:
    wanted = config or CopytradeConfig()
    return {
        "warehouse": Warehouse(path=str(home.warehouse)),
        "settings": Settings.of(wanted, home),
        "venue": VenueResource.of(wanted.venue),
    }


def lay_out(home: Home, world: World) -> None:
    """Put a world's rows into the raw tables, in place of what was there."""
    with Warehouse(path=str(home.warehouse)).connect() as con:
        for table, rows in tables_of(world).items():
            con.execute(f"delete from {table}")
            con.register("rows_given", rows)
            con.execute(f"insert into {table} by name select * from rows_given")
            con.unregister("rows_given")


def add(home: Home, world: World) -> None:
    """Put those of a world's rows into the raw tables that are not there, numbered as one write."""
    with Warehouse(path=str(home.warehouse)).connect() as con:
        for table, rows in tables_of(world).items():
            keys = ", ".join(f'"{name}"' for name in KEYS[table])
            if table == "raw.wallets":
                con.execute(f"delete from {table}")
            con.register("rows_given", rows)
            con.execute(
                f"insert into {table} by name select rows_given.*, {next_seq(con)} as loaded_seq from rows_given "
                f"anti join {table} using ({keys})"
            )
            con.unregister("rows_given")


def tables_of(world: World) -> dict[str, pd.DataFrame]:
    """A world's rows as the raw tables have them."""
    evidence = world.evidence()
    markets = evidence.markets.drop(columns="event_size").assign(
        outcomes=[["Yes", "No"]] * len(evidence.markets),
        token_ids=[[f"{name}-yes", f"{name}-no"] for name in evidence.markets["condition_id"]],
        observed_at=pd.Timestamp(START, unit="ms"),
    )
    paid = evidence.outcomes[evidence.outcomes["token_id"].str.endswith("-yes")]
    resolutions = paid.assign(
        condition_id=paid["token_id"].str.removesuffix("-yes"),
        status="resolved",
        payouts=[[payout, 1.0 - payout] for payout in paid["payout"]],
    )
    return {
        "raw.wallets": evidence.wallets,
        "raw.fills": world.fill_frame().assign(occurrence=0, source="test"),
        "raw.markets": markets,
        "raw.resolutions": resolutions.drop(columns=["token_id", "payout"]),
        "raw.prices": evidence.prices,
    }


def materialize(
    home: Home,
    instance: dg.DagsterInstance,
    *,
    as_of: int = AS_OF,
    selection: Sequence[Sequence[str]] = (*UPSTREAM, ["intermediate", "int_episodes"], ["trader_scores"]),
    extra: Sequence[Any] = (),
    raise_on_error: bool = True,
    **config: Any,
) -> dg.ExecuteInProcessResult:
    """Materialise part of the road to scores; checks in extra are run with it."""
    keys = dg.AssetSelection.assets(*[dg.AssetKey(list(key)) for key in selection])
    run_config = {"ops": {"trader_scores": {"config": {"as_of": to_iso(as_of), **config}}}}
    return dg.materialize(
        [*sql_assets(), *SCORE_ASSETS, *extra],
        selection=keys,
        instance=instance,
        resources=resources(home),
        run_config=run_config if ["trader_scores"] in [list(key) for key in selection] else None,
        raise_on_error=raise_on_error,
    )


def rows_of(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with Warehouse(path=str(home.warehouse)).connect() as con:
        return con.execute(sql).fetchall()


def home_in(folder: Path) -> Home:
    return Home(folder / "home")
