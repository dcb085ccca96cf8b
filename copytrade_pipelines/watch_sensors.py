"""What keeps watch over Dagster itself: heartbeats, ages, failed runs, runs whose process was killed."""

import json

import dagster as dg

from copytrade_live.errors import VenueError
from copytrade_live.logs import logger
from copytrade_pipelines.failures import why_it_failed
from copytrade_pipelines.freshness import WATCHED
from copytrade_pipelines.gate_facts import PUBLISHED, tick_gate
from copytrade_pipelines.liveness import SWEEP_SECONDS, sweep
from copytrade_pipelines.pulse import feel_venue
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.watch_checks import (
    DAEMONS,
    IS_FRESH,
    RUNNER,
    VENUE,
    age_of,
    daemons_pulse,
    result_of,
    runner_pulse,
)

HEARTBEAT_SECONDS = 30
FRESHNESS_SECONDS = 60
_log = logger("watch")

Findings = dict[dg.AssetCheckKey, dg.AssetCheckResult]


@dg.sensor(
    name="heartbeat_sensor",
    minimum_interval_seconds=HEARTBEAT_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Feels the pulse of runner, daemons and venue; a change becomes a new result of its check.",
)
def heartbeat_sensor(context: dg.SensorEvaluationContext, settings: Settings, venue: VenueResource) -> dg.SensorResult:
    """Record each pulse that changed since the cursor."""
    return _changes(
        context,
        {
            RUNNER: result_of(runner_pulse(settings, venue)),
            DAEMONS: result_of(daemons_pulse(context.instance)),
            VENUE: result_of(feel_venue(venue)),
        },
    )


@dg.sensor(
    name="freshness_sensor",
    minimum_interval_seconds=FRESHNESS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks how old the watched assets are; a change becomes a new result of the asset's is_fresh check.",
)
def freshness_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Record each age that changed its side since the cursor. What was never made is not missed yet."""
    ages = {dg.AssetCheckKey(key, IS_FRESH): age_of(context.instance, key) for key in WATCHED}
    return _changes(context, {key: result_of(age) for key, age in ages.items() if age.seconds is not None})


@dg.run_failure_sensor(
    name="run_failed_sensor",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Says in one line why a run failed; if it was to publish scores, closes the gate at once.",
)
def run_failed_sensor(context: dg.RunFailureSensorContext, settings: Settings, venue: VenueResource) -> dg.SkipReason:
    """Say why; close the gate without waiting for its next tick."""
    run, repository = context.dagster_run, context.repository_def
    said = f"run {run.run_id} of {run.job_name} failed: {why_it_failed(context.instance, run.run_id)}"
    context.log.error(said)
    _log.error(said)
    if repository is None or PUBLISHED not in (run.asset_selection or _made_by(repository, run.job_name)):
        return dg.SkipReason(said)
    try:
        decision = tick_gate(context.instance, repository, settings.config(), settings.home(), venue.hasty().now())
    except VenueError as error:
        return dg.SkipReason(f"{said}; the venue's time cannot be read, so the gate is left to run out: {error}")
    return dg.SkipReason(f"{said}; the gate is {'open' if decision.gate.is_open else 'closed'}")


@dg.sensor(
    name="janitor_sensor",
    minimum_interval_seconds=round(SWEEP_SECONDS),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed whose process was killed, and frees the pool slots they held.",
)
def janitor_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Sweep up after runs that died."""
    return dg.SkipReason(str(sweep(context.instance)) or "Every run has its process.")


def _changes(context: dg.SensorEvaluationContext, found: Findings) -> dg.SensorResult:
    before: dict[str, bool] = json.loads(context.cursor or "{}")
    now = {key.to_user_string(): result.passed for key, result in found.items()}
    events = [
        dg.AssetCheckEvaluation(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=result.passed,
            severity=result.severity,
            description=result.description,
            metadata=result.metadata,
        )
        for key, result in found.items()
        if before.get(key.to_user_string()) != result.passed
    ]
    wrong = [f"{key.to_user_string()}: {result.description}" for key, result in found.items() if not result.passed]
    return dg.SensorResult(
        skip_reason="; ".join(wrong) or "All is well.", cursor=json.dumps(before | now), asset_events=events
    )


def _made_by(repository: dg.RepositoryDefinition, job_name: str) -> set[dg.AssetKey]:
    return set(repository.get_job(job_name).asset_layer.selected_asset_keys) if repository.has_job(job_name) else set()


WATCH_SENSORS = [heartbeat_sensor, freshness_sensor, run_failed_sensor, janitor_sensor]
