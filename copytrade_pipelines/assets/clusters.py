"""intermediate/int_clusters: which wallets look like one hand, as of a time."""

import dagster as dg
from pydantic import Field

from copytrade_live.clock import from_iso
from copytrade_live.errors import ConfigError
from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.column_words import schema_of
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.scoring.names import CLUSTERS
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

PREVIEW_ROWS = 20


class ClusterConfig(dg.Config):
    """As of when to look."""

    as_of: str = Field(default="", description="ISO 8601 time to look as of; empty is the venue's time now.")


@dg.asset(
    key=["intermediate", "int_clusters"],
    deps=[["intermediate", "int_episodes"], ["marts", "fct_fills"]],
    group_name="scores",
    kinds={"python", "duckdb"},
    owners=["team:copytrade"],
    code_version="1",
    metadata={"dagster/table_name": CLUSTERS},
    pool=WAREHOUSE_POOL,
)
def int_clusters(
    config: ClusterConfig, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Wallets that trade in step, or back and forth with each other, joined; a snapshot is kept for every look."""
    # Heavy, and definitions load often.
    from copytrade_pipelines.scoring.cluster_tables import COLUMNS, read_meetings, read_moments, write_clusters
    from copytrade_pipelines.scoring.clusters import find_clusters

    with expected_failures():
        try:
            as_of = from_iso(config.as_of) if config.as_of else venue.now()
        except ValueError as error:
            raise ConfigError(
                f"as_of must be an ISO 8601 time such as 2026-01-31T12:00:00Z, was {config.as_of!r}"
            ) from error
        history = settings.config().scoring.history_days
        with warehouse.connect() as con:
            moments, records = read_moments(con, as_of, history)
            meetings = read_meetings(con, as_of, history)
        found = find_clusters(moments, records, meetings)
        with warehouse.connect() as con:
            rows = write_clusters(con, found, as_of)
    sizes = found.groupby("cluster_id").size().sort_values(ascending=False, kind="stable").head(PREVIEW_ROWS)
    lines = ["| cluster | wallets |", "| --- | --- |", *(f"| {name} | {size} |" for name, size in sizes.items())]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "dagster/table_name": CLUSTERS,
            "dagster/column_schema": schema_of(COLUMNS),
            "as_of": dg.MetadataValue.timestamp(as_of / 1000),
            "wallets_looked_at": len(records),
            "clusters": int(found["cluster_id"].nunique()),
            "wallets_in_clusters": len(found),
            "largest": dg.MetadataValue.md("\n".join(lines)),
        }
    )


ASSETS = [int_clusters]
