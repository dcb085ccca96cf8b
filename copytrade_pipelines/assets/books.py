"""raw/books: what could be traded against, captured now, because the venue keeps no past books."""

import dagster as dg

from copytrade_live.venue.clob import ClobApi
from copytrade_pipelines.assets.raw_tables import expected_failures, raw_asset, table_result
from copytrade_pipelines.ingest.books import BooksSummary, ingest_books
from copytrade_pipelines.ingest.landing import PageCollector
from copytrade_pipelines.pools import BOOKS_POOL
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "books",
    after=["fills", "markets"],
    description="Order book snapshots, best first, of open markets that watched wallets traded in the last week.",
    pool=BOOKS_POOL,
)
def books(settings: Settings, venue: VenueResource, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Capture one book per open token."""
    pages = PageCollector()

    async def ingest(api: ClobApi) -> BooksSummary:
        return await ingest_books(warehouse, api, pages, landing=settings.home().landing)

    with expected_failures():
        summary = run_closing(lambda: venue.clob(pages), ingest)
        return table_result(
            warehouse,
            "raw.books",
            summary.change,
            quarantined=summary.quarantined,
            extra={"asked": summary.asked},
        )


ASSETS = [books]
