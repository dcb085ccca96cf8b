"""Many seeds, and every planted bug once: what a command or a test asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from copytrade_live.errors import ConfigError
from copytrade_live.simulation.planted import Bug, bugs
from copytrade_live.simulation.profiles import PROFILES
from copytrade_live.simulation.run import SeedReport, run_seed

# Of the planted bugs, so many must be found.
LEAST_FOUND = 19
Tell = Callable[[int, int], None]


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


def run_seeds(seeds: Iterable[int], profile: str, bug: Bug | None = None) -> Iterator[SeedReport]:
    """Run seeds one after the other; with a bug in, up to the first that shows it."""
    for seed in seeds:
        report = run_seed(seed, profile, bug.plant if bug else nullcontext)
        yield report
        if bug is not None and report.violation_count:
            return


def hunt(bug: Bug, seeds: Sequence[int], tell: Tell = lambda done, of: None) -> Hunt:
    """Look for one planted bug."""
    for tried, report in enumerate(run_seeds(seeds, bug.profile, bug), start=1):
        tell(tried, len(seeds))
        if report.violation_count:
            return Hunt(bug=bug, tried=tried, report=report)
    return Hunt(bug=bug, tried=len(seeds), report=None)


def faults_met(reports: Iterable[SeedReport]) -> dict[str, int]:
    """How often every fault struck."""
    met: Counter[str] = Counter()
    for report in reports:
        met.update(report.met)
    return dict(sorted(met.items()))
