"""Checks of life and age. They never block: sensors ask them all the time, and note each change as an event."""

import dagster as dg

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import VenueError
from copytrade_pipelines.freshness import WATCHED, Age, judge_age
from copytrade_pipelines.ingest.journal import heartbeats_of
from copytrade_pipelines.pulse import Pulse, feel_daemons, feel_pulse, feel_venue
from copytrade_pipelines.resources import Settings, VenueResource

IS_FRESH = "is_fresh"
RUNNER = dg.AssetCheckKey(dg.AssetKey(["live_journal"]), "runner_is_heard")
DAEMONS = dg.AssetCheckKey(dg.AssetKey(["published_scores"]), "daemons_are_heard")
VENUE = dg.AssetCheckKey(dg.AssetKey(["raw", "wallets"]), "venue_answers")


def runner_pulse(settings: Settings, venue: VenueResource) -> Pulse:
    """Whether the runners exported a heartbeat lately, by the venue's time."""
    try:
        limit = settings.config().pipelines.max_runner_silence_seconds
        return feel_pulse(heartbeats_of(settings.home()), venue.hasty().now(), limit)
    except VenueError as error:  # a sandbox whose clock counts may be gone before its runner
        return Pulse(is_alive=False, said=f"the venue's clock cannot be read: {error}")


def daemons_pulse(instance: dg.DagsterInstance) -> Pulse:
    """Whether every daemon that this instance needs was heard lately."""
    statuses = instance.get_daemon_statuses()
    return feel_daemons({name: status.healthy for name, status in statuses.items() if status.required})


def age_of(instance: dg.DagsterInstance, key: dg.AssetKey) -> Age:
    """How old a watched asset is by the last time that it was made."""
    return judge_age(made_at(instance, key), SystemClock().now(), WATCHED[key])


def made_at(instance: dg.DagsterInstance, key: dg.AssetKey) -> Instant | None:
    """When an asset was last made, None for never."""
    event = instance.get_latest_materialization_event(key)
    return None if event is None else round(event.timestamp * SECOND)


def result_of(found: Pulse | Age) -> dg.AssetCheckResult:
    """A pulse or an age as the result of a check: a warning at most."""
    seconds = found.silence_seconds if isinstance(found, Pulse) else found.seconds
    return dg.AssetCheckResult(
        passed=found.is_alive if isinstance(found, Pulse) else found.is_fresh,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.said,
        metadata={} if seconds is None else {"seconds": seconds},
    )


@dg.asset_check(
    asset=RUNNER.asset_key,
    description="The live runner exported a heartbeat lately. A silent runner copies nothing and reports nothing.",
)
def runner_is_heard(settings: Settings, venue: VenueResource) -> dg.AssetCheckResult:
    """Warn when the live runner has been silent for too long."""
    return result_of(runner_pulse(settings, venue))


@dg.asset_check(
    asset=DAEMONS.asset_key,
    description="Schedules, sensors, the run queue and backfills are at work. Without them scores grow stale.",
)
def daemons_are_heard(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Warn when one of Dagster's daemons has been silent."""
    return result_of(daemons_pulse(context.instance))


@dg.asset_check(
    asset=VENUE.asset_key,
    description="The venue answers. While it does not, nothing can be fetched, and the gate is left to run out.",
)
def venue_answers(venue: VenueResource) -> dg.AssetCheckResult:
    """Warn when the venue does not tell its time."""
    return result_of(feel_venue(venue))


def _freshness_check(key: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key, name=IS_FRESH, description="It was made as lately as its schedule means it to be.")
    def is_fresh(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return result_of(age_of(context.instance, key))

    return is_fresh


WATCH_CHECKS = [runner_is_heard, daemons_are_heard, venue_answers, *(_freshness_check(key) for key in WATCHED)]
# Jobs leave them out: just after a run they have nothing to say.
WATCHES = dg.AssetSelection.checks(RUNNER, DAEMONS, VENUE, *(dg.AssetCheckKey(key, IS_FRESH) for key in WATCHED))
