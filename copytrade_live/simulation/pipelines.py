"""What the pipelines publish in a simulation: scores and the gate, sometimes stale, broken or gone."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.market import HOUR, MINUTE, SECOND, Instant
from copytrade_live.core.score import OVERALL, Gate, ScoreSnapshot, TraderScore
from copytrade_live.errors import SnapshotError
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.world import World

# In a simulation scores are acted on for so long, seconds.
MAX_SCORE_AGE = 40.0
_PUBLISHED_EVERY: Instant = 20 * SECOND


@dataclass
class Pipelines:
    """Publishes by the truth's clock. as_of_truth tells by snapshot id when its scores were really made."""

    world: World
    clock: VirtualClock
    mischief: Mischief
    seed: int
    as_of_truth: dict[str, Instant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._luck = stream(self.seed, "pipelines")
        self._published = self._snapshot(self.world.start)
        self._next: Instant = self.world.start + _PUBLISHED_EVERY
        self._broken_until: Instant = 0
        self._gate_gone_until: Instant = 0
        self._gate_gone_at: Instant = 0

    def live(self) -> None:
        """Once a second: publish what is due, and decide what is broken now."""
        now = self.clock.truth()
        if now >= self._next:
            self._next = now + _PUBLISHED_EVERY
            if self.mischief.strikes(SimFault.SNAPSHOT_STALE):
                # The pipelines fall silent, so that what is published grows old.
                self._next = min(now + self._luck.randint(30, 90) * SECOND, self.world.quiet_at)
            else:
                self._published = self._snapshot(now)
        if self.mischief.strikes(SimFault.SNAPSHOT_BROKEN):
            self._broken_until = min(now + self._luck.randint(5, 60) * SECOND, self.world.quiet_at)
        if self.mischief.strikes(SimFault.GATE_GONE):
            self._gate_gone_at = now if now >= self._gate_gone_until else self._gate_gone_at
            self._gate_gone_until = min(now + self._luck.randint(3, 20) * SECOND, self.world.quiet_at)

    def snapshot(self) -> ScoreSnapshot:
        """What the score files say. Raises: SnapshotError while they cannot be read."""
        if self.clock.truth() < self._broken_until:
            raise SnapshotError("simulated snapshot is truncated; publish it again")
        return self._published

    def gate(self) -> Gate | None:
        """What the gate file says. Raises: SnapshotError while it cannot be read."""
        now = self.clock.truth()
        if now < self._gate_gone_until:
            if self._gate_gone_until % 3 == 0:
                raise SnapshotError("simulated gate is truncated; write it again")
            return None if self._gate_gone_until % 3 == 1 else self._gate(now, is_open=False)
        return self._gate(now, is_open=True)

    def gate_gone_since(self) -> Instant | None:
        """Since when the gate forbids entries, None while it allows them."""
        return self._gate_gone_at if self.clock.truth() < self._gate_gone_until else None

    def _gate(self, now: Instant, *, is_open: bool) -> Gate:
        written_at = self.world.start + (now - self.world.start) // (20 * SECOND) * (20 * SECOND)
        reasons = () if is_open else ("simulated",)
        return Gate(
            is_open=is_open, reasons=reasons, snapshot_id=None, written_at=written_at, valid_until=written_at + MINUTE
        )

    def _snapshot(self, as_of: Instant) -> ScoreSnapshot:
        snapshot_id = f"s{(as_of - self.world.start) // SECOND}"
        self.as_of_truth[snapshot_id] = as_of
        rows = {wallet: {OVERALL: _score(wallet, n, as_of)} for n, wallet in enumerate(self.world.leaders)}
        return ScoreSnapshot(snapshot_id=snapshot_id, as_of=as_of, rows=rows)


@dataclass(slots=True)
class SnapshotFiles:
    """One life's reader of the snapshot; like the real one it hands out the last good one to no-one twice."""

    pipelines: Pipelines

    def poll(self) -> ScoreSnapshot | None:
        """The snapshot as published. Raises: SnapshotError."""
        return self.pipelines.snapshot()


@dataclass(slots=True)
class GateFile:
    """One life's reader of the gate."""

    pipelines: Pipelines

    def poll(self) -> Gate | None:
        """The gate as written. Raises: SnapshotError."""
        return self.pipelines.gate()


def _score(wallet: str, rank: int, as_of: Instant) -> TraderScore:
    return TraderScore(
        wallet=wallet,
        category=OVERALL,
        as_of=as_of - HOUR,
        score_version="sim",
        edge_mean=0.08,
        edge_sd=0.03,
        p_pos=0.97,
        lcb10=0.03,
        # One leader is on probation.
        n_events=80 if rank else 5,
        n_eff=60.0,
        coverage=1.0,
        copy_cost_mean=0.01,
        maker_share=0.1,
        rank=99.0 - rank,
    )
