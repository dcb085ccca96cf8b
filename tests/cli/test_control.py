"""Verbs that tell a runner something leave exactly the command meant, where the right runner finds it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.commands import control
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.settings import Home
from copytrade_live.store import commands
from copytrade_live.store.journal import Journal
from tests import builders
from tests.cli.journals import write_journal
from tests.predecessor.test_defects import losing_run

WALLET = "0x" + "ab" * 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No runner runs here, so nobody waits for one."""
    monkeypatch.setattr(control, "PATIENCE_SECONDS", 0.0)


@pytest.fixture
def home() -> Home:
    home = Home(Path(os.environ["COPYTRADE_HOME"]))
    write_journal(home.state, losing_run()[:-1], DecisionConfig())
    return home


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app([arguments[0]]), list(arguments))
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def left(home: Home) -> list[OperatorCommanded]:
    """What the runner of this home will find."""
    with Journal.open_reader(home.state) as journal:
        return commands.pending(journal.connection, home.state, 2**45)


def test_each_verb_is_the_command_it_names(home: Home) -> None:
    for arguments in (
        ["halt", "--reason", "lunch"],
        ["halt", "--stop"],
        ["resume"],
        ["cutoff", WALLET.upper().replace("X", "x")],
        ["uncutoff", WALLET],
    ):
        assert call(*arguments)[0] == 0
    found = left(home)
    assert [one.verb for one in found] == [Verb.HALT, Verb.STOP, Verb.RESUME, Verb.CUTOFF, Verb.UNCUTOFF]
    assert found[0].note == "lunch"
    assert [one.wallet for one in found[3:]] == [WALLET, WALLET]
    assert all(one.by for one in found)


def test_a_halt_reaches_paper_and_live_alike(home: Home) -> None:
    write_journal(home.live().state, builders.opening(), DecisionConfig(), mode="live")
    _, output = call("halt")
    assert [line.split(":")[0] for line in output.splitlines()] == ["paper halt", "live halt"]
    assert [one.verb for one in left(home)] == [one.verb for one in left(home.live())] == [Verb.HALT]


def test_a_position_is_closed_by_the_beginning_of_its_id(home: Home) -> None:
    assert call("close", builders.YES[:6])[0] == 0
    assert call("close", "all")[0] == 0
    assert [(one.verb, one.argument) for one in left(home)] == [(Verb.CLOSE_POSITION, builders.YES)] * 2
    code, output = call("close", "999")
    assert code == 1
    assert "copytrade positions" in output


def test_no_switch_goes_above_the_ceiling(home: Home) -> None:
    write_journal(home.live().state, builders.opening(), DecisionConfig(), mode="live")
    code, output = call("mode", "live")
    assert code == 1
    assert "safety.dry_run" in output
    assert left(home.live()) == []
    home.config.write_text("safety: {dry_run: false}\n")
    assert call("mode", "live")[0] == 0
    assert call("mode", "paper")[0] == 0
    assert [(one.verb, one.argument) for one in left(home.live())] == [(Verb.MODE, "live"), (Verb.MODE, "paper")]
    assert left(home) == []
    assert "ceiling" in call("mode", "show")[1]


def test_without_live_trading_there_is_nothing_to_switch(home: Home) -> None:
    code, output = call("mode", "paper")
    assert code == 1
    assert "--live" in output


def test_a_config_with_a_mistake_is_not_even_asked_to_be_read_again(home: Home) -> None:
    home.config.write_text("filter: {max_spred: 1}\n")
    code, output = call("reload")
    assert code == 1
    assert "did you mean" in output
    assert left(home) == []
    home.config.write_text("filter: {max_spread: 0.5}\n")
    assert call("reload")[0] == 0
    assert [one.verb for one in left(home)] == [Verb.RELOAD]


def test_commands_of_an_older_database_still_arrive(home: Home) -> None:
    with Journal.open(home.state, "paper") as journal:
        journal.connection.execute("ALTER TABLE commands DROP COLUMN argument")
        journal.connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'add_argument_to_commands'")
        journal.connection.execute("PRAGMA user_version = 2")
    assert call("halt")[0] == 0
    assert [one.verb for one in left(home)] == [Verb.HALT]
