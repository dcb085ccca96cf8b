"""An operator's command reaches the runner once, whatever happens in between."""

from __future__ import annotations

import pytest

from copytrade_live.core.events import Verb
from copytrade_live.errors import StateError
from copytrade_live.store import commands
from copytrade_live.store.journal import Journal


def test_a_command_is_pending_until_it_is_journaled(journal):
    command_id = commands.ask(journal.path, Verb.HALT, by="operator", asked_at=5, note="lunch")
    (seen,) = commands.pending(journal.connection, journal.path, now=10)
    assert (seen.command_id, seen.verb, seen.note, seen.event_at, seen.observed_at) == (
        command_id,
        Verb.HALT,
        "lunch",
        5,
        10,
    )
    assert commands.taken_seq(journal.path, command_id) is None
    (seq,) = journal.append("paper-1", [seen])
    assert commands.pending(journal.connection, journal.path, now=11) == []
    assert commands.taken_seq(journal.path, command_id) == seq


def test_a_restart_does_not_take_a_command_twice(tmp_path):
    path = tmp_path / "state.sqlite"
    with Journal.open(path, "paper") as journal:
        commands.ask(path, Verb.CUTOFF, by="operator", asked_at=1, wallet="0x" + "b" * 40)
        commands.ask(path, Verb.RESUME, by="operator", asked_at=2)
        first = commands.pending(journal.connection, path, now=3)[0]
        journal.append("paper-1", [first])
    with Journal.open(path, "paper") as journal:
        assert [seen.verb for seen in commands.pending(journal.connection, path, now=4)] == [Verb.RESUME]


def test_a_command_asked_by_a_clock_ahead_of_ours_did_not_happen_in_the_future(journal):
    commands.ask(journal.path, Verb.HALT, by="operator", asked_at=99)
    (seen,) = commands.pending(journal.connection, journal.path, now=10)
    assert seen.event_at == 10


def test_a_command_where_no_runner_ever_ran_says_so(tmp_path):
    with pytest.raises(StateError, match="start the runner first"):
        commands.ask(tmp_path / "state.sqlite", Verb.HALT, by="operator", asked_at=1)
