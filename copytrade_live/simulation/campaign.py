"""Many seeds, and every planted bug once: what a command or a test asks for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context

from copytrade_live.errors import ConfigError
from copytrade_live.simulation.faults import SimFault
from copytrade_live.simulation.invariants import Invariant
from copytrade_live.simulation.planted import Bug, bugs
from copytrade_live.simulation.profiles import PROFILES
from copytrade_live.simulation.run import SeedReport, run_seed

# Of the planted bugs, so many must be found.
LEAST_FOUND = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What came of looking for one planted bug: the seed that showed it, None when none did."""

    bug: Bug
    tried: int
    report: SeedReport | None

    def as_json(self) -> dict[str, object]:
        """For reports."""
        found = self.report.as_json() if self.report else None
        return {
            "bug": self.bug.name,
            "profile": self.bug.profile,
            "seed": self.report.seed if self.report else None,
            "seeds_tried": self.tried,
            "violations": found["violations"] if found else [],
        }


def read_seeds(text: str) -> range:
    """A range written as A-B or A. Raises: ConfigError."""
    first, _, last = text.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()) or (last and int(last) < int(first)):
        raise ConfigError(f"seeds must be a number or a range such as 0-499, was {text!r}")
    return range(int(first), int(last or first) + 1)


def find_profile(name: str) -> str:
    """A known profile's name. Raises: ConfigError."""
    if name not in PROFILES:
        raise ConfigError(f"unknown profile {name!r}; known are {', '.join(PROFILES)}")
    return name


def find_bug(name: str) -> Bug:
    """A planted bug by name. Raises: ConfigError."""
    known = bugs()
    if name not in known:
        raise ConfigError(f"unknown planted bug {name!r}; known are {', '.join(known)}")
    return known[name]


def run_seeds(
    seeds: Sequence[int], profile: str, bug: Bug | None = None, workers: int = 1
) -> Generator[SeedReport, None, None]:
    """Run seeds, reports in their order; with a bug in, up to the first that shows it."""
    for report in _reports([(seed, profile, bug.name if bug else "") for seed in seeds], workers):
        yield report
        if bug is not None and report.violation_count:
            return


def _reports(tasks: Sequence[tuple[int, str, str]], workers: int) -> Iterator[SeedReport]:
    if workers <= 1:
        yield from map(_run_task, tasks)
        return
    # Processes that know nothing of ours: a seed must not depend on who runs it.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending: deque[Future[SeedReport]] = deque()
        for task in tasks:
            pending.append(pool.submit(_run_task, task))
            if len(pending) > 4 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _run_task(task: tuple[int, str, str]) -> SeedReport:
    seed, profile, bug = task
    return run_seed(seed, profile, bugs()[bug].plant if bug else nullcontext)


def hunt(bug: Bug, seeds: Sequence[int], workers: int = 1) -> Hunt:
    """Look for one planted bug."""
    for tried, report in enumerate(run_seeds(seeds, bug.profile, bug, workers), start=1):
        if report.violation_count:
            return Hunt(bug=bug, tried=tried, report=report)
    return Hunt(bug=bug, tried=len(seeds), report=None)


def inventory() -> dict[str, dict[str, str]]:
    """Profiles, faults, invariants and planted bugs: name and meaning."""
    return {
        "profiles": {one.name: one.summary for one in PROFILES.values()},
        "faults": {one.value: f"{one.number}: {one.summary}" for one in SimFault},
        "invariants": {one.value: one.summary for one in Invariant},
        "planted bugs": {one.name: f"{one.summary} Looked for in {one.profile}." for one in bugs().values()},
    }


def faults_met(reports: Iterable[SeedReport]) -> dict[str, int]:
    """How often every fault struck."""
    met: Counter[str] = Counter()
    for report in reports:
        met.update(report.met)
    return dict(sorted(met.items()))
