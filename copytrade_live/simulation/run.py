"""One seed from beginning to end: a world, a runner that is killed and started again, and the verdict on it."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.errors import CopytradeError
from copytrade_live.failpoints import armed
from copytrade_live.simulation.invariants import Invariant, Verdict, Violation
from copytrade_live.simulation.loop import SleepForever, VirtualLoop
from copytrade_live.simulation.profiles import PROFILES, Profile
from copytrade_live.simulation.stage import Stage

# Where SQLite's fsync costs nothing.
_MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """What one seed came to. digest is the SHA-256 of its journal; met counts the faults by name."""

    seed: int
    profile: str
    digest: str
    events: int
    lives: int
    copies: int
    fills: int
    met: dict[str, int]
    violations: tuple[Violation, ...]
    violation_count: int

    def as_json(self) -> dict[str, object]:
        """For reports."""
        return {
            "seed": self.seed,
            "profile": self.profile,
            "digest": self.digest,
            "events": self.events,
            "lives": self.lives,
            "copies": self.copies,
            "fills": self.fills,
            "faults": dict(sorted(self.met.items())),
            "violations": [violation.as_json() for violation in self.violations],
            "violation_count": self.violation_count,
        }


def run_seed(
    seed: int,
    profile: str | Profile,
    plant: Callable[[], AbstractContextManager[None]] = nullcontext,
    keep: Path | None = None,
) -> SeedReport:
    """Run one seed. keep names a folder that the run's files stay in."""
    chosen = PROFILES[profile] if isinstance(profile, str) else profile
    with _folder(keep) as folder, _quiet():
        loop = VirtualLoop(seed)
        stage = Stage(seed, chosen, folder, loop)
        try:
            with plant(), armed(stage.reach):
                _run(loop, stage)
                stage.finish()
        finally:
            stage.close()
            loop.close()
        return SeedReport(
            seed=seed,
            profile=chosen.name,
            digest=stage.witness.digest,
            events=len(stage.witness.rows),
            lives=stage.lives,
            copies=sum(answer == "copied" for answer in stage.decisions.answers.values()),
            fills=len(stage.ledger.fills),
            met=dict(stage.mischief.met),
            violations=tuple(stage.verdict.found),
            violation_count=stage.verdict.count,
        )


def _run(loop: VirtualLoop, stage: Stage) -> None:
    verdict: Verdict = stage.verdict
    try:
        loop.run_until_complete(stage.play())
    except SleepForever as error:
        verdict.hold(False, Invariant.I19, stage.clock.truth(), str(error))
    except CopytradeError as error:
        verdict.hold(False, Invariant.I19, stage.clock.truth(), f"the runner gave up: {error}")
    finally:
        left = [task for task in asyncio.all_tasks(loop) if not task.done()]
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    folder = Path(tempfile.mkdtemp(prefix="copytrade-sim-", dir=_MEMORY_DISK if _MEMORY_DISK.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without log lines: what is wrong shows in the verdict."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # A killed life leaves coroutines behind that nobody will await.
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    finally:
        logging.disable(before)
