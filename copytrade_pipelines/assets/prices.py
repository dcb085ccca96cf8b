"""raw/prices: past mids, for closing-line value."""

import dagster as dg

from copytrade_live.venue.clob import ClobApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.prices import ingest_prices
from copytrade_pipelines.ingest.upsert import Change
from copytrade_pipelines.resources import VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "prices",
    after=["fills", "markets"],
    description="Hourly mids of traded tokens from the first fill to the market's close, resumed where we stopped.",
)
def prices(context: dg.AssetExecutionContext, venue: VenueResource, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Fetch the mids that are missing."""

    async def ingest(api: ClobApi) -> tuple[int, Change]:
        return await ingest_prices(warehouse, api, now=now, progress=logging_progress(context))

    with expected_failures():
        now = venue.now()
        asked, change = run_closing(venue.clob, ingest)
        return table_result(warehouse, "raw.prices", change, time_column="at", extra={"asked": asked})


ASSETS = [prices]
