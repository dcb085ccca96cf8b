"""Follows the journal in a thread: the core's own fold for what is, a replica for what was, and news for the streams.

What is comes first: from the newest checkpoint it takes a moment. What was is read beside it, in small portions.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.events import ConfigChanged, JournalEvent, RunStarted
from copytrade_live.core.market import Instant
from copytrade_live.core.state import State
from copytrade_live.dashboard.milestones import Milestones
from copytrade_live.dashboard.past import Past
from copytrade_live.dashboard.replica import Replica
from copytrade_live.errors import CopytradeError
from copytrade_live.logs import logger
from copytrade_live.store.journal import Journal
from copytrade_live.store.views import view_of

POLL_SECONDS = 0.1
RETRY_SECONDS = 1.0
# Rows taken in between two looks at what is new: a few hundredths of a second.
_PORTION = 500

_log = logger("dashboard")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One event that was just journaled, and the state with it."""

    seq: int
    caused_by: int | None
    event: JournalEvent
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far the fold is. digest is of the config in force; history_seq how far the replica is.

    journal counts the journals that were followed: after copytrade restore it is another file.
    """

    journal: int = 0
    mode: str = ""
    seq: int = 0
    observed_at: Instant | None = None
    state: State
    digest: str = ""
    history_seq: int = 0
    problem: str = ""


class Projection:
    """Holds the newest place. hear is told what happened since, in order, by the projection's own thread."""

    def __init__(self, path: Path, replica: Path) -> None:
        self._path = path
        self._replica_path = replica
        self._replica: Replica | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.place = Place(state=initial_state(), problem=f"no runner ever started in {path.parent}")
        self.milestones = Milestones()
        self.hear: Callable[[Sequence[News]], None] = lambda news: None

    def start(self) -> None:
        """Begin to follow."""
        self._thread = threading.Thread(target=self._run, name="projection", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10.0)

    @property
    def problem(self) -> str:
        """Why the place may be an old one; empty while the journal is followed."""
        if self._thread is not None and not self._thread.is_alive() and not self._stop.is_set():
            return "what follows the journal broke down; see the log, and restart the dashboard"
        return self.place.problem

    @property
    def replica(self) -> Path:
        """Where the replica lies."""
        return self._replica_path

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._try_to_follow()
                self._stop.wait(RETRY_SECONDS)
        finally:
            self._drop_replica()

    def _try_to_follow(self) -> None:
        try:
            if self._path.exists():
                self._follow()
        except (CopytradeError, sqlite3.Error, OSError) as error:
            if not isinstance(error, CopytradeError):
                # It may be the replica's file that is broken.
                self._drop_replica()
            if str(error) != self.place.problem:
                _log.warning("the journal cannot be followed: %s", error)
            self.place = replace(self.place, problem=str(error))

    def _follow(self) -> None:
        """Follow one journal until it is another file or we are stopped."""
        # Before it is opened: one that is replaced in between is then not taken for the one that is read.
        file = _identity(self._path)
        with Journal.open_reader(self._path) as journal:
            replica = self._empty_replica()
            self.milestones.clear()
            self.place = self._first(journal)
            past = Past(journal, replica, self.milestones)
            while not self._stop.is_set() and _identity(self._path) == file:
                if not (self._take_news(journal, past) or past.read_on(self.place.seq)):
                    self._stop.wait(POLL_SECONDS)
                if past.seq != self.place.history_seq:
                    self.place = replace(self.place, history_seq=past.seq)

    def _empty_replica(self) -> Replica:
        if self._replica is None:
            self._replica = Replica(self._replica_path)
        else:
            self._replica.start_over()
        return self._replica

    def _drop_replica(self) -> None:
        if self._replica is not None:
            self._replica.close()
            self._replica = None

    def _first(self, journal: Journal) -> Place:
        with journal.at_one_moment():
            view, digest = view_of(journal), _digest(journal)
        return Place(
            journal=self.place.journal + 1,
            mode=view.mode,
            seq=view.last_seq,
            observed_at=view.observed_at,
            state=view.state,
            digest=digest,
        )

    def _take_news(self, journal: Journal, past: Past) -> bool:
        rows = list(journal.read(self.place.seq, _PORTION))
        if not rows:
            return False
        place, news = self.place, []
        is_current = past.seq == place.seq
        with past.batch(is_current):
            for row in rows:
                event = row.event
                state = evolve(place.state, event)
                digest = event.config_digest if isinstance(event, RunStarted | ConfigChanged) else place.digest
                place = replace(place, seq=row.seq, observed_at=row.observed_at, state=state, digest=digest)
                if is_current:
                    past.take(row.seq, event, state)
                news.append(News(seq=row.seq, caused_by=row.caused_by, event=event, state=state))
        self.place = replace(place, mode=place.mode or journal.mode, history_seq=past.seq, problem="")
        self.hear(news)
        return True


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there, None while none does. What we hold open keeps its number: no other file gets it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _digest(journal: Journal) -> str:
    found = journal.connection.execute(
        "SELECT json_extract(payload, '$.config_digest') FROM journal WHERE type IN ('RunStarted', 'ConfigChanged') "
        "ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return str(found[0]) if found else ""
