"""The events that traded markets belong to, asked again until they close."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.market import Instant
from copytrade_live.venue.gamma import EVENTS_PER_REQUEST, GammaApi
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

_EVENTS_PER_BATCH = EVENTS_PER_REQUEST * 10
# A market outside any event carries its condition id as its event's.
_OPEN_EVENTS = """
    SELECT DISTINCT event_id FROM raw.markets
    WHERE event_id != condition_id AND event_id NOT LIKE '0x%'
      AND event_id NOT IN (SELECT event_id FROM raw.events WHERE closed)
    ORDER BY event_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsSummary:
    """What an ingest of events did; unknown are events gamma does not know."""

    asked: int = 0
    change: Change = NO_CHANGE
    unknown: int = 0
    quarantined: int = 0


async def ingest_events(
    warehouse: Warehouse,
    api: GammaApi,
    pages: PageCollector,
    *,
    landing: Path,
    lag: Instant,
    progress: Progress = silent,
) -> EventsSummary:
    """Fetch the event of every known market until it is over. Raises: VenueUnavailable, VenueRefusal."""
    with warehouse.connect() as con:
        wanted = [str(row[0]) for row in con.execute(_OPEN_EVENTS).fetchall()]
    change, unknown, quarantined = NO_CHANGE, 0, 0
    for first in range(0, len(wanted), _EVENTS_PER_BATCH):
        batch = wanted[first : first + _EVENTS_PER_BATCH]
        listing = await api.events(batch)
        land(landing, pages.take())
        with warehouse.connect() as con:
            change += upsert(con, "raw.events", tables.events(listing.rows, lag=lag))
            quarantined += upsert(con, "raw.quarantine", tables.quarantine(listing.bad)).new
        unknown += len(batch) - len(listing.rows)
        progress(first + len(batch), len(wanted), "events")
    return EventsSummary(asked=len(wanted), change=change, unknown=unknown, quarantined=quarantined)
