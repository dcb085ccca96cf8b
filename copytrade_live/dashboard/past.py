"""Reads a journal from its beginning into the replica, beside the work, until it has caught up with what is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.events import ConfigChanged, JournalEvent, RunStarted
from copytrade_live.core.state import State
from copytrade_live.dashboard.milestones import Milestone, Milestones
from copytrade_live.dashboard.replica import Replica
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow

# Rows of one portion: a few hundredths of a second.
PORTION = 1_000
_BOOK, _TOKEN = "BookObserved", '"token_id":"'


class Past:
    """Where the replica stands. Once it has caught up it is handed what is new, and folds nothing itself."""

    def __init__(self, journal: Journal, replica: Replica, milestones: Milestones) -> None:
        self._journal = journal
        self._replica = replica
        self._milestones = milestones
        self._state = initial_state()
        self._run: RunStarted | None = None
        self._digest = ""
        self.seq = 0

    def read_on(self, until: int) -> bool:
        """Read one portion, no further than until. Returns: whether there was anything to read."""
        if self.seq >= until:
            return False
        with self.batch(True):
            for row in self._journal.read(self.seq, min(PORTION, until - self.seq)):
                if touches(row, self._state):
                    event = row.event
                    self.take(row.seq, event, evolve(self._state, event))
                self.seq = row.seq
        return True

    def take(self, seq: int, event: JournalEvent, state: State) -> None:
        """Take in the next event; state is the fold with it."""
        if isinstance(event, RunStarted):
            self._run = event
        if isinstance(event, RunStarted | ConfigChanged):
            self._digest = event.config_digest
        self._replica.apply(seq, event, state)
        self._state, self.seq = state, seq
        self._milestones.pass_by(Milestone(seq=seq, state=state, run=self._run, digest=self._digest))

    @contextmanager
    def batch(self, is_wanted: bool) -> Iterator[None]:
        """Let readers see all of it at once."""
        if is_wanted:
            self._replica.begin()
        try:
            yield
        finally:
            if is_wanted:
                self._replica.commit()


def touches(row: JournalRow, state: State) -> bool:
    """Whether a row can change the state or be told: most of a journal is books of what is not held."""
    if row.type != _BOOK:
        return True
    begin = row.payload.rfind(_TOKEN)
    token = row.payload[begin + len(_TOKEN) :].partition('"')[0] if begin >= 0 else ""
    return token in state.portfolio.positions
