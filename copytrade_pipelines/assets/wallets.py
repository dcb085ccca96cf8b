"""raw/wallets: whose histories we keep."""

import dagster as dg
from pydantic import Field

from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.rows import BadRow
from copytrade_pipelines.assets.raw_tables import expected_failures, raw_asset, table_result
from copytrade_pipelines.ingest.discovery import discover_holders, discover_wallets
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.wallets import Sighting, read_watchlist, write_wallets
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse

AS_CONFIGURED = -1


class WalletsRun(dg.Config):
    """How many wallets to take, and from where."""

    max_wallets: int | None = Field(
        default=AS_CONFIGURED,
        description="Wallets from the leaderboards; null takes every wallet there, -1 what wallets.discover says.",
    )
    watchlist: str = Field(
        default="", description="File with one wallet a line; empty reads the one wallets.watchlist_file names."
    )


@raw_asset(
    "wallets",
    after=[],
    description=(
        "Wallets whose histories are kept: the operator's watchlist and leaders, the best of the leaderboards, holders "
        "of chosen markets. Where and when each was seen is in raw.wallet_sightings; the venue's contracts are refused."
    ),
)
def wallets(
    config: WalletsRun, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Add watched and discovered wallets to raw.wallets."""
    with expected_failures():
        chosen = _chosen(config, settings)
        found, bad = _discovered(config, settings, venue)
        change = write_wallets(
            warehouse, [*chosen, *found], bad, now=venue.now(), excluded=settings.config().wallets.excluded
        )
        return table_result(
            warehouse,
            "raw.wallets",
            change,
            time_column="first_seen_at",
            quarantined=len(bad),
            extra={"watched": len(chosen), "discovered": len({one.wallet for one in found})},
        )


def _chosen(config: WalletsRun, settings: Settings) -> list[Sighting]:
    wanted = settings.config()
    name = config.watchlist or wanted.wallets.watchlist_file
    listed = read_watchlist(settings.home().resolve(name)) if name else []
    return [*listed, *(Sighting(wallet=leader, source="leaders") for leader in wanted.tracker.leaders)]


def _discovered(
    config: WalletsRun, settings: Settings, venue: VenueResource
) -> tuple[list[Sighting], tuple[BadRow, ...]]:
    wanted = settings.config().wallets
    limit = wanted.discover if config.max_wallets == AS_CONFIGURED else config.max_wallets
    pages = PageCollector()

    async def discover(api: DataApi) -> tuple[list[Sighting], tuple[BadRow, ...]]:
        ranked, bad = await discover_wallets(api, limit, wanted.leaderboards)
        holders, worse = await discover_holders(api, wanted.holders_of)
        return [*ranked, *holders], (*bad, *worse)

    found = run_closing(lambda: venue.data_api(pages), discover)
    land(settings.home().landing, pages.take())
    return found


ASSETS = [wallets]
