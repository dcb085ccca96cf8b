"""Hundreds of seeds on paper in which nothing may go wrong."""

import json
import os
import subprocess
import sys

import pytest

from copytrade_live.simulation.run import run_seed
from tests.simulation.seeds import batches, check


@pytest.mark.parametrize(("profile", "first"), batches(paper=200, streams=50, clocks=40))
def test_no_seed_breaks_an_invariant(profile: str, first: int) -> None:
    check(profile, first)


def test_a_calm_seed_copies_and_meets_no_fault():
    report = run_seed(1, "calm")
    assert report.copies
    assert report.fills
    assert not report.met
    assert not report.violations


def test_a_seed_repeats_byte_for_byte_in_any_process():
    wanted = [(3, "paper"), (70, "paper"), (5, "streams"), (2, "mixed"), (4, "orders")]
    script = "import sys, json; from copytrade_live.simulation.run import run_seed; "
    script += f"print(json.dumps([run_seed(*one).as_json() for one in {wanted}]))"
    found = []
    for hashing in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hashing}
        answer = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        found.append(json.loads(answer.stdout))
    assert found[0] == found[1] == [run_seed(*one).as_json() for one in wanted]
