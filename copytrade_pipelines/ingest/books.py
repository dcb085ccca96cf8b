"""Order books of open markets that leaders touched lately."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from copytrade_live.venue.clob import SOURCE, ClobApi
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.landing import PageCollector, land
from copytrade_pipelines.ingest.upsert import Change, upsert
from copytrade_pipelines.warehouse import Warehouse

TOUCHED_DAYS = 7
# Lately is measured from the last fill we know, so that the choice is a function of the tables.
_OPEN_TOKENS = """
    SELECT DISTINCT f.token_id, f.condition_id
    FROM raw.fills AS f JOIN raw.markets AS m USING (condition_id)
    WHERE NOT m.closed AND m.accepting_orders
      AND f.event_at >= (SELECT max(event_at) FROM raw.fills) - to_days(?)
    ORDER BY f.token_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksSummary:
    """What a capture of books did."""

    asked: int
    change: Change
    quarantined: int


async def ingest_books(warehouse: Warehouse, api: ClobApi, pages: PageCollector, *, landing: Path) -> BooksSummary:
    """Capture one book per token. Raises: VenueUnavailable, VenueRefusal."""
    with warehouse.connect() as con:
        conditions = {
            str(token): str(condition) for token, condition in con.execute(_OPEN_TOKENS, [TOUCHED_DAYS]).fetchall()
        }
    listing = await api.books(conditions)
    land(landing, pages.take())
    books = [(conditions.get(book.token_id, condition), book) for condition, book in listing.rows]
    with warehouse.connect() as con:
        change = upsert(con, "raw.books", tables.books(books, source=SOURCE))
        bad = upsert(con, "raw.quarantine", tables.quarantine(listing.bad)).new
    return BooksSummary(asked=len(conditions), change=change, quarantined=bad)
