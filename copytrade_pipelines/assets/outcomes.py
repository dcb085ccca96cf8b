"""raw/resolutions: how conditions resolved, and when that could be known."""

import dagster as dg

from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.landing import PageCollector
from copytrade_pipelines.ingest.outcomes import ResolutionsSummary, ingest_resolutions
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "resolutions",
    after=["fills", "markets"],
    description=(
        "One row per condition and status it went through (proposed, disputed, resolved), each with the time it could "
        "be known; a void is resolved with equal payouts."
    ),
)
def resolutions(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Ask after every traded condition that has not resolved."""
    pages = PageCollector()

    async def ingest(api: DataApi) -> ResolutionsSummary:
        return await ingest_resolutions(
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
        summary = run_closing(lambda: venue.data_api(pages), ingest)
        return table_result(
            warehouse,
            "raw.resolutions",
            summary.change,
            time_column="known_at",
            quarantined=summary.quarantined,
            extra={"asked": summary.asked, "only_gamma_shows": summary.from_gamma},
        )


ASSETS = [resolutions]
