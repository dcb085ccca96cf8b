"""What watches: the gate for the runner, and the runner's journal for new segments."""

from pathlib import Path

import dagster as dg

from copytrade_live.clock import to_iso
from copytrade_live.errors import VenueError
from copytrade_pipelines.gate_facts import PUBLISHED, tick_gate
from copytrade_pipelines.gating import GateDecision
from copytrade_pipelines.ingest.journal import segments_of
from copytrade_pipelines.jobs import ingest_live_journal, rescore_after_copies
from copytrade_pipelines.resources import Settings, VenueResource

TICK_SECONDS = 5
FILLED = b'"OrderFilled"'
# What a person looks for; segments without any of it wait until this many have gathered, so that a quiet runner does
# not keep Dagster busy.
NEWS = (FILLED, b'"SignalCopied"', b'"SignalRejected"', b'"ExitDecided"', b'"PositionSettled"')
QUIET_SEGMENTS = 10


@dg.sensor(
    name="copy_gate_sensor",
    minimum_interval_seconds=TICK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the runner whether it may copy. If this stops, the gate runs out and entries stop.",
)
def copy_gate_sensor(
    context: dg.SensorEvaluationContext, settings: Settings, venue: VenueResource
) -> dg.SensorResult | dg.SkipReason:
    """Write the gate; say so on published_scores when it opens, closes or changes its reasons."""
    repository = context.repository_def
    if repository is None:
        raise dg.DagsterInvariantViolationError("copy_gate_sensor needs its code location to know which checks block")
    try:
        now = venue.hasty().now()
    except VenueError as error:
        return dg.SkipReason(f"The venue's time cannot be read, so the gate is left to run out: {error}")
    decision = tick_gate(context.instance, repository, settings.config(), settings.home(), now)
    said = _said(decision)
    if said == context.cursor:
        return dg.SensorResult(skip_reason=said)
    return dg.SensorResult(skip_reason=said, cursor=said, asset_events=[_observation(decision)])


@dg.sensor(
    name="live_journal_sensor",
    jobs=[ingest_live_journal, rescore_after_copies],
    minimum_interval_seconds=TICK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings new journal segments of the runner into the warehouse, and scores again after new copies.",
)
def live_journal_sensor(context: dg.SensorEvaluationContext, settings: Settings) -> dg.SensorResult | dg.SkipReason:
    """Request one run for all segments that appeared since the cursor."""
    folder = settings.home().export
    fresh = [path for path in segments_of(folder) if path.name > (context.cursor or "")]
    if not fresh:
        return dg.SkipReason(f"No journal segment after {context.cursor or 'the beginning'} in {folder.name}.")
    if len(fresh) < QUIET_SEGMENTS and not any(_has(path, NEWS) for path in fresh):
        return dg.SkipReason(f"{len(fresh)} segments without a decision wait for {QUIET_SEGMENTS}.")
    job = rescore_after_copies if any(_has(path, (FILLED,)) for path in fresh) else ingest_live_journal
    last = fresh[-1].name
    request = dg.RunRequest(run_key=last, job_name=job.name, tags={"copytrade/segment": last})
    return dg.SensorResult(run_requests=[request], cursor=last)


def _said(decision: GateDecision) -> str:
    gate = decision.gate
    return f"open: {gate.snapshot_id}" if gate.is_open else f"closed: {'; '.join(gate.reasons)}"


def _observation(decision: GateDecision) -> dg.AssetObservation:
    gate = decision.gate
    return dg.AssetObservation(
        asset_key=PUBLISHED,
        description=_said(decision),
        metadata={
            "gate_is_open": gate.is_open,
            "gate_reasons": list(gate.reasons),
            "gate_valid_until": to_iso(gate.valid_until),
        },
    )


def _has(path: Path, words: tuple[bytes, ...]) -> bool:
    content = path.read_bytes()
    return any(word in content for word in words)


SENSORS = [copy_gate_sensor, live_journal_sensor]
