"""What the dashboard follows is the journal, from wherever it starts and whatever becomes of the file."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.events import ScoresPublished
from copytrade_live.dashboard import milestones, past, projection
from copytrade_live.dashboard.history import rows
from copytrade_live.dashboard.milestones import MOST, Milestone, Milestones
from copytrade_live.dashboard.past import touches
from copytrade_live.dashboard.projection import Projection
from copytrade_live.dashboard.replica import Replica
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.explanation import explain_signal
from copytrade_live.settings import Home
from copytrade_live.store.backup import back_up
from copytrade_live.store.journal import Journal
from copytrade_live.store.restoring import restore
from copytrade_live.store.views import read_view
from tests import builders
from tests.builders import NOW
from tests.cli.journals import write_journal
from tests.dashboard.conftest import MakeStand, home_in, wait_for
from tests.dashboard.test_stream import journal_on, listening, told
from tests.predecessor.test_defects import losing_run


def test_rows_that_are_left_out_change_nothing(tmp_path) -> None:
    home = Home(tmp_path / "run")
    write_journal(home.state, losing_run(), DecisionConfig())
    with Journal.open_reader(home.state) as journal:
        state, left_out = initial_state(), 0
        for row in journal.read():
            after = evolve(state, row.event)
            if not touches(row, state):
                assert after is state
                left_out += 1
            state = after
    assert left_out >= 0


def test_what_is_added_is_followed_and_the_replica_with_it(make_stand: MakeStand) -> None:
    stand = make_stand()
    journal_on(stand.home, builders.leader_fill(NOW + 6000, signal_id="f3", size=5.0))
    wait_for(lambda: stand.desk.projection.place.seq == read_view(stand.home.state).last_seq)
    stand.wait()
    browser = stand.client(Role.VIEWER)
    assert [one["signal_id"] for one in browser.get("/api/signals").json()["items"]] == ["f3", "f2", "f1"]
    assert stand.desk.projection.place.state == read_view(stand.home.state).state


def test_a_long_journal_is_shown_at_once_and_its_past_in_portions(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(past, "PORTION", 3)
    home = Home(tmp_path / "run")
    write_journal(home.state, losing_run(), DecisionConfig())
    followed = Projection(home.state, tmp_path / "replica.sqlite")
    seen: list[int] = []

    def has_read_all() -> bool:
        place = followed.place
        seen.append(place.seq)
        return place.seq == place.history_seq > 0

    followed.start()
    try:
        wait_for(has_read_all)
        assert followed.place.state == read_view(home.state).state
    finally:
        followed.stop()
    assert set(seen) <= {0, read_view(home.state).last_seq}


def test_another_journal_in_its_place_is_followed_from_its_beginning(make_stand: MakeStand, tmp_path) -> None:
    stand = make_stand()
    (tmp_path / "other").mkdir()
    other = home_in(tmp_path / "other")
    journal_on(other, builders.leader_fill(NOW + 6000, signal_id="other", size=5.0))
    for path in stand.home.root.glob("state.sqlite*"):
        path.unlink()
    shutil.copy(other.state, stand.home.state)
    wait_for(lambda: stand.desk.history.signal_of("other") is not None)


def test_after_a_restore_a_running_dashboard_shows_what_came_back_and_browsers_read_again(
    make_stand: MakeStand,
) -> None:
    stand = make_stand()
    home, place = stand.home, lambda: stand.desk.projection.place
    made = back_up(home.state, home.backups, NOW)
    journal_on(home, builders.leader_fill(NOW + 6000, signal_id="lost", size=5.0))
    wait_for(lambda: stand.desk.history.signal_of("lost") is not None)
    browser = stand.client(Role.VIEWER)
    with listening(browser) as (found, _):
        wait_for(lambda: bool(told(found, "overview")))
        restore(home.state, home.export, "paper", NOW, backup=made.path)
        wait_for(lambda: place().seq == made.last_seq)
        wait_for(lambda: str(made.last_seq) in [one["id"] for one in told(found, "reset")])
    stand.wait()
    assert [one["signal_id"] for one in browser.get("/api/signals").json()["items"]] == ["f2", "f1"]
    # What a runner adds from here on goes to the new file, and is followed there.
    journal_on(home, builders.leader_fill(NOW + 7000, signal_id="new", size=5.0))
    wait_for(lambda: stand.desk.history.signal_of("new") is not None)
    assert stand.desk.history.signal_of("lost") is None


def test_a_journal_replaced_while_it_is_opened_is_not_taken_for_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, other = home_in(tmp_path), home_in(tmp_path / "other")
    journal_on(other, builders.leader_fill(NOW + 6000, signal_id="other", size=5.0))
    last, opened = read_view(other.state).last_seq, Journal.open_reader

    def open_and_replace(path: Path, *, is_checked: bool = False) -> Journal:
        journal = opened(path, is_checked=is_checked)
        if other.state.exists():
            for one in home.state.parent.glob("state.sqlite*"):
                one.unlink()
            other.state.rename(home.state)
        return journal

    monkeypatch.setattr(Journal, "open_reader", open_and_replace)
    monkeypatch.setattr(projection, "RETRY_SECONDS", 0.05)
    followed = Projection(home.state, tmp_path / "replica.sqlite")
    followed.start()
    try:
        wait_for(lambda: followed.place.seq == last)
        assert followed.place.journal == 2
    finally:
        followed.stop()


def test_a_journal_that_appears_later_is_followed(make_stand: MakeStand, tmp_path) -> None:
    empty = Home(tmp_path / "empty")
    empty.root.mkdir()
    stand = make_stand(place=empty)
    assert stand.desk.projection.place.problem
    write_journal(empty.state, builders.opening(), DecisionConfig())
    wait_for(lambda: stand.desk.projection.place.seq > 0)
    stand.wait()


def test_why_from_a_milestone_is_why_from_the_beginning(make_stand: MakeStand, monkeypatch) -> None:
    monkeypatch.setattr(milestones, "_FIRST_STEP", 1)
    stand = make_stand()
    found = stand.client(Role.VIEWER).get("/api/signals/f2").json()
    assert stand.desk.projection.milestones.before(found["signal"]["seq"]) is not None
    said = explain_signal(stand.home.state, "f2", stand.desk.moment().decided_by)
    assert found["equity"] == said.context.portfolio.equity
    assert (found["run_id"], found["config_digest"]) == (said.run.run_id, said.config_digest)
    assert [one["measured"] for one in found["gates"]] == [one.measured for one in said.gates]


def test_a_replica_that_cannot_be_written_is_told_and_tried_again(
    make_stand: MakeStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(projection, "RETRY_SECONDS", 0.05)
    stand = make_stand()
    with monkeypatch.context() as patched:
        patched.setattr(Replica, "apply", full)
        journal_on(stand.home, builders.leader_fill(NOW + 6000, signal_id="f3", size=5.0))
        wait_for(lambda: "full" in stand.desk.moment().problem)
    wait_for(lambda: stand.desk.history.signal_of("f3") is not None)
    stand.wait()


def test_whoever_reads_finds_every_table_from_the_moment_there_is_a_replica(tmp_path: Path) -> None:
    for name in map(str, range(20)):
        path = tmp_path / name / "replica.sqlite"
        with ThreadPoolExecutor(1) as reader:
            found = reader.submit(_first_look, path)
            Replica(path)
            assert found.result(timeout=10.0) == []


def _first_look(path: Path) -> list[tuple[object, ...]]:
    while not path.exists():
        pass
    return rows(path, "SELECT content FROM signals UNION ALL SELECT token_id FROM marks")


def test_another_journal_empties_the_replica_at_once(tmp_path: Path) -> None:
    path = tmp_path / "replica.sqlite"
    replica = Replica(path)
    published = ScoresPublished(event_at=NOW, observed_at=NOW, snapshot=builders.snapshot())
    replica.begin()
    for seq in (1, 2):
        replica.apply(seq, published, initial_state())
    asked = "SELECT seq FROM snapshots"
    assert rows(path, asked) == []
    replica.commit()
    assert rows(path, asked) == [(1,), (2,)]
    replica.start_over()
    assert rows(path, asked) == []


def test_milestones_stay_few_however_long_the_way() -> None:
    kept = Milestones()
    for seq in range(0, 2_000_000, 500):
        kept.pass_by(Milestone(seq=seq, state=initial_state(), run=None, digest=""))
    assert len(kept._kept) <= MOST
    for seq in (10_000, 500_000, 1_999_999):
        found = kept.before(seq)
        assert found is None or seq - found.seq <= 2 * kept._step
