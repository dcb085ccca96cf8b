"""What watches: the gate for the runners, and the runners' journals for new segments."""

import json
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
# In the order in which a home names its folders.
MODES = ("paper", "live")


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
    description="Brings new journal segments of both runners, paper and live, in, and scores again after new copies.",
)
def live_journal_sensor(context: dg.SensorEvaluationContext, settings: Settings) -> dg.SensorResult | dg.SkipReason:
    """Request one run for all segments that appeared since the cursor, which names the last of each runner's."""
    seen = read_cursor(context.cursor)
    fresh, last = [], dict(seen)
    for mode, home in zip(MODES, settings.home().both(), strict=True):
        found = [path for path in segments_of(home.export) if path.name > seen.get(mode, "")]
        fresh += found
        last |= {mode: found[-1].name} if found else {}
    if not fresh:
        after = ", ".join(f"{mode} {name}" for mode, name in seen.items()) or "the beginning"
        return dg.SkipReason(f"No journal segment after {after}.")
    if len(fresh) < QUIET_SEGMENTS and not any(_has(path, NEWS) for path in fresh):
        return dg.SkipReason(f"{len(fresh)} segments without a decision wait for {QUIET_SEGMENTS}.")
    job = rescore_after_copies if any(_has(path, (FILLED,)) for path in fresh) else ingest_live_journal
    cursor = json.dumps(last, sort_keys=True)
    request = dg.RunRequest(run_key=cursor, job_name=job.name, tags={"copytrade/segment": fresh[-1].name})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def read_cursor(cursor: str | None) -> dict[str, str]:
    """The last segment seen of each mode. Cursors of older versions name paper's alone."""
    if not cursor:
        return {}
    return dict(json.loads(cursor)) if cursor.startswith("{") else {MODES[0]: cursor}


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
