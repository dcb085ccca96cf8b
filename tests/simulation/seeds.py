"""Batches of seeds, and what is said when one of them fails."""

from copytrade_live.simulation.run import run_seed

BATCH = 10
Batches = list[tuple[str, int]]


def batches(**seeds: int) -> Batches:
    """By profile, how many seeds."""
    return [(profile, first) for profile, count in seeds.items() for first in range(0, count, BATCH)]


def check(profile: str, first: int) -> None:
    for seed in range(first, first + BATCH):
        report = run_seed(seed, profile)
        again = f"copytrade simulate --seeds {seed} --profile {profile}"
        assert not report.violations, f"{again}: {report.violations[0]}"
