"""What a running or stopped runner knows, for those who only look: the same fold of the same journal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.engine import State, evolve, initial_state
from copytrade_live.core.market import Instant
from copytrade_live.store.decision_lines import Line, decision_line
from copytrade_live.store.journal import Journal
from copytrade_live.store.recovery import newest_state
from copytrade_live.store.rows import JournalRow

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A journal folded up to last_seq. Everything else is read off the state."""

    mode: str
    run_id: str
    last_seq: int
    observed_at: Instant | None
    state: State


def read_view(path: Path, *, is_checked: bool = False) -> View:
    """Fold the journal in a state database without disturbing who writes it. is_checked: this process looked before.

    Raises: StateError when there is none or it is damaged.
    """
    with Journal.open_reader(path, is_checked=is_checked) as journal, journal.at_one_moment():
        return view_of(journal)


def view_of(journal: Journal) -> View:
    """Fold an open journal, from its newest checkpoint on; whoever asks holds it at one moment."""
    seq, state = newest_state(journal) or (0, initial_state())
    for row in journal.read_what_counts(seq):
        state = evolve(state, row.event)
    last: JournalRow | None = journal.row(journal.last_seq)
    return View(
        mode=journal.mode,
        run_id=state.run_id,
        last_seq=last.seq if last else 0,
        observed_at=last.observed_at if last else None,
        state=state,
    )


def read_decisions(path: Path, limit: int, *, is_checked: bool = False) -> list[Line]:
    """The newest decision lines, oldest first, at most limit of them. Raises: StateError."""
    found: deque[Line] = deque()
    with Journal.open_reader(path, is_checked=is_checked) as journal:
        end = journal.last_seq
        while end > 0 and len(found) < limit:
            start = max(0, end - _CHUNK)
            found.extendleft(reversed(_lines(journal, list(journal.read(start, end - start)))))
            end = start
    return list(found)[-limit:] if limit > 0 else []


def _lines(journal: Journal, rows: list[JournalRow]) -> list[Line]:
    by_seq = {row.seq: row for row in rows}
    lines: list[Line] = []
    for row in rows:
        cause = None
        if row.caused_by is not None:
            cause = by_seq.get(row.caused_by) or journal.row(row.caused_by)
        line = decision_line(row, cause)
        if line is not None:
            lines.append(line)
    return lines
