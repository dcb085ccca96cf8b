"""raw/prices: past mids, for closing-line value."""

import dagster as dg

from copytrade_live.venue.clob import ClobApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.fine_prices import ingest_fine_prices
from copytrade_pipelines.ingest.prices import KEPT, ingest_prices
from copytrade_pipelines.ingest.upsert import Change
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "prices",
    after=["fills", "markets"],
    description=(
        "Hourly mids of traded tokens from the first fill to the market's close, resumed where we stopped, and finer "
        "ones in the hour after each fill of the last month."
    ),
)
def prices(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Fetch the mids that are missing."""

    async def ingest(api: ClobApi) -> tuple[int, int, Change]:
        progress = logging_progress(context)
        asked, hourly = await ingest_prices(warehouse, api, now=now, progress=progress)
        hours, fine = await ingest_fine_prices(
            warehouse,
            api,
            oldest=now - KEPT,
            now=now,
            fidelity_minutes=wanted.fine_mid_minutes,
            most_requests=wanted.fine_mid_requests,
            progress=progress,
        )
        return asked, hours, hourly + fine

    with expected_failures():
        now, wanted = venue.now(), settings.config().pipelines
        asked, hours, change = run_closing(venue.clob, ingest)
        extra = {"asked": asked, "fine_hours": hours}
        return table_result(warehouse, "raw.prices", change, time_column="at", extra=extra)


ASSETS = [prices]
