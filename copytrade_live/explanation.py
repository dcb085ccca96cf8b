"""Why a signal was copied or refused: the decision made again from the journal, with every gate it passed or met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from copytrade_live.core import filters, limits
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Context
from copytrade_live.core.decide import decide, explain
from copytrade_live.core.engine import State, evolve, initial_state
from copytrade_live.core.events import (
    ConfigChanged,
    LeaderFillObserved,
    PeriodOpened,
    RunStarted,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.limits import Room, rooms
from copytrade_live.core.market import Side
from copytrade_live.core.on_leader import context_of
from copytrade_live.core.reason_units import Unit, unit_of
from copytrade_live.core.reasons import Rejected
from copytrade_live.core.sizing import Sized, size_copy
from copytrade_live.errors import InputFileError
from copytrade_live.replay import outcome
from copytrade_live.store.configs import kept_config
from copytrade_live.store.decision_lines import Line, decision_line
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow

LATEST = "last"


class FoldedTo(Protocol):
    """A place in the journal that was folded before: seq, the state with it, the run and the config's digest there."""

    @property
    def seq(self) -> int:
        """The last event in the state."""
        ...

    @property
    def state(self) -> State:
        """The fold."""
        ...

    @property
    def run(self) -> RunStarted | None:
        """The run it stands in."""
        ...

    @property
    def digest(self) -> str:
        """The config in force."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAnswer:
    """One gate: the truth it demands, whether it holds, and its numbers in the reason's own unit.

    reason is the one it refuses with; where it holds by a number, unit alone tells what that counts.
    """

    name: str
    demand: str
    holds: bool
    reason: str | None
    measured: float | None
    limit: float | None
    unit: Unit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that one decision saw and answered. is_exact: with the very config that it was made with.

    recorded is what was decided then, again what today's code decides on the same input.
    """

    seq: int
    run: RunStarted | None
    config_digest: str
    is_exact: bool
    context: Context
    recorded: str
    again: str
    answers: tuple[Line, ...]
    gates: tuple[GateAnswer, ...]
    rooms: tuple[Room, ...]
    size: Sized | Rejected | None
    later: tuple[Line, ...]


def explain_signal(path: Path, wanted: str, config: DecisionConfig) -> Explanation:
    """Explain the newest decision on a signal. wanted: its id, the beginning of it, or "last".

    config is used where the one decided with was not kept. Raises: InputFileError, StateError.
    """
    with Journal.open_reader(path) as journal:
        return _explain(journal, _find(journal, wanted), config, None)


def explain_answer(
    path: Path, seq: int, config: DecisionConfig, folded: Callable[[int], FoldedTo | None]
) -> Explanation:
    """Explain the decision that the event seq is the answer of; folded gives a place before a seq to go on from.

    For who follows the journal: it has checked the file.
    Raises: InputFileError, StateError.
    """
    with Journal.open_reader(path, is_checked=True) as journal:
        answer = journal.row(seq)
        if answer is None or answer.caused_by is None:
            raise InputFileError(f"event {seq} of {path} answers no signal")
        return _explain(journal, answer.caused_by, config, folded(answer.caused_by))


def _explain(journal: Journal, seq: int, config: DecisionConfig, begin: FoldedTo | None) -> Explanation:
    before, run, digest, row, facts = _at(journal, seq, begin)
    seen = row.event
    if not isinstance(seen, LeaderFillObserved):
        raise InputFileError(f"event {seq} of {journal.path} is no signal")
    kept = kept_config(journal.connection, journal.path, digest)
    context = context_of(before, evolve(before, seen), seen, kept or config)
    lines = tuple(line for fact in facts if (line := decision_line(fact, row)) is not None)
    return Explanation(
        seq=seq,
        run=run,
        config_digest=digest,
        is_exact=kept is not None or digest == config.digest(),
        context=context,
        recorded=_outcome(facts),
        again=_again(context, facts),
        answers=lines,
        gates=_gates(context),
        rooms=rooms(context, context.market) if context.market else (),
        size=_size(context),
        later=tuple(_later(journal, row, seen.signal.signal_id, facts)),
    )


def _find(journal: Journal, wanted: str) -> int:
    newest = "SELECT seq FROM journal WHERE type = 'LeaderFillObserved' ORDER BY seq DESC LIMIT 1"
    if wanted == LATEST:
        found = journal.connection.execute(newest).fetchall()
    else:
        found = journal.connection.execute(
            "SELECT max(seq) FROM journal WHERE type = 'LeaderFillObserved' AND "
            "substr(json_extract(payload, '$.signal.signal_id'), 1, length(?)) = ? "
            "GROUP BY json_extract(payload, '$.signal.signal_id') LIMIT 2",
            (wanted, wanted),
        ).fetchall()
    if not found:
        raise InputFileError(
            f"no signal in {journal.path} begins with {wanted!r}; copytrade decisions shows the ids of the newest ones"
        )
    if len(found) > 1:
        raise InputFileError(f"several signals begin with {wanted!r}; give more of the id")
    return int(found[0][0])


def _at(
    journal: Journal, seq: int, begin: FoldedTo | None
) -> tuple[State, RunStarted | None, str, JournalRow, list[JournalRow]]:
    """The state before a row, its run and config, the row itself and the facts that answer it."""
    state, run, digest, answered = initial_state(), None, "", None
    if begin is not None:
        state, run, digest = begin.state, begin.run, begin.digest
    facts: list[JournalRow] = []
    for row in journal.read(begin.seq if begin else 0):
        if row.seq < seq:
            event = row.event
            state = evolve(state, event)
            run = event if isinstance(event, RunStarted) else run
            digest = event.config_digest if isinstance(event, RunStarted | ConfigChanged) else digest
        elif row.seq == seq:
            answered = row
        elif row.caused_by == seq:
            facts.append(row)
        else:
            break
    if answered is None:
        raise AssertionError("the row was just found")
    return state, run, digest, answered, facts


def _again(context: Context, facts: list[JournalRow]) -> str:
    if context.signal.side is Side.SELL or not any(
        isinstance(row.event, SignalCopied | SignalRejected) for row in facts
    ):
        return _outcome(facts)
    answer = decide(context)
    return answer.reason.value if isinstance(answer, Rejected) else "copied"


def _outcome(facts: list[JournalRow]) -> str:
    return outcome([fact.event for fact in facts if not isinstance(fact.event, PeriodOpened)])


def _gates(context: Context) -> tuple[GateAnswer, ...]:
    if context.signal.side is Side.SELL:
        return ()
    demands = _demands()
    return tuple(
        GateAnswer(
            name=name,
            demand=demands.get(name, ""),
            holds=not isinstance(answer, Rejected),
            reason=answer.reason.value if isinstance(answer, Rejected) else None,
            measured=getattr(answer, "measured", None),
            limit=getattr(answer, "limit", None),
            unit=unit_of(answer.reason) if answer is not None and answer.reason else None,
        )
        for name, answer in explain(context)
    )


def _demands() -> Mapping[str, str]:
    gates = (*filters.FILTERS, *limits.LIMITS)
    return {gate.__name__: (gate.__doc__ or "").split(". ")[0].strip().rstrip(".") for gate in gates}


def _size(context: Context) -> Sized | Rejected | None:
    ask = context.book.best_ask if context.book else None
    if context.signal.side is Side.SELL or context.market is None or context.score is None or ask is None:
        return None
    return size_copy(context, context.market, context.score, ask)


def _later(journal: Journal, row: JournalRow, signal_id: str, facts: list[JournalRow]) -> Iterator[Line]:
    """What became of the copy: its orders, fills, exits and end."""
    last = facts[-1].seq if facts else row.seq
    found = journal.connection.execute(
        "SELECT seq FROM journal WHERE seq > ? AND type != 'BookObserved' AND instr(payload, ?) > 0 ORDER BY seq",
        (last, f"entry-{signal_id}"),
    ).fetchall()
    for (seq,) in found:
        later = journal.row(int(seq))
        line = decision_line(later, None) if later else None
        if line is not None:
            yield line
