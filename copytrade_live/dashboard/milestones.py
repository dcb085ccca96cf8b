"""Places on the way through the journal, so that a past decision is explained without folding all of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from copytrade_live.core.events import RunStarted
from copytrade_live.core.state import State

# States share what did not change between them; score snapshots are what one costs.
MOST = 32
_FIRST_STEP = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """The fold up to seq, the run it stands in and the digest of its config."""

    seq: int
    state: State
    run: RunStarted | None
    digest: str


class Milestones:
    """Keeps a few, evenly spaced: when there are too many, every other one goes and the steps double."""

    def __init__(self) -> None:
        self._kept: list[Milestone] = []
        self._step = _FIRST_STEP
        self._lock = threading.Lock()

    def pass_by(self, place: Milestone) -> None:
        """Keep this one if it is time."""
        last = self._kept[-1].seq if self._kept else 0
        if place.seq - last < self._step:
            return
        with self._lock:
            self._kept.append(place)
            if len(self._kept) > MOST:
                self._kept = self._kept[1::2]
                self._step *= 2

    def before(self, seq: int) -> Milestone | None:
        """The last one before a seq, None when there is none."""
        with self._lock:
            return next((one for one in reversed(self._kept) if one.seq < seq), None)

    def clear(self) -> None:
        """Begin another journal."""
        with self._lock:
            self._kept, self._step = [], _FIRST_STEP
