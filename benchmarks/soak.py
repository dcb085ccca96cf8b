"""A day of the runner in virtual time: 1,000 leaders, ten times the venue's mean rate of fills, sources that misbehave.

    python -m benchmarks.soak [--hours 24] [--leaders 1000] [--rate 600] [--share 0.01] [--json]

Ends with 1 when an event is unaccounted for or memory grows by more than 1 MB an hour or 5 % once it is warm: the
runner remembers signals in two generations of two hours each, and both are full after four.
Accounted for: every frame sent was heard, and the leaders' fills are exactly the journal's signals, each with one
decision, by number and by sum of hashes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks.good_score import good_score
from benchmarks.soak_world import SoakWorld, key_of
from copytrade_live.core.market import HOUR
from copytrade_live.core.score import OVERALL, Gate, ScoreSnapshot
from copytrade_live.runner.app import Runner, Sources
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.loop import VirtualLoop

START = 1_785_000_000_000
# After so many hours nothing that the runner remembers gets larger.
WARM_HOURS = 4
# After the last fill, so that the slowest source has told: two rounds of polling.
DRAIN_SECONDS, DRAIN_PER_LEADER = 120.0, 1.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a soak found. Units: hours virtual, memory in MB after each of them, lags in seconds."""

    hours: float
    real_seconds: float
    frames_sent: int
    frames_heard: int
    leader_fills: int
    signals: int
    distinct_signals: int
    decisions: int
    is_same_set: bool
    memory: tuple[float, ...]
    growth_per_hour: float
    growth_share: float
    tracker: dict[str, object]

    @property
    def unaccounted(self) -> int:
        """Frames, fills and signals that nobody can account for."""
        fills = abs(self.leader_fills - self.signals) + abs(self.signals - self.distinct_signals)
        return fills + abs(self.signals - self.decisions) + int(not self.is_same_set)

    @property
    def holds(self) -> bool:
        """Whether all is well."""
        is_flat = self.growth_per_hour <= 1.0 and self.growth_share <= 0.05
        return self.unaccounted == 0 and (is_flat or len(self.memory) < WARM_HOURS + 3)


class _Desk:
    """Scores and gate that never change."""

    def __init__(self, leaders: list[str]) -> None:
        self.snapshot: ScoreSnapshot | None = ScoreSnapshot(
            snapshot_id="s1", as_of=START, rows={one: {OVERALL: good_score(one, START)} for one in leaders}
        )

    def poll(self) -> ScoreSnapshot | None:
        """The snapshot, once."""
        told, self.snapshot = self.snapshot, None
        return told


class _Gates:
    def poll(self) -> Gate | None:
        """Open for ever."""
        return Gate(is_open=True, reasons=(), snapshot_id="s1", written_at=START, valid_until=START + 10_000 * HOUR)


def soak(*, hours: float, leaders: int, rate: float, share: float, folder: Path, console: Console) -> Figures:
    """Run and account."""
    loop = VirtualLoop(1)
    clock = VirtualClock(loop, START)
    world = SoakWorld(clock, leaders=leaders, fills_a_second=rate, followed_share=share)
    began, memory = time.monotonic(), []
    config = CopytradeConfig.model_validate(
        {"tracker": {"leaders": world.leaders, "follow_top": 0}, "score": {"max_age_seconds": 1e9}}
    )
    home = Home(folder)
    runner = Runner(config, home, clock, _sources(world))

    async def live() -> None:
        await runner.start()
        running = asyncio.create_task(runner.run_forever())
        await asyncio.sleep(30)
        for hour in range(max(1, round(hours))):
            await world.run(min(hours, 1.0) * 3600)
            memory.append(_resident())
            console.print(
                f"hour {hour + 1}: {memory[-1]:.1f} MB, {world.traded:,} fills of leaders, "
                f"{time.monotonic() - began:.0f} s"
            )
            if running.done():
                running.result()
        await asyncio.sleep(DRAIN_SECONDS + DRAIN_PER_LEADER * leaders)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        runner.close()

    try:
        loop.run_until_complete(live())
    finally:
        loop.close()
    signals, distinct, decisions, total = _journal(home.state)
    an_hour, in_all = _growth(memory[WARM_HOURS:] or memory)
    stream = runner.tracker.facts(clock.now())
    return Figures(
        hours=hours,
        real_seconds=round(time.monotonic() - began, 1),
        frames_sent=world.sent,
        frames_heard=_heard(stream),
        leader_fills=world.traded,
        signals=signals,
        distinct_signals=distinct,
        decisions=decisions,
        is_same_set=total == world.sum,
        memory=tuple(round(one, 1) for one in memory),
        growth_per_hour=round(an_hour, 3),
        growth_share=round(in_all, 4),
        tracker=stream,
    )


def _growth(memory: Sequence[float]) -> tuple[float, float]:
    """How much memory grows an hour, and by what share in all: the middle of the last quarter against the first's.

    One reading alone moves by a twentieth, with where the garbage is collected.
    """
    hours = max(1, len(memory) // 4)
    before, after = median(memory[:hours]), median(memory[-hours:])
    return (after - before) / max(1, len(memory) - hours), after / before - 1


def _sources(world: SoakWorld) -> Sources:
    return Sources(
        leaders=world,
        books=world,
        markets=world,
        resolutions=world,
        snapshots=_Desk(world.leaders),
        gates=_Gates(),
        chain=world,
        tokens=world,
        activity=world.dial,
    )


def _heard(facts: dict[str, object]) -> int:
    sources = facts["sources"]
    assert isinstance(sources, dict)
    return int(sources["stream"]["frames"])


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _journal(path: Path) -> tuple[int, int, int, int]:
    """Signals, distinct ones, decisions about them, and the sum of their hashes."""
    with sqlite3.connect(path) as connection:
        count = connection.execute("SELECT type, count(*) FROM journal GROUP BY type").fetchall()
        by_type = {str(kind): int(number) for kind, number in count}
        distinct: set[int] = set()
        total = signals = 0
        for (payload,) in connection.execute("SELECT payload FROM journal WHERE type = 'LeaderFillObserved'"):
            signal = json.loads(payload)["signal"]
            distinct.add(hash(signal["signal_id"]))
            signals += 1
            total += key_of(signal["wallet"], signal["tx_hash"], signal["token_id"], signal["size"])
    decided = sum(by_type.get(kind, 0) for kind in ("SignalCopied", "SignalRejected", "MirrorOwed"))
    return signals, len(distinct), decided, total


def main() -> None:
    """Soak, print, exit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="A day in virtual time.")
    parser.add_argument("--hours", type=float, default=24.0, help="virtual hours")
    parser.add_argument("--leaders", type=int, default=1_000, help="wallets followed")
    parser.add_argument("--rate", type=float, default=600.0, help="fills of everyone, a second")
    parser.add_argument("--share", type=float, default=0.01, help="share of them that leaders make")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    asked = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        figures = soak(
            hours=asked.hours,
            leaders=asked.leaders,
            rate=asked.rate,
            share=asked.share,
            folder=Path(folder),
            console=console,
        )
    report = {**asdict(figures), "unaccounted": figures.unaccounted, "holds": figures.holds}
    print(json.dumps(report, indent=2) if asked.json else report)
    sys.exit(0 if figures.holds else 1)


if __name__ == "__main__":
    main()
