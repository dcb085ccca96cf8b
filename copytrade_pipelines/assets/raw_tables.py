"""What the raw assets have in common: their settings, their metadata, and how expected failures end a step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg

from copytrade_pipelines.column_words import schema_of
from copytrade_pipelines.failures import expected_failures
from copytrade_pipelines.ingest.progress import Progress
from copytrade_pipelines.ingest.upsert import Change
from copytrade_pipelines.plots import of_table
from copytrade_pipelines.pools import VENUE_POOL
from copytrade_pipelines.warehouse import COLUMNS, KEYS, Warehouse

__all__ = ["column_schema", "expected_failures", "logging_progress", "raw_asset", "table_result"]

_RETRIES = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)

Step = Callable[..., dg.MaterializeResult[None]]


def raw_asset(
    name: str,
    *,
    after: Sequence[str],
    description: str,
    pool: str = VENUE_POOL,
    partitions_def: dg.PartitionsDefinition | None = None,
) -> Callable[[Step], dg.AssetsDefinition]:
    """Make a function the asset of table raw.<name>, which is fetched after other raw tables."""
    return dg.asset(
        key=["raw", name],
        deps=[["raw", table] for table in after],
        description=description,
        group_name="raw",
        kinds={"python", "duckdb", "http"},
        owners=["team:copytrade"],
        pool=pool,
        metadata={"dagster/table_name": f"raw.{name}"} if f"raw.{name}" in COLUMNS else None,
        retry_policy=_RETRIES,
        partitions_def=partitions_def,
    )


def logging_progress(context: dg.AssetExecutionContext) -> Progress:
    """Progress as lines of the run's log."""

    def log(done: int, total: int, label: str) -> None:
        context.log.info(f"{done} of {total} {label}")

    return log


def table_result(
    warehouse: Warehouse,
    table: str,
    change: Change,
    *,
    time_column: str | None = "observed_at",
    quarantined: int = 0,
    extra: Mapping[str, int] | None = None,
) -> dg.MaterializeResult[None]:
    """The metadata of a raw table after a change to it."""
    span = f'min("{time_column}"), max("{time_column}")' if time_column else "NULL, NULL"
    with warehouse.connect() as con:
        row = con.execute(f"SELECT count(*), {span} FROM {table}").fetchone()  # noqa: S608 our own table names
        pictures = of_table(con, table)
    rows, first, last = row or (0, None, None)
    metadata: dict[str, Any] = {
        "dagster/row_count": int(rows),
        "dagster/table_name": table,
        "dagster/column_schema": column_schema(table),
        "new_rows": change.new,
        "changed_rows": change.changed,
        "quarantined": quarantined,
        **(extra or {}),
        **pictures(),
    }
    if time_column and first is not None:
        metadata |= {f"earliest_{time_column}": first.isoformat(), f"latest_{time_column}": last.isoformat()}
    return dg.MaterializeResult(metadata=metadata)


def column_schema(table: str) -> dg.TableSchema:
    """A raw table's columns as the Dagster UI shows them."""
    return schema_of(COLUMNS[table], KEYS[table])
