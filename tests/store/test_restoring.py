"""A journal that was lost comes back: from a copy, from what was exported, or from both."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.errors import StateError
from copytrade_live.settings import Home
from copytrade_live.store import commands
from copytrade_live.store.backup import back_up, forget_old, look_into
from copytrade_live.store.decision_log import DecisionLog
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal
from copytrade_live.store.restoring import restore
from tests import builders
from tests.builders import NOW, at
from tests.cli.journals import write_journal

DAY = 86_400_000


def story(count: int) -> list[object]:
    return [*builders.opening(), *(builders.leader_fill(NOW + n, signal_id=f"f{n}") for n in range(count))]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    write_journal(made.state, story(3), DecisionConfig())  # type: ignore[arg-type]
    return made


def rows_of(state: Path) -> list[object]:
    with Journal.open_reader(state) as journal:
        return list(journal.read())


def go_on(home: Home, *observations: object, exports: bool) -> None:
    with Journal.open(home.state, "paper") as journal:
        for one in observations:
            journal.append("run-2", [one])  # type: ignore[list-item]
        if exports:
            Exporter(home.export, journal).export()
        DecisionLog(home.decisions, journal).catch_up()


def test_a_copy_is_whole_and_private_while_a_runner_writes(home: Home) -> None:
    ends, written = threading.Event(), []

    def write() -> None:
        with Journal.open(home.state, "paper") as journal:
            while not ends.is_set():
                written.append(journal.append("run-2", [builders.book_seen(NOW, 0.4, 0.5)])[-1])

    runner = threading.Thread(target=write)
    runner.start()
    try:
        while not written:
            pass
        before = written[-1]
        made = back_up(home.state, home.backups, NOW)
    finally:
        ends.set()
        runner.join()
    assert before <= made.last_seq <= written[-1]
    assert rows_of(made.path) == rows_of(home.state)[: made.last_seq]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [path.name for path in home.backups.iterdir() if path.suffix != ".sqlite"] == []


def test_the_newest_copies_of_a_mode_stay(home: Home) -> None:
    made = [back_up(home.state, home.backups, NOW + day * DAY).path for day in range(4)]
    other = home.backups / "state-live-20260301T000000Z.sqlite"
    other.touch()
    assert forget_old(home.backups, "paper", 2) == made[:2]
    assert sorted(home.backups.iterdir()) == sorted([*made[2:], other])


def test_what_was_exported_after_the_copy_comes_back_too(home: Home) -> None:
    made = back_up(home.state, home.backups, NOW)
    go_on(home, builders.leader_fill(NOW + 9, signal_id="later"), exports=True)
    known = rows_of(home.state)
    home.state.write_bytes(b"no database any more")
    done = restore(home.state, home.export, "paper", NOW, made.path)
    assert rows_of(home.state) == known
    assert (done.from_backup, done.from_export) == (made.last_seq, 1)
    assert done.set_aside is not None
    assert done.set_aside.read_bytes() == b"no database any more"
    # Both ends fit: a runner goes on exporting where the journal ends.
    go_on(home, builders.leader_fill(NOW + 10, signal_id="next"), exports=True)


def test_the_exported_journal_alone_is_enough(home: Home) -> None:
    go_on(home, exports=True)
    known = rows_of(home.state)
    home.state.unlink()
    restore(home.state, home.export, "paper", NOW)
    assert rows_of(home.state) == known
    assert stat.S_IMODE(home.state.stat().st_mode) == 0o600
    assert [path.name for path in home.root.iterdir() if path.name.startswith("restored-")] == []


def test_a_command_that_was_taken_after_the_copy_is_not_taken_again(home: Home) -> None:
    command_id = commands.ask(home.state, Verb.RESUME, by="me", asked_at=NOW)
    made = back_up(home.state, home.backups, NOW)
    taken = OperatorCommanded(**at(NOW + 5), command_id=command_id, verb=Verb.RESUME, by="me", note="")
    go_on(home, taken, exports=True)
    restore(home.state, home.export, "paper", NOW, made.path)
    with Journal.open(home.state, "paper") as journal:
        assert commands.pending(journal.connection, home.state, NOW) == []


def test_decisions_that_are_lost_leave_the_log_and_those_after_them_are_in_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYTRADE_HOME", str(home.root))
    go_on(home, exports=False)
    made = back_up(home.state, home.backups, NOW)
    known = home.decisions.read_text()
    write_journal(home.state, [builders.leader_fill(NOW + 9, signal_id="lost")], DecisionConfig())
    go_on(home, exports=False)
    assert home.decisions.read_text() != known
    done = CliRunner().invoke(build_app(["restore"]), ["restore", str(made.path), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["last_seq"] == made.last_seq
    assert home.decisions.read_text() == known


@pytest.mark.parametrize("wrong", ["missing", "damaged", "other mode"])
def test_a_copy_that_cannot_be_used_changes_nothing(home: Home, tmp_path: Path, wrong: str) -> None:
    known, copy = rows_of(home.state), tmp_path / "copy.sqlite"
    if wrong == "damaged":
        copy.write_bytes(back_up(home.state, home.backups, NOW).path.read_bytes()[:9000])
    elif wrong == "other mode":
        write_journal(copy, story(1), DecisionConfig(), mode="live")  # type: ignore[arg-type]
    with pytest.raises(StateError, match=r"copy\.sqlite"):
        restore(home.state, home.export, "paper", NOW, copy)
    assert rows_of(home.state) == known


def test_a_copy_of_another_journal_than_was_exported_is_refused(home: Home, tmp_path: Path) -> None:
    go_on(home, exports=True)
    other = tmp_path / "other" / "state.sqlite"
    write_journal(other, [*builders.opening(), builders.leader_fill(signal_id="other")], DecisionConfig())
    with pytest.raises(StateError, match="different things at seq"):
        restore(home.state, home.export, "paper", NOW, other)


def test_nothing_is_restored_under_a_runner_or_from_nothing(home: Home) -> None:
    made = back_up(home.state, home.backups, NOW)
    with Journal.open(home.state, "paper"), pytest.raises(StateError, match="another runner writes"):
        restore(home.state, home.export, "paper", NOW, made.path)
    with pytest.raises(StateError, match="holds no exported journal"):
        restore(home.state, home.export, "paper", NOW)


def test_the_verb_says_where_the_copy_is_and_how_far_it_goes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRADE_HOME", str(home.root))
    done = CliRunner().invoke(build_app(["backup"]), ["backup"])
    assert done.exit_code == 0, done.output
    (made,) = home.backups.iterdir()
    assert str(made) in done.stdout
    assert look_into(made).last_seq == len(rows_of(home.state))
