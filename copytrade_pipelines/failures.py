"""A failed step or run in one line: what failed, which, and what to do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import duckdb

from copytrade_live.errors import (
    ConfigError,
    CopytradeError,
    InputFileError,
    PayloadError,
    SnapshotError,
    SqlModelError,
    VenueRefusal,
    VenueUnavailable,
    WarehouseError,
)

# The same request would fail again; an unreachable venue or a busy moment may pass.
_FINAL = (ConfigError, InputFileError, VenueRefusal, WarehouseError, SqlModelError)
_NEXT: tuple[tuple[type[CopytradeError], str], ...] = (
    (VenueUnavailable, "when the venue answers again, re-execute the run from failure: what was fetched is kept"),
    (VenueRefusal, "asking again is refused again; the message says which request the venue did not take"),
    (PayloadError, "the venue changed what it sends; see the page in landing/ and the parser the message names"),
    (ConfigError, "mend the setting that the message names, then launch again"),
    (InputFileError, "mend or replace the file that the message names, then launch again"),
    (WarehouseError, "do what the message says about the file, then re-execute the run from failure"),
    (SqlModelError, "mend the model that the message names; copytrade sql render shows what it runs"),
    (SnapshotError, "the last snapshot stays in use; run trader_scores and published_scores again"),
)
_NOT_BUILT = "materialise what is upstream of it first; refresh_scores makes everything"
_LINE = 240
_CHECK_FAILED = "DagsterAssetCheckFailedError"
_EVENTS = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.RUN_FAILURE,
}


@contextmanager
def expected_failures() -> Iterator[None]:
    """End the step with the message of an expected failure, retrying only where that can help."""
    try:
        yield
    except duckdb.CatalogException as error:
        said = f"a table that this step reads is not there: {str(error).splitlines()[0]}"
        raise dg.Failure(
            description=said, metadata={"failed": said, "next": _NOT_BUILT}, allow_retries=False
        ) from error
    except CopytradeError as error:
        said, is_final = f"{type(error).__name__}: {error}", isinstance(error, _FINAL)
        raise dg.Failure(
            description=said,
            metadata={"failed": said, "next": next_step(error), "is_tried_again": not is_final},
            allow_retries=not is_final,
        ) from None


def next_step(error: CopytradeError) -> str:
    """What a person does about an expected failure."""
    return next((word for kind, word in _NEXT if isinstance(error, kind)), "do what the message says, then rerun")


def failures_in(events: Sequence[dg.DagsterEvent]) -> list[str]:
    """A line for each step and blocking check of a run that failed."""
    return [line for event in events if (line := _line(event)) is not None]


def why_it_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """One line about a run that failed: its first failed step or check, or what Dagster says of the run."""
    entries = instance.all_logs(run_id, of_type=_EVENTS)
    events = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
    lines = failures_in(events)
    ends = [event.message or "" for event in events if event.event_type is dg.DagsterEventType.RUN_FAILURE]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return _short((lines or ends or ["no event says why"])[0]) + more


def step_name(step_key: str) -> str:
    """A step as people know it: its table."""
    return step_key.replace("__", ".")


def _line(event: dg.DagsterEvent) -> str | None:
    if event.event_type is dg.DagsterEventType.STEP_FAILURE:
        data = event.step_failure_data
        if data.error is not None and data.error.cls_name == _CHECK_FAILED:
            return None  # the check has a line of its own
        said = data.user_failure_data.description if data.user_failure_data else None
        error = data.error.message.strip().splitlines()[0] if data.error else "failed"
        return f"{step_name(event.step_key or '')}: {said or error}"
    if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        check = event.asset_check_evaluation_data
        if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
            return f"check {check.check_name} of {check.asset_key.to_user_string()} failed"
    return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
