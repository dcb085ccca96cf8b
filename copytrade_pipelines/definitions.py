"""The code location: every asset, check, job, schedule and sensor, for one configuration and one home folder."""

from datetime import timedelta

import dagster as dg

from copytrade_live.settings import CopytradeConfig, Home, home_from_environment, load_config
from copytrade_pipelines import checks, jobs, schedules, sensors
from copytrade_pipelines.assets import (
    backtests,
    books,
    clusters,
    coverage,
    episodes,
    fill_values,
    fills,
    live_journal,
    markets,
    outcomes,
    prices,
    publish,
    scores,
    wallets,
)
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.run_tags import tagging_executor
from copytrade_pipelines.sql_assets import sql_assets
from copytrade_pipelines.warehouse import Warehouse

ASSETS: list[dg.AssetsDefinition] = [
    *wallets.ASSETS,
    *fills.ASSETS,
    *markets.ASSETS,
    *outcomes.ASSETS,
    *coverage.ASSETS,
    *prices.ASSETS,
    *books.ASSETS,
    *sql_assets(),
    *fill_values.ASSETS,
    *episodes.ASSETS,
    *clusters.ASSETS,
    *scores.ASSETS,
    *publish.ASSETS,
    *live_journal.ASSETS,
    *backtests.ASSETS,
]

# The refresh runs hourly: one missed is a warning, three are a failure, long before the runner calls scores stale.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=4), warn_window=timedelta(hours=2))
KEPT_FRESH = frozenset({dg.AssetKey("trader_scores"), dg.AssetKey("published_scores")})


def build(config: CopytradeConfig, home: Home) -> dg.Definitions:
    """The code location for one configuration and one home folder."""
    return dg.Definitions(
        assets=[asset.map_asset_specs(_keep_fresh) for asset in ASSETS],
        asset_checks=checks.CHECKS,
        jobs=jobs.JOBS,
        schedules=schedules.SCHEDULES,
        sensors=sensors.SENSORS,
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


def _keep_fresh(spec: dg.AssetSpec) -> dg.AssetSpec:
    return spec.replace_attributes(freshness_policy=FRESHNESS) if spec.key in KEPT_FRESH else spec


_home = home_from_environment()
defs = build(load_config(None, _home), _home)
