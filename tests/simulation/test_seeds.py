"""Hundreds of seeds in which nothing may go wrong."""

import json
import os
import subprocess
import sys

import pytest

from copytrade_live.simulation.run import run_seed

# By profile, how many seeds; together five hundred.
SEEDS = {"paper": 200, "streams": 100}
BATCH = 25
BATCHES = [(profile, first) for profile, count in SEEDS.items() for first in range(0, count, BATCH)]


@pytest.mark.parametrize(("profile", "first"), BATCHES)
def test_no_seed_breaks_an_invariant(profile: str, first: int) -> None:
    for seed in range(first, first + BATCH):
        report = run_seed(seed, profile)
        again = f"copytrade simulate --seeds {seed} --profile {profile}"
        assert not report.violations, f"{again}: {report.violations[0]}"


def test_a_calm_seed_copies_and_meets_no_fault():
    report = run_seed(1, "calm")
    assert report.copies
    assert report.fills
    assert not report.met
    assert not report.violations


def test_a_seed_repeats_byte_for_byte_in_any_process():
    script = "import sys, json; from copytrade_live.simulation.run import run_seed; "
    script += "print(json.dumps([run_seed(seed, 'paper').as_json() for seed in (3, 6, 70)]))"
    found = []
    for hashing in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hashing}
        answer = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        found.append(json.loads(answer.stdout))
    assert found[0] == found[1] == [run_seed(seed, "paper").as_json() for seed in (3, 6, 70)]
