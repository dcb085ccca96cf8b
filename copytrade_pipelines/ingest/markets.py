"""Markets of the conditions that wallets touched, asked again until they close and their oracle is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.market import Instant
from copytrade_live.venue.gamma import CONDITIONS_PER_REQUEST, GammaApi
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.terms import append_terms
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

_CONDITIONS_PER_BATCH = CONDITIONS_PER_REQUEST * 10
# Whoever splits and redeems without a trade holds tokens of a market all the same.
TOUCHED_CONDITIONS = """
    SELECT condition_id FROM raw.fills
    UNION ALL SELECT condition_id FROM raw.activity WHERE condition_id != ''
"""
# Asked again until it closed and its oracle is done, or so long closed that nothing will come any more.
_OPEN_CONDITIONS = f"""
    SELECT DISTINCT condition_id FROM ({TOUCHED_CONDITIONS})
    WHERE condition_id NOT IN (
        SELECT condition_id FROM raw.markets
        WHERE closed AND (uma_statuses[-1] = 'resolved'
            OR closed_at < (SELECT max(event_at) FROM raw.fills) - INTERVAL 30 DAY)
    )
    ORDER BY condition_id
"""  # noqa: S608 our own text


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketsSummary:
    """What an ingest of markets did; unknown are conditions gamma does not know."""

    asked: int = 0
    change: Change = NO_CHANGE
    unknown: int = 0
    quarantined: int = 0


async def ingest_markets(
    warehouse: Warehouse,
    api: GammaApi,
    pages: PageCollector,
    *,
    landing: Path,
    lag: Instant,
    now: Instant,
    progress: Progress = silent,
) -> MarketsSummary:
    """Fetch every traded market that is not yet known to be closed. Raises: VenueUnavailable, VenueRefusal."""
    with warehouse.connect() as con:
        wanted = [str(row[0]) for row in con.execute(_OPEN_CONDITIONS).fetchall()]
    change, unknown, quarantined = NO_CHANGE, 0, 0
    for first in range(0, len(wanted), _CONDITIONS_PER_BATCH):
        batch = wanted[first : first + _CONDITIONS_PER_BATCH]
        listing = await api.markets(batch)
        land(landing, pages.take())
        with warehouse.connect() as con:
            change += upsert(con, "raw.markets", tables.markets(listing.rows, lag=lag))
            append_terms(con, listing.rows, lag=lag, now=now)
            quarantined += upsert(con, "raw.quarantine", tables.quarantine(listing.bad)).new
        unknown += len(batch) - len(listing.rows)
        progress(first + len(batch), len(wanted), "markets")
    return MarketsSummary(asked=len(wanted), change=change, unknown=unknown, quarantined=quarantined)
