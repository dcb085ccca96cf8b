"""Wallet histories: fetched outside the lock, landed, then upserted in short locked batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from copytrade_live.core.market import DAY, Instant, Role
from copytrade_live.venue.data_api import SOURCE, DataApi
from copytrade_live.venue.rows import BadRow, VenueActivity, VenueFill
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.ingest.wallets import refresh_coverage
from copytrade_pipelines.warehouse import Warehouse

# A rerun looks this far back over what it has: rows appear late, and blanks are filled in.
OVERLAP: Instant = DAY
CONCURRENT_WALLETS = 8
WALLETS_PER_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """How far a wallet's history is known; start is where the next fetch begins, None for the beginning."""

    wallet: str
    source: str
    fetched_through: Instant | None
    start: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletHistory:
    """What one fetch of a wallet brought."""

    mark: Watermark
    fills: tuple[tuple[VenueFill, Role], ...]
    activity: tuple[VenueActivity, ...]
    bad: tuple[BadRow, ...]
    is_complete: bool

    @property
    def fetched_through(self) -> Instant | None:
        """The last moment seen: what the venue showed, never the hour it was asked."""
        times = [fill.event_at for fill, _ in self.fills] + [row.event_at for row in self.activity]
        return max((*times, self.mark.fetched_through or 0)) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsSummary:
    """What an ingest of fills did."""

    wallets: int = 0
    fills: Change = NO_CHANGE
    activity: Change = NO_CHANGE
    quarantined: int = 0

    def __add__(self, other: FillsSummary) -> FillsSummary:
        return FillsSummary(
            wallets=self.wallets + other.wallets,
            fills=self.fills + other.fills,
            activity=self.activity + other.activity,
            quarantined=self.quarantined + other.quarantined,
        )


async def fetch_history(api: DataApi, mark: Watermark) -> WalletHistory:
    """Everything a wallet did since its watermark.

    Two listings tell the role: what also shows with taker_only crossed the book, the rest was resting on it. The full
    one is read first: a fill in between is left for the next run instead of being mistaken for a maker's.
    """
    everything = await api.fills(mark.wallet, start=mark.start)
    taken = await api.fills(mark.wallet, taker_only=True, start=mark.start)
    others = await api.activity(mark.wallet, start=mark.start)
    crossing = {fill.fill_id for fill in taken.rows}
    is_known = taken.is_complete
    return WalletHistory(
        mark=mark,
        fills=tuple((fill, _role(fill.fill_id in crossing, is_known)) for fill in everything.rows),
        activity=others.rows,
        bad=(*everything.bad, *taken.bad, *others.bad),
        is_complete=everything.is_complete,
    )


async def ingest_fills(
    warehouse: Warehouse,
    api: DataApi,
    pages: PageCollector,
    *,
    landing: Path,
    lag: Instant,
    progress: Progress = silent,
    wallets_per_batch: int = WALLETS_PER_BATCH,
) -> FillsSummary:
    """Bring the histories of every wallet of raw.wallets up to date.

    A kill at any point leaves whole batches: what was not upserted is fetched again by the next run.
    Raises: VenueUnavailable, VenueRefusal; batches already written stay.
    """
    marks = read_watermarks(warehouse)
    total = FillsSummary()
    for first in range(0, len(marks), wallets_per_batch):
        histories = await _fetch_batch(api, marks[first : first + wallets_per_batch])
        land(landing, pages.take())
        total += write_histories(warehouse, histories, lag=lag)
        progress(total.wallets, len(marks), "wallets")
    return total


def read_watermarks(warehouse: Warehouse) -> list[Watermark]:
    """Where each watched wallet's next fetch begins; an incomplete history begins at the beginning again."""
    with warehouse.connect() as con:
        rows = con.execute(
            "SELECT wallet, source, fetched_through, history_complete FROM raw.wallets "
            "WHERE NOT coalesce(excluded, false) ORDER BY wallet"
        ).fetchall()
    return [_watermark(str(wallet), str(source), through, bool(whole)) for wallet, source, through, whole in rows]


def write_histories(warehouse: Warehouse, histories: Sequence[WalletHistory], *, lag: Instant) -> FillsSummary:
    """Upsert fetched histories in one transaction, watermarks with them."""
    fills = [pair for history in histories for pair in history.fills]
    others = [row for history in histories for row in history.activity]
    bad = [row for history in histories for row in history.bad]
    with warehouse.connect() as con:
        summary = FillsSummary(
            wallets=len(histories),
            fills=upsert(con, "raw.fills", tables.fills(fills, source=SOURCE, lag=lag)),
            activity=upsert(con, "raw.activity", tables.activity(others, source=SOURCE, lag=lag)),
            quarantined=upsert(con, "raw.quarantine", tables.quarantine(bad)).new,
        )
        known = _what_is_known(con, [history.mark.wallet for history in histories])
        rows = [_wallet_row(history, *known[history.mark.wallet]) for history in histories]
        upsert(con, "raw.wallets", tables.arrow("raw.wallets", rows))
        refresh_coverage(con, [history.mark.wallet for history in histories])
    return summary


async def _fetch_batch(api: DataApi, marks: Sequence[Watermark]) -> list[WalletHistory]:
    gate = asyncio.Semaphore(CONCURRENT_WALLETS)

    async def fetch(mark: Watermark) -> WalletHistory:
        async with gate:
            return await fetch_history(api, mark)

    tasks = [asyncio.create_task(fetch(mark)) for mark in marks]
    try:
        return list(await asyncio.gather(*tasks))
    finally:  # after a failure the others would go on asking a venue that is down
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _watermark(wallet: str, source: str, through: datetime | None, is_whole: bool) -> Watermark:
    last = None if through is None else round(through.replace(tzinfo=UTC).timestamp() * 1000)
    start = last - OVERLAP if last is not None and is_whole else None
    return Watermark(wallet=wallet, source=source, fetched_through=last, start=start)


def _role(is_crossing: bool, is_known: bool) -> Role:
    if is_crossing:
        return Role.TAKER
    return Role.MAKER if is_known else Role.UNKNOWN


def _what_is_known(
    con: duckdb.DuckDBPyConnection, wallets: Sequence[str]
) -> dict[str, tuple[int, datetime | None, int]]:
    rows = con.execute(
        """
        SELECT asked.wallet, count(f.fill_id), min(f.event_at), coalesce(any_value(bad.n), 0)
        FROM (SELECT unnest(?) AS wallet) AS asked
        LEFT JOIN raw.fills AS f USING (wallet)
        LEFT JOIN (
            SELECT lower(payload ->> '$.proxy_wallet') AS wallet, count(*) AS n FROM raw.quarantine
            WHERE source = ? GROUP BY 1
        ) AS bad USING (wallet)
        GROUP BY asked.wallet
        """,
        [list(wallets), f"{SOURCE}/v2/trades"],
    ).fetchall()
    return {str(wallet): (int(fills), first, int(bad)) for wallet, fills, first, bad in rows}


def _wallet_row(history: WalletHistory, fills: int, first: datetime | None, bad: int) -> dict[str, object]:
    share = fills / (fills + bad) if fills + bad else 1.0
    return {
        "wallet": history.mark.wallet,
        "source": history.mark.source,
        "first_seen_at": first,
        "readable": share,
        "history_complete": history.is_complete,
        "fills": fills,
        "fetched_through": history.fetched_through,
    }
