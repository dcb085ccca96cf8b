"""What operators and pipelines say: commands, the kill switch file, the gate, the score snapshot.

Each is compared with what the state already believes, so a restart repeats nothing and forgets nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from copytrade_live.clock import Clock
from copytrade_live.core.events import GateObserved, KillSwitchObserved, Observation, ScoresPublished
from copytrade_live.core.score import Gate, ScoreSnapshot
from copytrade_live.core.state import State
from copytrade_live.errors import SnapshotError
from copytrade_live.runner.health import Health
from copytrade_live.store import commands
from copytrade_live.store.journal import Journal


class SnapshotSource(Protocol):
    """Where score snapshots appear."""

    def poll(self) -> ScoreSnapshot | None:
        """The snapshot when it is new since the last look, else None. Raises: SnapshotError."""
        ...


class GateSource(Protocol):
    """Where the pipelines' gate appears."""

    def poll(self) -> Gate | None:
        """The gate as it stands, None when there is none. Raises: SnapshotError."""
        ...


class Gatekeeper:
    """Looks at everything that allows or forbids entries."""

    def __init__(
        self,
        journal: Journal,
        kill_switch: Path | None,
        snapshots: SnapshotSource,
        gates: GateSource,
        clock: Clock,
        health: Health,
    ) -> None:
        self._journal = journal
        self._kill_switch = kill_switch
        self._snapshots = snapshots
        self._gates = gates
        self._clock = clock
        self._health = health
        # A snapshot that there was no room to write down: its source tells of each only once.
        self._untold: ScoreSnapshot | None = None

    def poll(self, state: Callable[[], State], observe: Callable[[Observation], None]) -> None:
        """Observe what changed since the state last knew."""
        now = self._clock.now()
        is_active = self._kill_switch is not None and self._kill_switch.exists()
        if is_active != state().standing.kill_switch:
            observe(KillSwitchObserved(event_at=now, observed_at=now, is_active=is_active))
        for command in commands.pending(self._journal.connection, self._journal.path, now):
            observe(command)
        self._look_at_scores(state(), observe)
        self._look_at_gate(state(), observe)

    def _look_at_scores(self, state: State, observe: Callable[[Observation], None]) -> None:
        now = self._clock.now()
        try:
            self._untold = snapshot = self._snapshots.poll() or self._untold
        except SnapshotError as error:
            self._health.failed("scores", error)
            return
        self._health.succeeded("scores", now)
        held = state.standing.snapshot
        if snapshot is not None and (held is None or held.snapshot_id != snapshot.snapshot_id):
            observe(ScoresPublished(event_at=min(snapshot.as_of, now), observed_at=now, snapshot=snapshot))
        self._untold = None

    def _look_at_gate(self, state: State, observe: Callable[[Observation], None]) -> None:
        now = self._clock.now()
        try:
            gate = self._gates.poll()
        except SnapshotError as error:
            # A gate that cannot be read is no gate: entries stop.
            self._health.failed("gate", error)
            gate = None
        else:
            self._health.succeeded("gate", now)
        if gate != state.standing.gate:
            at = now if gate is None else min(gate.written_at, now)
            observe(GateObserved(event_at=at, observed_at=now, gate=gate))
