"""raw/positions and raw/coverage: what the venue says wallets hold, and whether their histories say the same."""

import dagster as dg

from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.coverage import reconcile_wallets
from copytrade_pipelines.ingest.landing import PageCollector
from copytrade_pipelines.ingest.positions import PositionsSummary, ingest_positions
from copytrade_pipelines.pools import WAREHOUSE_POOL
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "positions",
    after=["fills"],
    description=(
        "Positions and closed positions as the venue reckons them, one row per wallet and token, as of when it was "
        "asked. For reconciliation only: they show how things ended, so a score that used them would look ahead."
    ),
)
def positions(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Fetch the positions of wallets whose history grew."""
    pages = PageCollector()

    async def ingest(api: DataApi) -> PositionsSummary:
        landing, progress = settings.home().landing, logging_progress(context)
        return await ingest_positions(warehouse, api, pages, landing=landing, now=venue.ask_now, progress=progress)

    with expected_failures():
        summary = run_closing(lambda: venue.data_api(pages), ingest)
        return table_result(
            warehouse,
            "raw.positions",
            summary.change,
            quarantined=summary.quarantined,
            extra={"wallets": summary.wallets, "gone": summary.gone},
        )


@raw_asset(
    "coverage",
    after=["fills", "positions", "markets", "events", "resolutions"],
    description=(
        "Share of each wallet's holdings, folded from fills, splits, merges, conversions and redemptions, that the "
        "venue's positions confirm within 0.01 share; its newest value goes to raw.wallets.coverage, and a wallet far "
        "off is read again from the beginning, once a cause. The folded holdings are raw.holdings."
    ),
    pool=WAREHOUSE_POOL,
)
def coverage(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Fold and compare the wallets whose history grew, or did not add up."""
    with expected_failures():
        summary = reconcile_wallets(
            warehouse,
            now=venue.now(),
            reread_below=settings.config().wallets.reread_below,
            progress=logging_progress(context),
        )
        return table_result(
            warehouse,
            "raw.coverage",
            summary.change,
            extra={"wallets": summary.wallets, "matching": summary.matching, "to_be_read_again": summary.reread},
        )


ASSETS = [positions, coverage]
