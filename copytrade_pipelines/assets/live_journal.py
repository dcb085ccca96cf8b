"""live_journal: what the runner saw, decided and got, read back from its export."""

from typing import Any

import dagster as dg

from copytrade_live.errors import VenueError
from copytrade_pipelines.assets.raw_tables import column_schema, expected_failures
from copytrade_pipelines.ingest.journal import counts_by_outcome, ingest_segments, read_heartbeat
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
    """Every event of the runner's journal, from the segments it closed; the way back of the loop into the warehouse."""
    folder = settings.home().export
    with expected_failures(), warehouse.connect() as con:
        summary = ingest_segments(con, folder)
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
    heartbeat = read_heartbeat(settings.home().export)
    if heartbeat is None:
        return {}
    found: dict[str, Any] = {"mode": heartbeat.mode, "run": heartbeat.run_id}
    try:
        return found | {"heartbeat_age_seconds": (venue.now() - heartbeat.written_at) / 1000.0}
    except VenueError:  # the journal is in; only its age stays unsaid
        return found


ASSETS = [live_journal]
