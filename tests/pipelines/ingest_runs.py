"""Ingest runs for tests: the raw assets over one venue and home, and what they leave behind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg

from copytrade_live.settings import ClockSource, CopytradeConfig, Home, VenueConfig
from copytrade_pipelines.assets import books, chain, coverage, fills, markets, outcomes, prices, wallets
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import COLUMNS, Warehouse
from copytrade_pipelines.warehouse_schema import LOADED_SEQ

RAW_ASSETS: tuple[ModuleType, ...] = (wallets, chain, fills, markets, outcomes, coverage, books, prices)


def venue_config(url: str) -> VenueConfig:
    """Every API of the venue at one address, and no patience to speak of."""
    return VenueConfig(data_url=url, gamma_url=url, clob_url=url, clock=ClockSource.VENUE, max_attempts=2)


def run_raw_assets(url: str, root: Path, modules: Sequence[ModuleType] = RAW_ASSETS) -> dict[str, dict[str, Any]]:
    """Materialise raw assets for every wallet of the venue. Returns: the metadata of each table."""
    config, home = CopytradeConfig(venue=venue_config(url)), Home(root)
    result = dg.materialize(
        [asset for module in modules for asset in module.ASSETS],
        resources={
            "settings": Settings.of(config, home),
            "venue": VenueResource.of(config.venue),
            "warehouse": Warehouse(path=str(home.warehouse)),
        },
        run_config={"ops": {"raw__wallets": {"config": {"max_wallets": None}}}},
    )
    assert result.success
    return {
        event.materialization.asset_key.path[-1]: {
            name: value.value for name, value in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.materialization
    }


def digests(root: Path) -> dict[str, str]:
    """A digest of every raw table, whatever the order of its rows and of the writes that made them."""
    with Warehouse(path=str(Home(root).warehouse)).connect() as con:
        select = f"SELECT * EXCLUDE ({LOADED_SEQ}) FROM"
        rows = {table: con.execute(f"{select} {table} ORDER BY ALL").fetchall() for table in COLUMNS}
    return {table: hashlib.sha256(repr(found).encode()).hexdigest() for table, found in rows.items()}


def query(root: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse in a home."""
    with Warehouse(path=str(Home(root).warehouse)).connect() as con:
        return con.execute(sql).fetchall()
