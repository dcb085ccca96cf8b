"""Decide a recorded journal again and say where today's code and config would differ from what was done.

Each observation is answered by the same step as in live; then the recorded facts, not the new ones, are folded, so
that one difference does not drag others behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from pathlib import Path

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import State, evolve, initial_state, step
from copytrade_live.core.events import (
    ConfigChanged,
    ExitDecided,
    Fact,
    HaltTripped,
    JournalEvent,
    LeaderFillObserved,
    LeaderMuted,
    MirrorOwed,
    Observation,
    OrderAbandoned,
    OrderReposted,
    RunStarted,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.errors import InputFileError
from copytrade_live.provenance import code_version
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow
from copytrade_live.store.segments import find_segments, read_segment

FIRST_SHOWN = 20
_SQLITE_HEADER = b"SQLite format 3\0"


class Cause(StrEnum):
    """Why a decision can come out differently; the first that applies."""

    CODE = "code"
    CONFIG = "config"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One observation answered otherwise than recorded. recorded and replayed are outcomes, like gate_closed."""

    seq: int
    signal_id: str | None
    recorded: str
    replayed: str
    cause: Cause


@dataclass(slots=True)
class ReplayReport:
    """What a replay found. decisions counts the observations that were or would be answered with facts.

    Shape: differences counts by (recorded outcome, replayed outcome); the outcomes are equal where only numbers differ.
    """

    observations: int = 0
    decisions: int = 0
    agreed: int = 0
    differences: Counter[tuple[str, str]] = field(default_factory=Counter)
    causes: Counter[Cause] = field(default_factory=Counter)
    first: list[Difference] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether every decision came out exactly as recorded."""
        return not self.differences

    def add(self, difference: Difference) -> None:
        """Count a difference, and keep it while there are few."""
        self.differences[difference.recorded, difference.replayed] += 1
        self.causes[difference.cause] += 1
        if len(self.first) < FIRST_SHOWN:
            self.first.append(difference)


def replay(rows: Iterable[JournalRow], config: DecisionConfig) -> ReplayReport:
    """Decide every recorded observation again. Raises: InputFileError when the journal has a hole."""
    report, state, cause, code = ReplayReport(), initial_state(), Cause.DATA, ""
    for seq, observation, recorded in steps_of(rows):
        if isinstance(observation, RunStarted):
            code = observation.code_version
        if isinstance(observation, RunStarted | ConfigChanged):
            cause = _cause(code, observation.config_digest, config)
        _judge(report, state, seq, observation, recorded, config, cause)
        for event in (observation, *recorded):
            state = evolve(state, event)
    return report


def read_rows(path: Path) -> Iterator[JournalRow]:
    """The journal in a state database, an export folder or one segment. Raises: InputFileError, StateError."""
    if path.is_dir():
        return _in_order(chain.from_iterable(read_segment(segment.path) for segment in find_segments(path)), path)
    if not path.exists():
        raise InputFileError(f"there is no journal at {path}; give a state database, an export folder or a segment")
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
    return _in_order(_database_rows(path) if is_database else read_segment(path), path)


def _database_rows(path: Path) -> Iterator[JournalRow]:
    with Journal.open_reader(path) as journal:
        yield from journal.read()


def _in_order(rows: Iterable[JournalRow], path: Path) -> Iterator[JournalRow]:
    expected = 1
    for row in rows:
        if row.seq != expected:
            raise InputFileError(
                f"{path}: event {row.seq} stands where {expected} belongs; a replay needs the journal from its first "
                "event on, without a hole: give the whole export folder or the state database"
            )
        expected += 1
        yield row
    if expected == 1:
        raise InputFileError(f"{path} holds no journal events; did the runner ever start?")


def steps_of(rows: Iterable[JournalRow]) -> Iterator[tuple[int, Observation, list[Fact]]]:
    """Each observation with its seq and the facts that answered it. Raises: InputFileError."""
    current: JournalRow | None = None
    facts: list[Fact] = []
    for row in rows:
        if row.caused_by is None:
            if current is not None:
                yield current.seq, current.event, facts  # type: ignore[misc]  # caused by nothing: an observation
            current, facts = row, []
        elif current is not None and row.caused_by == current.seq:
            facts.append(row.event)  # type: ignore[arg-type]  # caused by an observation: a fact
        else:
            raise InputFileError(f"event {row.seq} answers event {row.caused_by}, which does not stand before it")
    if current is not None:
        yield current.seq, current.event, facts  # type: ignore[misc]


def _judge(
    report: ReplayReport,
    state: State,
    seq: int,
    observation: Observation,
    recorded: Sequence[Fact],
    config: DecisionConfig,
    cause: Cause,
) -> None:
    replayed = step(state, observation, config).events[1:]
    report.observations += 1
    if not recorded and not replayed:
        return
    report.decisions += 1
    if tuple(recorded) == replayed:
        report.agreed += 1
        return
    signal_id = observation.signal.signal_id if isinstance(observation, LeaderFillObserved) else None
    before, after = outcome(recorded), outcome(replayed)
    report.add(Difference(seq=seq, signal_id=signal_id, recorded=before, replayed=after, cause=cause))


def outcome(facts: Sequence[JournalEvent]) -> str:
    """The facts an observation was answered with, in a few words."""
    return " + ".join(_word(fact) for fact in facts) or "nothing"


def _word(fact: JournalEvent) -> str:
    match fact:
        case SignalCopied():
            return "copied"
        case SignalRejected():
            return fact.reason.value
        case MirrorOwed():
            return "mirror_owed"
        case ExitDecided():
            return f"exit {fact.reason.value}"
        case OrderReposted():
            return "reposted"
        case OrderAbandoned():
            return f"abandoned {fact.reason.value}"
        case HaltTripped():
            return f"halt {fact.reason.value}"
        case LeaderMuted():
            return f"mute {fact.reason.value}"
        case _:
            return type(fact).__name__


def _cause(code: str, digest: str, config: DecisionConfig) -> Cause:
    if code != code_version():
        return Cause.CODE
    return Cause.CONFIG if digest != config.digest() else Cause.DATA
