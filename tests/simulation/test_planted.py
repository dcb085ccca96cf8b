"""Every planted bug is found, so the checks see what they are there for."""

import json

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.simulation.campaign import hunt
from copytrade_live.simulation.planted import bugs

# Those that need many seeds are looked for by `copytrade simulate --plant all --seeds 0-1999`, in make soak.
RARE = {"ack-before-commit", "sell-what-matched", "5xx-is-rejected", "pong-is-data", "stale-score"}


@pytest.mark.parametrize("name", sorted(set(bugs()) - RARE))
def test_a_planted_bug_is_found_within_a_few_seeds(name: str) -> None:
    found = hunt(bugs()[name], range(60))
    assert found.report is not None
    assert found.report.violations


def run(*arguments: str):
    return CliRunner().invoke(build_app(["simulate"]), ["simulate", *arguments])


def test_the_command_exits_with_3_on_a_violation():
    answer = run("--plant", "restart-resumes", "--seeds", "0-20", "--json")
    assert answer.exit_code == 3
    content = json.loads(answer.stdout)
    assert content["violated"] == 1
    assert content["seeds"][-1]["violations"][0]["invariant"] == "I08"


def test_the_command_gives_digest_and_faults_of_every_seed():
    answer = run("--seeds", "4-5", "--json")
    assert answer.exit_code == 0
    seeds = json.loads(answer.stdout)["seeds"]
    assert [one["seed"] for one in seeds] == [4, 5]
    assert all(len(one["digest"]) == 64 and one["faults"] and one["violations"] == [] for one in seeds)


def test_the_command_lists_what_there_is():
    answer = run("--list")
    assert answer.exit_code == 0
    for word in ("paper", "killed", "I13", "halt-cached"):
        assert word in answer.stdout
    assert run("--plant", "nothing").exit_code == 1
