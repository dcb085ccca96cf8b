"""How conditions resolved, one row per status seen, each with the time it could be known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from copytrade_live.core.market import Instant
from copytrade_live.venue.data_api import CONDITIONS_PER_REQUEST, SOURCE, DataApi
from copytrade_live.venue.rows import ResolutionRow
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

# A condition that was only asked (initialized, posed) says nothing yet.
STATUSES = frozenset({"proposed", "disputed", "resolved"})
_CONDITIONS_PER_BATCH = CONDITIONS_PER_REQUEST * 25
_UNRESOLVED = """
    SELECT DISTINCT condition_id FROM raw.fills
    WHERE condition_id NOT IN (SELECT condition_id FROM raw.resolutions WHERE status = 'resolved')
    ORDER BY condition_id
"""
# A void (0.5/0.5) pays everybody and has no winner; a market that is not known yet is filled in by a later run.
_NAME_WINNERS = """
    UPDATE raw.resolutions AS r
    SET winning_outcome = m.outcomes[list_position(r.payouts, 1.0)], loaded_seq = nextval('raw.load_seq')
    FROM raw.markets AS m
    WHERE m.condition_id = r.condition_id AND r.status = 'resolved' AND r.winning_outcome IS NULL
      AND m.outcomes[list_position(r.payouts, 1.0)] IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionsSummary:
    """What an ingest of resolutions did."""

    asked: int = 0
    change: Change = NO_CHANGE
    quarantined: int = 0


async def ingest_resolutions(
    warehouse: Warehouse,
    api: DataApi,
    pages: PageCollector,
    *,
    landing: Path,
    lag: Instant,
    progress: Progress = silent,
) -> ResolutionsSummary:
    """Ask after every traded condition that has not resolved. Raises: VenueUnavailable, VenueRefusal."""
    with warehouse.connect() as con:
        wanted = [str(row[0]) for row in con.execute(_UNRESOLVED).fetchall()]
    change, quarantined = NO_CHANGE, 0
    for first in range(0, len(wanted), _CONDITIONS_PER_BATCH):
        batch = wanted[first : first + _CONDITIONS_PER_BATCH]
        listing = await api.resolutions(batch)
        land(landing, pages.take())
        with warehouse.connect() as con:
            change += write_resolutions(con, listing.rows, lag=lag)
            quarantined += upsert(con, "raw.quarantine", tables.quarantine(listing.bad)).new
        progress(first + len(batch), len(wanted), "conditions")
    return ResolutionsSummary(asked=len(wanted), change=change, quarantined=quarantined)


def write_resolutions(con: duckdb.DuckDBPyConnection, rows: tuple[ResolutionRow, ...], *, lag: Instant) -> Change:
    """Upsert the statuses that say something, and name winners by their market's outcomes."""
    telling = {(row.condition_id, row.status): row for row in rows if row.status in STATUSES}
    change = upsert(con, "raw.resolutions", tables.resolutions(telling.values(), source=SOURCE, lag=lag))
    con.execute(_NAME_WINNERS)
    return change
