"""What the venue says wallets hold and held, for reconciliation only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from copytrade_live.core.market import Instant
from copytrade_live.errors import VenueRefusal
from copytrade_live.venue.data_api import SOURCE, DataApi
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import BadRow, PositionRow
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.coverage import stale_wallets
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

# From the general to the particular: a position listed under two is what the later one says.
STATUSES = ("CLOSED", "OPEN", "MERGEABLE", "REDEEMABLE", "REDEEMABLE_LOST")
CONCURRENT_WALLETS = 8
WALLETS_PER_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsSummary:
    """What an ingest of positions did; gone are positions the venue no longer lists."""

    wallets: int = 0
    change: Change = NO_CHANGE
    gone: int = 0
    quarantined: int = 0

    def __add__(self, other: PositionsSummary) -> PositionsSummary:
        return PositionsSummary(
            wallets=self.wallets + other.wallets,
            change=self.change + other.change,
            gone=self.gone + other.gone,
            quarantined=self.quarantined + other.quarantined,
        )


async def fetch_positions(api: DataApi, wallet: str) -> Listing[PositionRow]:
    """Every position of a wallet, open and closed; the older API where the newer one refuses."""
    found: dict[str, PositionRow] = {}
    bad: list[BadRow] = []
    is_complete = True
    try:
        for status in STATUSES:
            listing = await api.positions(wallet, status=status)
            found |= {row.token_id: replace(row, status=status) for row in listing.rows}
            bad += listing.bad
            is_complete = is_complete and listing.is_complete
    except VenueRefusal:
        return await api.positions_v1(wallet)
    return Listing(rows=tuple(found.values()), bad=tuple(dict.fromkeys(bad)), is_complete=is_complete)


async def ingest_positions(
    warehouse: Warehouse,
    api: DataApi,
    pages: PageCollector,
    *,
    landing: Path,
    now: Callable[[], Awaitable[Instant]],
    progress: Progress = silent,
    wallets_per_batch: int = WALLETS_PER_BATCH,
) -> PositionsSummary:
    """Fetch the positions of wallets that are to be compared again, each known from when its answer was in.

    Raises: VenueUnavailable, VenueRefusal.
    """
    wallets = [one.wallet for one in stale_wallets(warehouse)]
    total = PositionsSummary()
    for first in range(0, len(wallets), wallets_per_batch):
        batch = wallets[first : first + wallets_per_batch]
        listings = await _fetch_batch(api, batch)
        observed_at = await now()
        land(landing, pages.take())
        with warehouse.connect() as con:
            for wallet, listing in zip(batch, listings, strict=True):
                total += _write(con, wallet, listing, observed_at)
        progress(total.wallets, len(wallets), "wallets")
    return total


def _write(
    con: duckdb.DuckDBPyConnection, wallet: str, listing: Listing[PositionRow], observed_at: Instant
) -> PositionsSummary:
    rows = tables.positions(listing.rows, observed_at=observed_at, source=SOURCE)
    gone = 0
    if listing.is_complete:
        kept = [row.token_id for row in listing.rows]
        gone = len(
            con.execute(
                "DELETE FROM raw.positions WHERE wallet = ? AND NOT list_contains(?, token_id) RETURNING token_id",
                [wallet, kept],
            ).fetchall()
        )
    return PositionsSummary(
        wallets=1,
        change=upsert(con, "raw.positions", rows),
        gone=gone,
        quarantined=upsert(con, "raw.quarantine", tables.quarantine(listing.bad)).new,
    )


async def _fetch_batch(api: DataApi, wallets: Sequence[str]) -> list[Listing[PositionRow]]:
    gate = asyncio.Semaphore(CONCURRENT_WALLETS)

    async def fetch(wallet: str) -> Listing[PositionRow]:
        async with gate:
            return await fetch_positions(api, wallet)

    tasks = [asyncio.create_task(fetch(wallet)) for wallet in wallets]
    try:
        return list(await asyncio.gather(*tasks))
    finally:  # after a failure the others would go on asking a venue that is down
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
