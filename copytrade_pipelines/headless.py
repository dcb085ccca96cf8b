"""Runs Dagster jobs in this process on the home's own instance, quietly: progress, row counts and failures only."""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from dagster._core.utils import make_new_run_id

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import CopytradeError
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.definitions import build
from copytrade_pipelines.failures import failures_in, step_name
from copytrade_pipelines.instance import prepare_instance
from copytrade_pipelines.liveness import sweep, sweeping
from copytrade_pipelines.run_tags import COMMAND_LINE, TRIGGER_TAG, tags_of_run

LOGGER = "headless"
ROW_COUNT = "dagster/row_count"
_NEWS_SECONDS = 1.0


class PipelineFailed(CopytradeError):
    """A run failed; the message holds each failure in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run left: rows of each table it made, and everything Dagster recorded of it."""

    run_id: str
    rows: Mapping[str, int]
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Display(Protocol):
    """Shows how far a run has come. Used as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *details: object) -> None: ...

    def begin(self, total: int) -> None:
        """Total steps are to be done."""
        ...

    def tell(self, text: str) -> None:
        """News of the step that runs."""
        ...

    def advance(self, text: str) -> None:
        """One more step is done."""
        ...


class Location:
    """The code location of one config and home, on the home's instance."""

    def __init__(self, config: CopytradeConfig, home: Home) -> None:
        self.config = config
        self.home = home
        self.instance = prepare_instance(home)
        sweep(self.instance)
        self._watcher = _Watcher()
        self.definitions = dg.Definitions.merge(
            build(config, home), dg.Definitions(loggers={LOGGER: _logger(self._watcher)})
        )

    def run_job(
        self, name: str, ops: Mapping[str, Any] | None = None, partitions: tuple[str, str] | None = None
    ) -> Outcome:
        """Run a job that a person could launch from the UI, of some partitions from first to last if it has any.

        Raises: PipelineFailed.
        """
        chosen = dict(
            zip((ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG), partitions or (), strict=False)
        )
        return self._run(self.definitions.resolve_job_def(name), ops or {}, chosen)

    def materialize(self, keys: Sequence[dg.AssetKey], ops: Mapping[str, Any] | None = None) -> Outcome:
        """Make some assets, in order, with their checks. Raises: PipelineFailed."""
        everything = self.definitions.resolve_implicit_global_asset_job_def()
        return self._run(everything.get_subset(asset_selection=set(keys)), ops or {})

    def _run(
        self, job: dg.JobDefinition, ops: Mapping[str, Any], more_tags: Mapping[str, str] | None = None
    ) -> Outcome:
        run_config = {"ops": dict(ops), "loggers": {LOGGER: {}}}
        run_id = make_new_run_id()
        tags = tags_of_run(self.instance, run_id, self.config.decision().digest(), {}) | {TRIGGER_TAG: COMMAND_LINE}
        tags |= more_tags or {}
        with display() as shown, sweeping(self.instance):
            shown.begin(len(job.nodes))
            self._watcher.display = shown
            result = job.execute_in_process(
                run_config=run_config, instance=self.instance, raise_on_error=False, run_id=run_id, tags=tags
            )
        if not result.success:
            raise PipelineFailed("\n".join([*failures_in(result.all_events), f"run {result.run_id} failed"]))
        return _outcome(result)


class _Watcher(logging.Handler):
    """Hears what Dagster logs of a run and passes on what people want to know."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.display: Display | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.display is None:
            return
        event: dg.DagsterEvent | None = getattr(record, "dagster_event", None)
        meta: Mapping[str, Any] = getattr(record, "dagster_meta", {})
        # Errors come again, whole, when the run has failed.
        if event is None and logging.INFO <= record.levelno < logging.ERROR:
            step, text = meta.get("step_key") or "", meta.get("orig_message") or record.getMessage()
            self.display.tell(f"{step_name(step)}: {text}")
        elif event is None:
            return
        elif event.event_type is dg.DagsterEventType.STEP_START:
            self.display.tell(step_name(event.step_key or ""))
        elif event.event_type is dg.DagsterEventType.STEP_UP_FOR_RETRY:
            self.display.tell(f"{step_name(event.step_key or '')}: failed, will try again soon")
        elif event.event_type is dg.DagsterEventType.STEP_SUCCESS:
            self.display.advance(step_name(event.step_key or ""))


class _Bar:
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._progress.__exit__(*details)

    def begin(self, total: int) -> None:
        self._progress.update(self._task, total=total)

    def tell(self, text: str) -> None:
        self._progress.update(self._task, description=text[:100].replace("[", r"\["))

    def advance(self, text: str) -> None:
        self._progress.update(self._task, advance=1)


class _Lines:
    """Plain lines, at most about one a second, for files and other programs."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._said_at: Instant = 0
        self._done = self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        return

    def begin(self, total: int) -> None:
        self._total = total

    def tell(self, text: str) -> None:
        now = self._clock.now()
        if now - self._said_at >= _NEWS_SECONDS * SECOND:
            self._said_at = now
            print(f"[{self._done}/{self._total}] {text}", file=sys.stderr, flush=True)

    def advance(self, text: str) -> None:
        self._done += 1
        self.tell(f"{text} done")


def display() -> Display:
    """A bar where someone watches, lines where not; on the error stream, so that --json stays one document."""
    return _Bar() if sys.stderr.isatty() else _Lines()


def _logger(handler: logging.Handler) -> dg.LoggerDefinition:
    def make(context: dg.InitLoggerContext) -> logging.Logger:
        made = logging.Logger(LOGGER, level=logging.DEBUG)
        made.addHandler(handler)
        return made

    return dg.LoggerDefinition(make, description="Progress for the command line.")


def _outcome(result: dg.ExecuteInProcessResult) -> Outcome:
    rows: dict[str, int] = {}
    metadata: dict[str, Mapping[str, Any]] = {}
    for event in result.all_events:
        if event.event_type is not dg.DagsterEventType.ASSET_MATERIALIZATION:
            continue
        made = event.step_materialization_data.materialization
        values: dict[str, Any] = {name: _plain(value) for name, value in made.metadata.items()}
        key = made.asset_key.to_user_string()
        metadata[key] = values
        rows[key] = int(values.get(ROW_COUNT, 0))
    return Outcome(run_id=result.run_id, rows=rows, metadata=metadata)


def _plain(value: dg.MetadataValue[Any]) -> Any:
    if isinstance(value, dg.TableMetadataValue):
        return [dict(record.data) for record in value.records]
    return value.value
