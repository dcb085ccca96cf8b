"""`copytrade status`, `traders` and `orders`: what an operator looks at first."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.clock import SystemClock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import KillSwitchObserved, OperatorCommanded, Verb
from copytrade_live.core.market import HOUR
from copytrade_live.settings import CopytradeConfig
from copytrade_live.situation import blockers, leader_refusals
from tests import builders
from tests.builders import NOW, at
from tests.cli.journals import write_journal
from tests.cli.living import home, tell

CONFIG = DecisionConfig()


def ask(verb: str, *arguments: str) -> str:
    result = CliRunner().invoke(build_app([verb]), [verb, *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def journal(*more):
    return write_journal(home() / "state.sqlite", [*builders.opening(), *more], CONFIG)


def test_a_running_runner_shows_money_exposure_lags_and_that_entries_are_allowed():
    journal(builders.leader_fill())
    tell()
    found = json.loads(ask("status", "--json"))
    assert (found["mode"], found["ceiling"], found["ready"]) == ("paper", "paper", True)
    assert (found["entries"], found["entries_stopped_by"], found["halts"]) == ("allowed", [], [])
    assert (found["copying"], found["concerns"], found["gate"]) == ("on", [], "open")
    assert found["equity"] == found["cash"] == 1000.0
    assert 0 < found["reserved_cash"] < found["exposure_limit"] == 600.0
    assert found["exposure"] == pytest.approx(found["reserved_cash"])
    assert (found["positions"], found["working_orders"]) == (0, 1)
    assert found["lags"]["poll"]["p90"] == 5.0
    text = ask("status")
    assert "half within 2 s, 9 of 10 within 5 s" in text
    assert "http://127.0.0.1:9090/metrics" in text


def test_copying_while_a_feed_fails_is_called_degraded_and_why():
    journal()
    tell(failing={"poll": "no answer"})
    found = json.loads(ask("status", "--json"))
    assert (found["entries"], found["copying"]) == ("allowed", "degraded")
    assert found["concerns"] == ["poll fails: no answer"]
    assert "Copying, degraded" in ask("status")


def test_everything_that_stops_entries_is_named_at_once():
    halt = OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="op")
    journal(halt, KillSwitchObserved(**at(NOW), is_active=True))
    tell(now=NOW + 2 * HOUR)
    found = json.loads(ask("status", "--json"))
    assert found["entries"] == "stopped"
    assert found["gate"] == "expired"
    assert found["halts"] == ["kill_switch_file", "operator"]
    assert [one.split()[0] for one in found["entries_stopped_by"]] == ["kill_switch_file", "halted", "gate_closed"]


@pytest.mark.parametrize(
    "changes", [{"pid": 2**22 + 1}, {"written_at": SystemClock().now() - HOUR}, {"now": "nonsense"}]
)
def test_a_runner_that_is_gone_is_not_called_running(changes):
    journal()
    tell(**changes)
    found = json.loads(ask("status", "--json"))
    assert found["runner"] == "stopped"
    assert found["entries_stopped_by"][0] == "no runner runs"


def test_nothing_stops_a_healthy_runner_and_a_missing_snapshot_does():
    state = journal()
    assert blockers(state, CONFIG, NOW) == []
    fresh = write_journal(home() / "other.sqlite", builders.opening()[:1], CONFIG)
    assert [one.reason for one in blockers(fresh, CONFIG, NOW)] == ["gate_closed", "no_score"]


def test_what_refuses_a_leader_is_said_with_its_numbers():
    state = journal()
    weak = builders.score(p_pos=0.5, coverage=0.5)
    found = {one.reason: one.measured for one in leader_refusals(weak, CopytradeConfig(), state)}
    assert found == {"low_coverage": 0.5, "low_p_pos": 0.5}
    assert leader_refusals(builders.score(), CopytradeConfig(), state) == []


def test_working_orders_are_listed_with_what_they_are_for():
    journal(builders.leader_fill())
    (found,) = json.loads(ask("orders", "--json"))
    assert (found["side"], found["outcome"], found["for"], found["filled"]) == ("BUY", "Yes", "entry", 0.0)
    assert "1 order\n" in ask("orders")
