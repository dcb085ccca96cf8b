"""Forgets old runs, so that Dagster's own storage stays small. The events that stand for today's tables stay."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_START_TAG, PARTITION_NAME_TAG
from pydantic import Field

from copytrade_live.clock import SystemClock, to_iso
from copytrade_live.core.market import DAY, Instant
from copytrade_pipelines.resources import Settings
from copytrade_pipelines.run_tags import KIND_TAG

AS_CONFIGURED = 0
_PARTITION_TAGS = (PARTITION_NAME_TAG, ASSET_PARTITION_RANGE_START_TAG)


class PruneConfig(dg.Config):
    """What to forget."""

    days: int = Field(
        default=AS_CONFIGURED, ge=0, description="Forget runs older than this, days; 0 is pipelines.keep_runs_days."
    )
    at_most: int = Field(default=2000, ge=1, description="Runs to forget in one go.")


def prune(instance: dg.DagsterInstance, before: Instant, at_most: int) -> list[str]:
    """Delete finished runs that ended before then, oldest first, but those that last made an asset or a partition."""
    wanted = dg.RunsFilter(statuses=FINISHED_STATUSES, updated_before=datetime.fromtimestamp(before / 1000, tz=UTC))
    runs = instance.get_run_records(wanted, limit=at_most, ascending=True)
    makers = _last_makers(instance)
    old = [record.dagster_run.run_id for record in runs if not _is_needed(record.dagster_run, makers)]
    for run_id in old:
        instance.delete_run(run_id)
        _delete_log_file(instance, run_id)
    return old


@dg.op(description="Delete finished runs and their logs, but those that last made an asset or a partition.")
def prune_runs(context: dg.OpExecutionContext, config: PruneConfig, settings: Settings) -> None:
    """Forget runs that are older than configured."""
    days = config.days or settings.config().pipelines.keep_runs_days
    before = SystemClock().now() - days * DAY
    old = prune(context.instance, before, config.at_most)
    context.log.info(f"forgot {len(old)} runs that ended before {to_iso(before)}")
    context.add_output_metadata({"forgotten_runs": len(old), "before": to_iso(before)})


@dg.job(
    description="Forget runs older than pipelines.keep_runs_days, and their logs.",
    tags={KIND_TAG: "housekeeping"},
    config=dg.RunConfig(ops={"prune_runs": PruneConfig()}),
)
def prune_old_runs() -> None:
    """One op."""
    prune_runs()


def _is_needed(run: dg.DagsterRun, last_makers: frozenset[str]) -> bool:
    # Which partitions are made is known from the events of the runs that made them.
    return run.run_id in last_makers or any(tag in run.tags for tag in _PARTITION_TAGS)


def _last_makers(instance: dg.DagsterInstance) -> frozenset[str]:
    entries = (record.asset_entry for record in instance.get_asset_records())
    made = (entry.last_materialization_record for entry in entries)
    return frozenset(record.run_id for record in made if record is not None)


def _delete_log_file(instance: dg.DagsterInstance, run_id: str) -> None:
    # Dagster's SQLite storage keeps one file a run, and leaves it when the run is deleted.
    for path in _files(Path(instance.root_directory) / "history" / "runs", run_id):
        path.unlink(missing_ok=True)


def _files(folder: Path, run_id: str) -> Iterable[Path]:
    return (folder / f"{run_id}.db{suffix}" for suffix in ("", "-shm", "-wal", "-journal"))
