"""One whole round as a person runs it, and what can be asked of it afterwards."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import runnable
from tests.docs.walk import Walk, folder_with_the_code
from tests.worlds import default_world

ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ask, str, Path]:
    """A round as the quickstart tells to play it, what it said, a way to ask more of its home, and that home."""
    folder = folder_with_the_code(tmp_path_factory.mktemp("round") / "code")
    home = folder / ".copytrade" / "first"
    with Walk(folder, patience_seconds=600.0) as walk:
        said = walk.follow(block for block in runnable("docs/quickstart.md", "sh") if block.heading.startswith("2. "))

    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from copytrade_live.cli import main; main()", *arguments]
        environment = os.environ | {"COPYTRADE_HOME": str(home)}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
        )

    return ask, said, home


def test_a_round_as_the_quickstart_plays_it_holds_and_says_what_came_of_it(played: tuple[Ask, str, Path]) -> None:
    _, said, home = played
    assert "did not hold" not in said
    for fact in ("wallets", "snapshot", "copied", "refused: ", "exit: ", "equity", "journal rows in the warehouse"):
        assert f" {fact}" in said
    assert "(100.00 %)" in said
    events = [json.loads(line)["event"] for line in (home / "logs" / "decisions.jsonl").read_text().splitlines()]
    assert {"copied", "rejected", "filled", "exit"} <= set(events)


def test_status_positions_traders_and_decisions_speak_json(
    played: tuple[Ask, str, Path],
) -> None:
    ask, _, _ = played
    status = json.loads(ask("status", "--json").stdout)
    assert (status["mode"], status["gate"]) == ("paper", "open")
    positions = json.loads(ask("positions", "--json").stdout)
    assert len(positions) == status["positions"]
    traders = json.loads(ask("traders", "--json").stdout)
    # Ids begin with their as_of: the copies of the round were scored after the runner ended.
    assert traders["snapshot_id"] > status["snapshot"]
    ranks = [trader["rank"] for trader in traders["traders"]]
    assert ranks == sorted(ranks, reverse=True)
    newest = [json.loads(line) for line in ask("decisions", "--json", "--limit", "5").stdout.splitlines()]
    assert len(newest) == 5
    assert all("seq" in line and "event" in line for line in newest)


def test_an_operator_command_waits_for_the_next_runner(
    played: tuple[Ask, str, Path],
) -> None:
    ask, _, _ = played
    result = ask("halt", "--reason", "a test")
    assert result.returncode == 0
    assert "left for the runner" in result.stdout


def test_a_replay_agrees_until_a_threshold_changes(played: tuple[Ask, str, Path], tmp_path: Path) -> None:
    ask, _, home = played
    same = ask("replay")
    assert same.returncode == 0
    assert "(100.00 %)" in same.stdout
    changed = yaml.safe_load((home / "config.yaml").read_text())
    changed["filter"]["min_leader_notional"] = 1_000_000.0
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(changed))
    differs = ask("replay", "--config", str(other), "--json")
    assert differs.returncode == 3
    found = json.loads(differs.stdout)
    assert {"recorded": "copied", "replayed": "dust"} in [
        {name: one[name] for name in ("recorded", "replayed")} for one in found["differences"]
    ]
    assert found["causes"].keys() == {"config"}


def test_a_backtest_of_the_same_home_writes_its_report(
    played: tuple[Ask, str, Path],
) -> None:
    ask, _, home = played
    leader = json.loads(ask("traders", "--json", "--limit", "1").stdout)["traders"][0]["wallet"]
    result = ask("backtest", "--from", "2026-02-20", "--to", "2026-02-23", "--leaders", leader, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert sum(found["decisions"].values()) > 0
    assert Path(found["report"]).is_relative_to(home / "reports")
    assert Path(found["report"]).exists()


def test_a_second_round_in_the_same_home_is_refused(
    played: tuple[Ask, str, Path],
) -> None:
    ask, _, _ = played
    assert ask("demo", "--once").returncode == 1


def test_skilled_takers_score_above_everyone_else_and_are_copied(
    played: tuple[Ask, str, Path],
) -> None:
    ask, _, home = played
    kinds = {wallet.address: wallet.kind for wallet in default_world().wallets}
    p_pos: dict[str, list[float]] = {}
    for trader in json.loads(ask("traders", "--json", "--limit", "100").stdout)["traders"]:
        p_pos.setdefault(kinds[trader["wallet"]], []).append(trader["p_pos"])
    skilled = statistics.median(p_pos.pop("skilled_taker"))
    assert {"noise", "favourite_buyer", "longshot_gambler"} <= set(p_pos)
    assert all(max(values) < skilled for values in p_pos.values())
    lines = [json.loads(line) for line in (home / "logs" / "decisions.jsonl").read_text().splitlines()]
    assert "skilled_taker" in {kinds[line["wallet"]] for line in lines if line["event"] == "copied"}
