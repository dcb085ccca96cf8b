"""Wallet histories: fetched outside the lock, landed page by page, then upserted in short locked transactions.

The landing folder is the journal and the raw tables its fold. A kill at any point loses only what had not landed: the
next run loads what waits, goes on inside the window that was open, and ends with the tables of an undisturbed run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.market import Instant
from copytrade_live.venue.data_api import SOURCE, DataApi
from copytrade_live.venue.stretch import Stretch
from copytrade_pipelines.ingest.history_fetch import HistoryFeed, Source
from copytrade_pipelines.ingest.history_load import Loaded, parse_stretches, write_batch
from copytrade_pipelines.ingest.history_plan import plan, refresh_wallets
from copytrade_pipelines.ingest.landing import land_stretches, landed, pending, read_stretches, settle
from copytrade_pipelines.ingest.progress import Progress, Rate, silent
from copytrade_pipelines.ingest.upsert import Change
from copytrade_pipelines.ingest.wallets import Sighting, write_wallets
from copytrade_pipelines.warehouse import Warehouse

AUDIT_DAYS = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsSummary:
    """What an ingest of fills did."""

    wallets: int
    loaded: Loaded

    @property
    def fills(self) -> Change:
        """What happened to raw.fills."""
        return self.loaded.fills

    @property
    def activity(self) -> Change:
        """What happened to raw.activity."""
        return self.loaded.activity

    @property
    def quarantined(self) -> int:
        """Rows that did not fit and were not set aside before."""
        return self.loaded.quarantined


async def ingest_fills(
    warehouse: Warehouse,
    api: DataApi,
    *,
    landing: Path,
    lag: Instant,
    now: Instant | None = None,
    audit_days: float = AUDIT_DAYS,
    source: Source = Source.AUTO,
    bucket: int | None = None,
    listed: set[str] | None = None,
    progress: Progress = silent,
) -> FillsSummary:
    """Bring the histories of every wallet of raw.wallets up to date, or of one bucket's.

    now is when the venue is asked: histories that were last read whole audit_days ago are read whole again. The ids
    of the fills that the venue listed go into listed.
    Raises: VenueUnavailable, VenueRefusal; what was read before stays, and is not read again.
    """
    loader = Loader(warehouse, landing, lag=lag, asked_at=now)
    await asyncio.to_thread(loader.load_pending)
    loader.listed = listed
    with warehouse.connect() as con:
        plans = plan(con, now=now, audit_days=audit_days, bucket=bucket) if source is not Source.CHAIN else []
    feed, rate = HistoryFeed(api, source), Rate(progress, "wallets", len(plans))
    async for batch in feed.batches(plans):
        if batch:
            await asyncio.to_thread(loader.load, batch)
        rate.tell(feed.done.wallets, loader.rows)
    return FillsSummary(wallets=feed.done.wallets, loaded=loader.total)


def rebuild_from_landing(
    warehouse: Warehouse, *, landing: Path, lag: Instant, progress: Progress = silent
) -> FillsSummary:
    """Load every stretch that ever landed again, without the network: after a parser was mended, or a file was lost."""
    loader = Loader(warehouse, landing, lag=lag, asked_at=None)
    files = landed(landing, SOURCE)
    rate = Rate(progress, "landed files", len(files))
    wallets: set[str] = set()
    with warehouse.connect() as con:
        kept_out = [wallet for (wallet,) in con.execute("SELECT wallet FROM raw.wallets WHERE excluded").fetchall()]
    for done, path in enumerate(files, start=1):
        stretches = read_stretches(path)
        fresh = {stretch.wallet for stretch in stretches} - wallets
        seen = [Sighting(wallet=wallet, source="landing") for wallet in sorted(fresh)]
        write_wallets(warehouse, seen, excluded=kept_out)
        wallets |= fresh
        loader.write(stretches)
        rate.tell(done, loader.rows)
    loader.load_pending()
    return FillsSummary(wallets=len(wallets), loaded=loader.total)


class Loader:
    """Lands and loads stretches; one thread at a time."""

    def __init__(self, warehouse: Warehouse, landing: Path, *, lag: Instant, asked_at: Instant | None) -> None:
        self._warehouse, self._landing, self._lag, self._asked_at = warehouse, landing, lag, asked_at
        self.total = Loaded()
        self.rows = 0
        self.listed: set[str] | None = None

    def load(self, stretches: Sequence[Stretch]) -> None:
        """Keep stretches as they were sent, then make rows of them."""
        path = land_stretches(self._landing, stretches)
        self.write(stretches)
        settle(self._landing, path)

    def load_pending(self) -> None:
        """Make rows of what a killed run landed and did not load."""
        for path in pending(self._landing):
            try:
                stretches = read_stretches(path)
            except FileNotFoundError:  # another run was quicker
                continue
            self.write(stretches)
            settle(self._landing, path)

    def write(self, stretches: Sequence[Stretch]) -> None:
        """Make rows of stretches, in one transaction."""
        if not stretches:
            return
        batch = parse_stretches(stretches, lag=self._lag)
        if self.listed is not None:
            self.listed.update(batch.fills["fill_id"].to_pylist())
        with self._warehouse.connect() as con:
            self.total += write_batch(con, batch, asked_at=self._asked_at)
            refresh_wallets(con, sorted({stretch.wallet for stretch in stretches}))
        self.rows += batch.fills.num_rows + batch.activity.num_rows
