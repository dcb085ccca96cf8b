"""Planted bugs of halts, restarts, scores and modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from copytrade_live.core import on_leader
from copytrade_live.core.context import Context
from copytrade_live.core.decide import Approved, decide
from copytrade_live.core.events import Observation, OperatorCommanded, ScoresPublished
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.reasons import Mode, Rejected
from copytrade_live.core.state import State
from copytrade_live.errors import SnapshotError
from copytrade_live.runner.checkpointing import Recovered
from copytrade_live.runner.gatekeeping import Gatekeeper
from copytrade_live.runner.recorder import Listener, Recorder
from copytrade_live.simulation.planted import Bug, swapped
from copytrade_live.store import commands
from copytrade_live.store.database import transaction

_CACHED: Instant = 10 * SECOND
Observe = Callable[[Observation], None]
See = Callable[[], State]


@contextmanager
def _cached_halt() -> Iterator[None]:
    right = Gatekeeper.poll

    def poll(self: Gatekeeper, state: See, observe: Observe) -> None:
        last: list[Instant] = self.__dict__.setdefault("_looked", [0])
        if self._clock.now() - last[0] >= _CACHED:
            last[0] = self._clock.now()
            right(self, state, observe)

    with swapped(Gatekeeper, "poll", poll):
        yield


@contextmanager
def _resumed_by_restart() -> Iterator[None]:
    right = Recorder.restore

    def restore(
        self: Recorder, folds: Sequence[Listener], witnesses: Sequence[Listener], recovered: Recovered | None
    ) -> Instant | None:
        last = right(self, folds, witnesses, recovered)
        self.state = replace(self.state, standing=replace(self.state.standing, halt=None))
        return last

    with swapped(Recorder, "restore", restore):
        yield


@contextmanager
def _stale_score() -> Iterator[None]:
    right = Gatekeeper._look_at_scores

    def look(self: Gatekeeper, state: State, observe: Observe) -> None:
        try:
            self._snapshots.poll()
        except SnapshotError:
            held, now = state.standing.snapshot, self._clock.now()
            if held is not None and now - held.as_of >= SECOND:
                # Nothing newer can be read, so what we have is taken for new.
                observe(ScoresPublished(event_at=now, observed_at=now, snapshot=replace(held, as_of=now)))
            return
        right(self, state, observe)

    with swapped(Gatekeeper, "_look_at_scores", look):
        yield


@contextmanager
def _acknowledged_early() -> Iterator[None]:
    right = commands.pending

    def pending(connection, path, now) -> list[OperatorCommanded]:  # type: ignore[no-untyped-def]
        found = right(connection, path, now)
        if found:
            with transaction(connection):
                connection.execute("UPDATE commands SET taken_seq = 1 WHERE taken_seq IS NULL")
        return found

    with swapped(commands, "pending", pending):
        yield


@contextmanager
def _mode_read_once() -> Iterator[None]:
    kept: list[Mode | None] = []

    def decide_by_first(context: Context) -> Approved | Rejected:
        if not kept:
            kept.append(context.standing.mode)
        return decide(replace(context, standing=replace(context.standing, mode=kept[0])))

    with swapped(on_leader, "decide", decide_by_first):
        yield


CONTROL_BUGS = (
    Bug(
        name="mode-read-once",
        summary="Whether it may trade is read once and never again.",
        profile="mixed",
        plant=_mode_read_once,
    ),
    Bug(
        name="ack-before-commit",
        summary="A command counts as taken before what it caused is on disk.",
        profile="paper",
        plant=_acknowledged_early,
    ),
    Bug(
        name="halt-cached",
        summary="Halts and the kill switch are looked at every ten seconds.",
        profile="paper",
        plant=_cached_halt,
    ),
    Bug(
        name="restart-resumes",
        summary="A restart lifts a halt.",
        profile="paper",
        plant=_resumed_by_restart,
    ),
    Bug(
        name="stale-score",
        summary="Where the snapshot cannot be read, the one before passes for new.",
        profile="paper",
        plant=_stale_score,
    ),
)
