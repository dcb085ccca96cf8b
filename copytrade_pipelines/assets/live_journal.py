"""live_journal: what the runners saw, decided and got, read back from their exports."""

from typing import Any

import dagster as dg

from copytrade_live.errors import VenueError
from copytrade_pipelines.assets.raw_tables import column_schema, expected_failures
from copytrade_pipelines.ingest.journal import JournalSummary, counts_by_outcome, heartbeats_of, ingest_segments
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

TABLE = "raw.journal"


@dg.asset(
    key=["live_journal"],
    group_name="live",
    kinds={"python", "duckdb", "json"},
    owners=["team:copytrade"],
    code_version="1",
    metadata={"dagster/table_name": TABLE},
    pool=WAREHOUSE_POOL,
)
def live_journal(settings: Settings, venue: VenueResource, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Every event of the runners' journals, paper's and that of real money, told apart by mode; from closed segments.

    It is the way back of the loop into the warehouse.
    """
    summary = JournalSummary()
    with expected_failures(), warehouse.connect() as con:
        for home in settings.home().both():
            summary += ingest_segments(con, home.export)
        counts = counts_by_outcome(con)
        ((total,),) = con.execute(f"select count(*) from {TABLE}").fetchall()  # noqa: S608 - a constant of ours
    metadata: dict[str, Any] = {
        "dagster/row_count": int(total),
        "dagster/table_name": TABLE,
        "dagster/column_schema": column_schema(TABLE),
        "new_rows": summary.change.new,
        "new_segments": summary.segments,
        "new_books": summary.books.new,
        "quarantined": summary.quarantined,
        "decisions": dg.MetadataValue.json(counts),
    }
    return dg.MaterializeResult(metadata=metadata | _sign_of_life(settings, venue))


def _sign_of_life(settings: Settings, venue: VenueResource) -> dict[str, Any]:
    heartbeats = heartbeats_of(settings.home())
    if not heartbeats:
        return {}
    heartbeat = heartbeats[0]
    found: dict[str, Any] = {"mode": heartbeat.mode, "run": heartbeat.run_id}
    try:
        return found | {"heartbeat_age_seconds": (venue.now() - heartbeat.written_at) / 1000.0}
    except VenueError:  # the journal is in; only its age stays unsaid
        return found


ASSETS = [live_journal]
