"""raw/markets: the markets that were traded."""

import dagster as dg

from copytrade_live.venue.gamma import GammaApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.events import EventsSummary, ingest_events
from copytrade_pipelines.ingest.landing import PageCollector
from copytrade_pipelines.ingest.markets import MarketsSummary, ingest_markets
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "markets",
    after=["fills"],
    description=(
        "One row per traded condition: outcomes, tokens, tick, fee, event, times; asked again until its oracle is "
        "done. What fee and what tick held since when goes to raw.fee_schedules and raw.tick_sizes."
    ),
)
def markets(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Fetch the markets of traded conditions."""
    pages = PageCollector()

    async def ingest(api: GammaApi) -> MarketsSummary:
        return await ingest_markets(
            warehouse,
            api,
            pages,
            landing=settings.home().landing,
            lag=settings.index_lag(),
            now=now,
            progress=logging_progress(context),
        )

    with expected_failures():
        now = venue.now()
        summary = run_closing(lambda: venue.gamma(pages), ingest)
        return table_result(
            warehouse,
            "raw.markets",
            summary.change,
            quarantined=summary.quarantined,
            extra={"asked": summary.asked, "unknown_to_the_venue": summary.unknown},
        )


@raw_asset(
    "events",
    after=["markets"],
    description="One row per event of a traded market: its markets and their tokens, tags, neg-risk group, end.",
)
def events(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Fetch the events of traded markets."""
    pages = PageCollector()

    async def ingest(api: GammaApi) -> EventsSummary:
        landing, lag, progress = settings.home().landing, settings.index_lag(), logging_progress(context)
        return await ingest_events(warehouse, api, pages, landing=landing, lag=lag, progress=progress)

    with expected_failures():
        summary = run_closing(lambda: venue.gamma(pages), ingest)
        return table_result(
            warehouse,
            "raw.events",
            summary.change,
            quarantined=summary.quarantined,
            extra={"asked": summary.asked, "unknown_to_the_venue": summary.unknown},
        )


ASSETS = [markets, events]
