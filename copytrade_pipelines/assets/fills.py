"""raw/fills: what wallets traded, and beside it raw.activity: what else they did."""

import dagster as dg
from pydantic import Field

from copytrade_live.core.market import SECOND
from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.agreement import compare, learn_roles, mark_for_reread
from copytrade_pipelines.ingest.fills import FillsSummary, ingest_fills, rebuild_from_landing
from copytrade_pipelines.ingest.history_fetch import Source
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


class FillsRun(dg.Config):
    """Where histories are read."""

    source: str = Field(default=Source.AUTO.value, description="auto (v2, and v1 where it refuses), v2, v1, or chain.")
    from_landing: bool = Field(default=False, description="Read what landed before once more, and ask no venue.")


@raw_asset(
    "fills",
    after=["wallets", "chain_fills"],
    description=(
        "Every fill of the watched wallets, maker and taker, one row a fill; "
        "splits, merges, redemptions and rebates go to raw.activity."
    ),
)
def fills(
    context: dg.AssetExecutionContext,
    config: FillsRun,
    settings: Settings,
    venue: VenueResource,
    warehouse: Warehouse,
) -> dg.MaterializeResult[None]:
    """Bring wallet histories up to date."""
    chosen = settings.config().pipelines
    source = Source(config.source)

    async def ingest(api: DataApi) -> FillsSummary:
        return await ingest_fills(
            warehouse,
            api,
            landing=settings.home().landing,
            lag=settings.index_lag(),
            now=venue_now,
            audit_days=chosen.audit_days,
            source=source,
            progress=logging_progress(context),
        )

    with expected_failures():
        if config.from_landing:
            summary = rebuild_from_landing(
                warehouse,
                landing=settings.home().landing,
                lag=settings.index_lag(),
                progress=logging_progress(context),
            )
        else:
            venue_now = venue.now()
            summary = run_closing(venue.data_api, ingest)
        with warehouse.connect() as con:
            settled = learn_roles(con)
            marked = mark_for_reread(con, compare(con, lag=round(chosen.agreement_lag_seconds * SECOND)))
        return table_result(
            warehouse,
            "raw.fills",
            summary.fills,
            quarantined=summary.quarantined,
            extra={
                "wallets": summary.wallets,
                "new_activity_rows": summary.activity.new,
                "roles_from_the_chain": settled,
                "wallets_to_read_again": len(marked),
            },
        )


ASSETS = [fills]
