"""Whether copying is on, in a word that is never better than what speaks against it: for the pages and for status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, cast

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.score import Gate, ScoreSnapshot
from copytrade_live.core.state import State
from copytrade_live.output import counted, span_text
from copytrade_live.runtime_file import Runtime
from copytrade_live.session_record import WARN_DAYS
from copytrade_live.situation import Blocker, halts
from copytrade_live.visible import visible

# A gate that nobody renews is told of at half of its time, scores at this share of their greatest age, like alerts.
_GATE_LEFT, _SCORES_OLD = 0.5, 0.75


class Level(StrEnum):
    """How good a word is."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Copying(StrEnum):
    """Whether the next good signal would be copied. The value is the wire form; label is for people."""

    label: str
    level: Level

    def __new__(cls, value: str, label: str, level: Level) -> Self:
        """One word with all that belongs to it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.level = label, level
        return member

    ON = "on", "Copying", Level.GOOD
    DEGRADED = "degraded", "Copying, degraded", Level.WARN
    OFF = "off", "Not copying", Level.WARN
    HALTED = "halted", "Halted", Level.BAD
    STOPPED = "stopped", "All stopped", Level.BAD
    NO_RUNNER = "no_runner", "Runner down", Level.BAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The word, and what is late, fails or soon ends; with any of that the word is no better than degraded."""

    copying: Copying
    concerns: tuple[str, ...]


def headline(
    state: State,
    config: DecisionConfig,
    runtime: Runtime | None,
    now: Instant,
    *,
    stopped: Sequence[Blocker],
    problem: str = "",
) -> Headline:
    """How things stand. stopped: the blockers of that moment; problem: why state may be an old one."""
    told = runtime.told if runtime is not None and runtime.is_alive else None
    found = tuple(_concerns(state, config, told or {}, now, problem))
    if told is None:
        copying = Copying.NO_RUNNER
    elif state.standing.is_stopped:
        copying = Copying.STOPPED
    elif halts(state):
        copying = Copying.HALTED
    elif stopped:
        copying = Copying.OFF
    else:
        copying = Copying.DEGRADED if found else Copying.ON
    return Headline(copying=copying, concerns=found)


def _concerns(
    state: State, config: DecisionConfig, told: Mapping[str, object], now: Instant, problem: str
) -> Iterator[str]:
    if problem:
        yield f"what is shown may be old: {visible(problem)}"
    yield from (visible(str(one)) for one in cast("list[object]", told.get("not_ready") or []))
    yield from (f"{part} fails: {visible(str(why))}" for part, why in _mapping(told.get("failing")).items())
    yield from _late(_mapping(told.get("lags")), config.filter.max_feed_lag_seconds)
    if told.get("leaders") == 0:
        yield "no leader is followed"
    yield from _gate_ends(state.standing.gate, now)
    yield from _scores_age(state.standing.snapshot, config.score.max_age_seconds, now)
    yield from _key_ends(told.get("session_key_days"))
    if unknown := len(state.portfolio.unknown_orders):
        yield f"the fate of {counted(unknown, 'order')} is not known"


def _late(lags: Mapping[str, object], limit: float) -> Iterator[str]:
    # A fill is as late as its fastest source tells of it.
    ninths = {name: _number(_mapping(lag).get("p90")) for name, lag in lags.items()}
    known = {name: lag for name, lag in ninths.items() if lag is not None}
    if known and (least := min(known.values())) > limit:
        late = next(name for name, lag in known.items() if lag == least)
        yield f"one in ten fills comes by {late}, the fastest feed, later than {span_text(limit)} and is not copied"


def _gate_ends(gate: Gate | None, now: Instant) -> Iterator[str]:
    if gate is not None and gate.is_open_at(now):
        left = gate.valid_until - now
        if left < _GATE_LEFT * (gate.valid_until - gate.written_at):
            yield f"the gate runs out in {span_text(left / SECOND)} and was not renewed: is Dagster running?"


def _scores_age(snapshot: ScoreSnapshot | None, limit: float, now: Instant) -> Iterator[str]:
    if snapshot is not None and _SCORES_OLD * limit < (age := (now - snapshot.as_of) / SECOND) <= limit:
        yield f"the scores are {span_text(age)} old; at {span_text(limit)} entries stop"


def _key_ends(days: object) -> Iterator[str]:
    left = _number(days)
    if left is not None and left <= WARN_DAYS:
        yield f"the session key ends in {left:.1f} days" if left > 0 else "the session key has ended"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
