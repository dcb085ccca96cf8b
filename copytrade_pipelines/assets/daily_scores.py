"""daily_scores: what was known of every wallet when a day ended, for backtests and for judging scores later."""

import warnings

import dagster as dg

from copytrade_live.clock import to_iso
from copytrade_live.core.market import Instant
from copytrade_live.errors import ConfigError
from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.assets.scores import metadata_of, score_times, trader_scores
from copytrade_pipelines.partitions import DAYS
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.scoring.names import SCORES
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

# "Beta" in this Dagster; a warning at every load of the code location would say nothing that its reader can act on.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)


@dg.asset(
    key=["daily_scores"],
    deps=sorted(trader_scores.asset_deps[trader_scores.key]),
    group_name="scores",
    kinds={"python", "duckdb", "numpy"},
    owners=["team:copytrade"],
    code_version=SCORE_VERSION,
    metadata={"dagster/table_name": SCORES},
    pool=WAREHOUSE_POOL,
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def daily_scores(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Scores as of the end of each day, from nothing that was known later; a backfill makes any days in one run.
    They stand in the same table as trader_scores, by as_of.
    """
    with expected_failures():
        as_ofs = ends_of(context.partition_keys, venue.now())
        context.log.info(f"scoring as of {len(as_ofs)} days' ends, up to {to_iso(as_ofs[0])}")
        made, rows = score_times(warehouse, settings, as_ofs)
    return dg.MaterializeResult(metadata=metadata_of(made[0], as_ofs, rows, settings))


def ends_of(days: list[str], now: Instant) -> list[Instant]:
    """When each day ends, newest first. Raises: ConfigError naming days that are not over at the venue."""
    ends = {day: round(DAYS.time_window_for_partition_key(day).end.timestamp() * 1000) for day in days}
    early = [day for day, end in ends.items() if end > now]
    if early:
        raise ConfigError(
            f"{', '.join(early)}: not over yet at the venue, whose time is {to_iso(now)}; choose days before"
        )
    return sorted(ends.values(), reverse=True)


ASSETS = [daily_scores]
