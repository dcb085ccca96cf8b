"""published_scores: the newest scores as an immutable file that the runner reads."""

from typing import TYPE_CHECKING

import dagster as dg

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import Instant
from copytrade_live.errors import SnapshotError
from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.assets.scores import preview
from copytrade_pipelines.publishing import publish_scores
from copytrade_pipelines.quality.expectations import Severity
from copytrade_pipelines.quality.results import store_result
from copytrade_pipelines.quality.suites import SNAPSHOT
from copytrade_pipelines.quality.validate import examine
from copytrade_pipelines.quality.verdict import judge
from copytrade_pipelines.resources import Settings
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

if TYPE_CHECKING:
    import pandas as pd


@dg.asset(
    key=["published_scores"],
    deps=[["trader_scores"]],
    group_name="scores",
    kinds={"python", "parquet"},
    owners=["team:copytrade"],
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec(
            name=SNAPSHOT.name,
            asset="published_scores",
            blocking=True,
            description=f"The file meets the {len(SNAPSHOT.expectations)} demands of its suite before it is published.",
        )
    ],
    pool=WAREHOUSE_POOL,
)
def published_scores(
    context: dg.AssetExecutionContext, settings: Settings, warehouse: Warehouse
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads it, bare
    """Snapshot of the newest trader_scores for the runner: one Parquet file and the pointer that names it."""
    from copytrade_pipelines.scoring.tables import read_latest_scores  # heavy, and definitions load often

    with warehouse.connect() as con:
        rows = read_latest_scores(con, settings.config().scoring.champion)
    if rows.empty:
        raise dg.Failure(
            "trader_scores has no row to publish; the last snapshot stays. Ingest a wallet with a complete history "
            "(raw.wallets.history_complete), then run trader_scores",
            allow_retries=False,
        )
    home = settings.home()
    keep = settings.config().pipelines.keep_snapshots
    checked: list[dg.AssetCheckResult] = []

    def guard(frame: "pd.DataFrame") -> None:
        found = examine(SNAPSHOT, frame)
        store_result(home.quality, found, checked_at=SystemClock().now())
        checked.append(judge(SNAPSHOT, found.rows, found.failures, check_name=SNAPSHOT.name))
        critical = [one for one in found.failures if one.severity is Severity.CRITICAL]
        if critical:
            said = "; ".join(f"{one.expectation}: {one.found}" for one in critical)
            raise SnapshotError(f"the snapshot breaks its contract, so the last one stays: {said}")

    with expected_failures():
        pointer = publish_scores(home, rows, as_of=as_of_rows(rows), run_id=context.run.run_id, keep=keep, guard=guard)
    return dg.MaterializeResult(
        check_results=checked,
        metadata={
            "dagster/row_count": pointer.rows,
            "snapshot_id": pointer.snapshot_id,
            "as_of": dg.MetadataValue.timestamp(pointer.as_of / 1000),
            "sha256": pointer.sha256,
            "score_version": pointer.score_version,
            "path": dg.MetadataValue.path(str(home.published / pointer.file)),
            "best": dg.MetadataValue.md(preview(rows)),
        },
    )


def as_of_rows(rows: "pd.DataFrame") -> Instant:
    """The one as_of of score rows."""
    return int(rows["as_of"].iloc[0].value) // 1_000_000


ASSETS = [published_scores]
