"""raw/fills: what wallets traded, and beside it raw.activity: what else they did."""

import dagster as dg

from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.fills import FillsSummary, ingest_fills
from copytrade_pipelines.ingest.landing import PageCollector
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "fills",
    after=["wallets"],
    description=(
        "Every fill of the watched wallets, maker and taker, one row a fill; "
        "splits, merges, redemptions and rebates go to raw.activity."
    ),
)
def fills(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Bring wallet histories up to date."""
    pages = PageCollector()

    async def ingest(api: DataApi) -> FillsSummary:
        return await ingest_fills(
            warehouse,
            api,
            pages,
            landing=settings.home().landing,
            lag=settings.index_lag(),
            progress=logging_progress(context),
        )

    with expected_failures():
        summary = run_closing(lambda: venue.data_api(pages), ingest)
        return table_result(
            warehouse,
            "raw.fills",
            summary.fills,
            quarantined=summary.quarantined,
            extra={"wallets": summary.wallets, "new_activity_rows": summary.activity.new},
        )


ASSETS = [fills]
