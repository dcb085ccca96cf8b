"""Who is alive: the runner by its heartbeat, Dagster's daemons by theirs, the venue by an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_live.errors import VenueError
from copytrade_live.venue.clob import ClobApi
from copytrade_pipelines.ingest.journal import Heartbeat
from copytrade_pipelines.resources import VenueResource, run_closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Whether something is alive, and a line that says so. silence_seconds is None when it was never heard."""

    is_alive: bool
    said: str
    silence_seconds: float | None = None


# A runner that was not heard for so long while another one was is no longer wanted.
RETIRED: Instant = DAY


def feel_pulse(heartbeats: Sequence[Heartbeat], now: Instant, max_silence_seconds: float) -> Pulse:
    """Judge the runners' heartbeats, newest first: the most silent of those still in use counts."""
    if not heartbeats:
        return Pulse(is_alive=False, said="no heartbeat can be read; no runner has run on this folder yet")
    heartbeat = [one for one in heartbeats if heartbeats[0].written_at - one.written_at <= RETIRED][-1]
    silence = (now - heartbeat.written_at) / SECOND
    run = f"{heartbeat.mode} run {heartbeat.run_id}"
    if silence > max_silence_seconds:
        said = f"{run} has been silent for {silence:.0f} s, allowed are {max_silence_seconds:.0f} s; is it still up?"
        return Pulse(is_alive=False, said=said, silence_seconds=silence)
    return Pulse(is_alive=True, said=f"{run} was heard {silence:.0f} s ago", silence_seconds=silence)


def feel_daemons(healthy: Mapping[str, bool | None]) -> Pulse:
    """Judge Dagster's daemons by whether each is healthy; None is one that has never run."""
    silent = sorted(name for name, is_healthy in healthy.items() if not is_healthy)
    if silent:
        names = ", ".join(name.lower() for name in silent)
        return Pulse(is_alive=False, said=f"not heard lately: {names}; is dagster-daemon up? (copytrade up starts it)")
    return Pulse(is_alive=True, said=f"all {len(healthy)} daemons were heard lately")


def feel_venue(venue: VenueResource) -> Pulse:
    """Ask the venue for its time, once."""
    try:
        run_closing(venue.hasty().clob, ClobApi.time)
    except VenueError as error:
        return Pulse(is_alive=False, said=f"{venue.config().clob_url} does not answer: {error}")
    return Pulse(is_alive=True, said=f"{venue.config().clob_url} answers")
