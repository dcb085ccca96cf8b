"""Hundreds of seeds at a simulated venue in which nothing may go wrong."""

import pytest

from copytrade_live.simulation.run import run_seed
from tests.simulation.seeds import batches, check


@pytest.mark.parametrize(("profile", "first"), batches(orders=60, restarts=40, ghosts=50, mixed=60))
def test_no_seed_breaks_an_invariant(profile: str, first: int) -> None:
    check(profile, first)


def test_a_calm_live_seed_copies_and_settles_to_the_micro_unit():
    report = run_seed(1, "live")
    assert report.copies
    assert report.fills
    assert not report.met
    assert not report.violations
