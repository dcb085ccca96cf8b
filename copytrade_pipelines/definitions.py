"""The code location: every asset, check, job, schedule and sensor, for one configuration and one home folder."""

import os

import dagster as dg

from copytrade_live.redaction import mask_records
from copytrade_live.settings import CopytradeConfig, Home, home_from_environment, load_config
from copytrade_live.stray_secrets import drop_keys
from copytrade_pipelines import automation, checks, jobs, schedules, sensors, watch_checks, watch_sensors
from copytrade_pipelines.assets import (
    backtests,
    books,
    chain,
    clusters,
    coverage,
    daily_scores,
    episodes,
    fill_values,
    fills,
    history_audit,
    live_journal,
    markets,
    marts,
    outcomes,
    prices,
    publish,
    report_card,
    scores,
    sweeps,
    walks,
    wallets,
)
from copytrade_pipelines.automation import automate
from copytrade_pipelines.freshness import keep_fresh
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.run_tags import tagging_executor
from copytrade_pipelines.sql_assets import sql_assets
from copytrade_pipelines.warehouse import Warehouse

ASSETS: list[dg.AssetsDefinition] = [
    *wallets.ASSETS,
    *chain.ASSETS,
    *fills.ASSETS,
    *history_audit.ASSETS,
    *markets.ASSETS,
    *outcomes.ASSETS,
    *coverage.ASSETS,
    *prices.ASSETS,
    *books.ASSETS,
    *sql_assets(),
    *fill_values.ASSETS,
    *marts.ASSETS,
    *episodes.ASSETS,
    *clusters.ASSETS,
    *scores.ASSETS,
    *daily_scores.ASSETS,
    *publish.ASSETS,
    *live_journal.ASSETS,
    *backtests.ASSETS,
    *sweeps.ASSETS,
    *walks.ASSETS,
    *report_card.ASSETS,
]


def build(config: CopytradeConfig, home: Home) -> dg.Definitions:
    """The code location for one configuration and one home folder."""
    return dg.Definitions(
        assets=[asset.map_asset_specs(keep_fresh).map_asset_specs(automate) for asset in ASSETS],
        asset_checks=[*checks.CHECKS, *report_card.CHECKS, *watch_checks.WATCH_CHECKS],
        jobs=jobs.JOBS,
        schedules=schedules.SCHEDULES,
        sensors=[*sensors.SENSORS, *watch_sensors.WATCH_SENSORS, automation.marts_automation],
        resources=resources_of(config, home),
        executor=tagging_executor(config.decision().digest()),
    )


def resources_of(config: CopytradeConfig, home: Home) -> dict[str, dg.ConfigurableResource[object]]:
    """What assets are handed, by the names they ask for."""
    return {
        "warehouse": Warehouse(
            path=str(home.warehouse), lock_timeout_seconds=config.pipelines.warehouse_patience_seconds
        ),
        "venue": VenueResource.of(config.venue),
        "settings": Settings.of(config, home),
    }


# No process of Dagster's signs anything: whatever key it was started with is forgotten, and its records are masked.
drop_keys(os.environ)
mask_records()
_home = home_from_environment()
defs = build(load_config(None, _home), _home)
