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
from copytrade_pipelines.ingest.markets import TOUCHED_CONDITIONS
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

# A condition that was only asked (initialized, posed) says nothing yet.
STATUSES = frozenset({"proposed", "disputed", "resolved"})
_CONDITIONS_PER_BATCH = CONDITIONS_PER_REQUEST * 25
# The data API shows only where a condition stands; gamma lists what it went through. A state that nobody saw in time is
# known no later than the next one that was, and where nothing came after it, from now on.
_FILL_IN = """
    INSERT INTO raw.resolutions BY NAME
    SELECT m.condition_id, seen.status, NULL AS payouts, NULL AS winning_outcome, NULL AS resolved_at,
        coalesce(min(later.known_at), epoch_ms(CAST($now AS BIGINT))) AS known_at,
        seen.status = 'disputed' AS was_disputed, 'gamma' AS source
    FROM raw.markets AS m, (VALUES ('proposed', 1), ('disputed', 2)) AS seen(status, place)
    LEFT JOIN raw.resolutions AS later
      ON later.condition_id = m.condition_id
      AND (later.status = 'resolved' OR (later.status = 'disputed' AND seen.place = 1))
    WHERE list_contains(m.uma_statuses, seen.status)
      AND NOT EXISTS (
          FROM raw.resolutions AS old WHERE old.condition_id = m.condition_id AND old.status = seen.status
      )
    GROUP BY m.condition_id, seen.status
"""
# A payout that only gamma shows: its prices are exactly what each outcome paid.
_FILL_IN_PAYOUTS = """
    INSERT INTO raw.resolutions BY NAME
    SELECT m.condition_id, 'resolved' AS status, m.outcome_prices AS payouts, NULL AS winning_outcome,
        m.uma_end_at AS resolved_at,
        coalesce(m.uma_end_at + to_milliseconds($lag), epoch_ms(CAST($now AS BIGINT))) AS known_at,
        list_contains(m.uma_statuses, 'disputed') AS was_disputed, 'gamma' AS source
    FROM raw.markets AS m
    WHERE m.closed AND m.uma_statuses[-1] = 'resolved' AND list_sum(m.outcome_prices) = 1.0
      AND (list_contains(m.outcome_prices, 1.0) OR len(list_distinct(m.outcome_prices)) = 1)
      AND NOT EXISTS (
          FROM raw.resolutions AS old WHERE old.condition_id = m.condition_id AND old.status = 'resolved'
      )
"""
_UNRESOLVED = f"""
    SELECT DISTINCT condition_id FROM ({TOUCHED_CONDITIONS})
    WHERE condition_id NOT IN (SELECT condition_id FROM raw.resolutions WHERE status = 'resolved' AND source != 'gamma')
    ORDER BY condition_id
"""  # noqa: S608 our own text
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
    from_gamma: int = 0


async def ingest_resolutions(
    warehouse: Warehouse,
    api: DataApi,
    pages: PageCollector,
    *,
    landing: Path,
    lag: Instant,
    now: Instant,
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
    with warehouse.connect() as con:
        from_gamma = fill_in_from_gamma(con, lag=lag, now=now)
    change += Change(new=from_gamma)
    return ResolutionsSummary(asked=len(wanted), change=change, quarantined=quarantined, from_gamma=from_gamma)


def fill_in_from_gamma(con: duckdb.DuckDBPyConnection, *, lag: Instant, now: Instant) -> int:
    """Add the states that only gamma shows. Returns: how many."""
    payouts = con.execute(_FILL_IN_PAYOUTS, {"lag": lag, "now": now}).fetchone()
    states = con.execute(_FILL_IN, {"now": now}).fetchone()
    con.execute(_NAME_WINNERS)
    return sum(int(row[0]) for row in (payouts, states) if row)


def write_resolutions(con: duckdb.DuckDBPyConnection, rows: tuple[ResolutionRow, ...], *, lag: Instant) -> Change:
    """Upsert the statuses that say something, and name winners by their market's outcomes."""
    telling = {(row.condition_id, row.status): row for row in rows if row.status in STATUSES}
    change = upsert(con, "raw.resolutions", tables.resolutions(telling.values(), source=SOURCE, lag=lag))
    con.execute(_NAME_WINNERS)
    return change
