"""The journal keeps what was appended, whole steps at a time, and refuses what it must."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path

import pytest

from copytrade_live.errors import NotWrittenOut, StateError
from copytrade_live.failpoints import armed
from copytrade_live.ports import SignedOrder
from copytrade_live.secret import Secret
from copytrade_live.store import database
from copytrade_live.store.journal import Journal


def test_what_was_appended_is_read_back_as_the_same_events(journal, steps):
    made = steps(3)
    for events in made:
        journal.append("paper-1", events)
    assert list(journal.events()) == [event for events in made for event in events]
    assert [row.seq for row in journal.read()] == list(range(1, journal.last_seq + 1))


def test_facts_name_the_observation_they_answer(journal, steps):
    for events in steps(2):
        journal.append("paper-1", events)
    rows = list(journal.read())
    observations = {row.seq for row in rows if row.caused_by is None}
    facts = [row for row in rows if row.caused_by is not None]
    assert facts
    assert all(row.caused_by in observations and row.caused_by < row.seq for row in facts)


def test_a_reopened_journal_goes_on_where_it_ended(tmp_path, steps):
    path = tmp_path / "state.sqlite"
    first, second = steps(1)
    with Journal.open(path, "paper") as journal:
        last = journal.append("paper-1", first)[-1]
    with Journal.open(path, "paper") as journal:
        assert journal.append("paper-1", second)[0] == last + 1


def test_a_step_that_a_full_disk_cuts_short_leaves_nothing_behind(journal, steps):
    journal.append("paper-1", steps(0)[0])
    before = journal.last_seq
    pages = journal.connection.execute("PRAGMA page_count").fetchone()[0]
    journal.connection.execute(f"PRAGMA max_page_count = {pages}")
    big = [event for events in steps(200) for event in events]
    with pytest.raises(StateError, match="free disk space"):
        journal.append("paper-1", big)
    assert journal.last_seq == before
    journal.connection.execute("PRAGMA max_page_count = 1000000")
    assert journal.append("paper-1", big)[0] == before + 1


def test_what_comes_after_a_look_that_was_not_written_out_is_lost_with_it_so_nothing_may_come(
    tmp_path, steps, monkeypatch
):
    # What a failed fsync leaves: the system forgets what it did not write, and takes what follows.
    path, log = tmp_path / "state.sqlite", tmp_path / "state.sqlite-wal"
    first, look, later = steps(2)
    with Journal.open(path, "paper") as journal:
        last = journal.append("paper-1", first)[-1]
        before = log.read_bytes()
        journal.append("paper-1", look, may_wait=True)
        waits = log.read_bytes()
        journal.append("paper-1", later)
        unwritten = [place for place, (old, new) in enumerate(zip_longest(before, waits)) if old != new]
        disk = bytearray(log.read_bytes())
        for place in unwritten:
            disk[place] = before[place] if place < len(before) else 0
        crashed = tmp_path / "crashed" / path.name
        crashed.parent.mkdir()
        crashed.write_bytes(path.read_bytes())
        crashed.with_name(log.name).write_bytes(disk)
    with Journal.open(crashed, "paper") as journal:
        assert journal.last_seq == last

        def fail(handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        journal.append("paper-1", look, may_wait=True)
        seen = journal.last_seq
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            with pytest.raises(NotWrittenOut, match="start again"):
                journal.flush()
        for write in (journal.flush, partial(journal.append, "paper-1", later), partial(journal.check_writable, 1)):
            with pytest.raises(NotWrittenOut):
                write()
        assert journal.last_seq == seen


def test_a_start_writes_out_anew_what_the_run_before_left_in_its_log(tmp_path, steps):
    path, copy = tmp_path / "state.sqlite", tmp_path / "copy.sqlite"
    with Journal.open(path, "paper") as journal:
        last = journal.append("paper-1", steps(0)[0])[-1]
        reader = Journal.open_reader(path)
    with Journal.open(path, "paper"), reader:
        copy.write_bytes(path.read_bytes())
    with Journal.open_reader(copy) as journal:
        assert journal.last_seq == last


def test_the_journal_cannot_be_edited_or_shortened(journal, steps):
    journal.append("paper-1", steps(0)[0])
    for statement in ("UPDATE journal SET run_id = 'other'", "DELETE FROM journal"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            journal.connection.execute(statement)


def test_every_commit_is_forced_to_disk_and_readers_do_not_block(journal):
    assert journal.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert journal.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert journal.connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_second_runner_is_told_who_holds_the_journal(journal):
    code = (
        "import sys; from pathlib import Path; from copytrade_live.errors import StateError\n"
        "from copytrade_live.store.journal import Journal\n"
        "try:\n    Journal.open(Path(sys.argv[1]), 'paper')\n"
        "except StateError as error:\n    print(error); sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(journal.path)], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert "another runner" in done.stdout
    assert "stop that one first" in done.stdout


def test_paper_and_live_never_share_a_journal(tmp_path):
    Journal.open(tmp_path / "state.sqlite", "paper").close()
    with pytest.raises(StateError, match="belongs to mode paper and was opened for live"):
        Journal.open(tmp_path / "state.sqlite", "live")
    Journal.open(tmp_path / "state.sqlite", "paper").close()


def test_a_file_that_is_not_sqlite_is_named_and_left_alone(tmp_path):
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"these are not the rows you are looking for" * 100)
    before = path.read_bytes()
    with pytest.raises(StateError, match="damaged or not SQLite"):
        Journal.open(path, "paper")
    assert path.read_bytes() == before


def test_a_damaged_database_is_refused(tmp_path, steps):
    path = tmp_path / "state.sqlite"
    with Journal.open(path, "paper") as journal:
        for events in steps(200):
            journal.append("paper-1", events)
        journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * 8192)
    with pytest.raises(StateError, match=r"damaged"):
        Journal.open(path, "paper")


def test_a_schema_from_the_future_is_not_touched(tmp_path):
    path = tmp_path / "state.sqlite"
    Journal.open(path, "paper").close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError, match="upgrade copytrade"):
        Journal.open(path, "paper")


def test_a_reader_of_a_journal_that_is_not_there_is_told_to_start_the_runner(tmp_path):
    with pytest.raises(StateError, match="copytrade run"):
        Journal.open_reader(tmp_path / "state.sqlite")


def test_a_reader_sees_a_running_runners_commits(journal, steps):
    with Journal.open_reader(journal.path) as reader:
        journal.append("paper-1", steps(0)[0])
        assert reader.last_seq == journal.last_seq > 0


WRITER = """
import os, sys
from pathlib import Path
from copytrade_live.core.events import TimerFired
from copytrade_live.store.journal import Journal
journal = Journal.open(Path(sys.argv[1]), "paper")
number = 0
while True:
    number += 1
    seq = journal.append("paper-1", [TimerFired(event_at=number, observed_at=number)])[0]
    os.write(1, f"{seq}\\n".encode())
"""


def test_a_killed_writer_loses_nothing_it_had_acknowledged(tmp_path: Path):
    path = tmp_path / "state.sqlite"
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(40):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        writer.stdout.close()
        with Journal.open(path, "paper") as journal:
            assert journal.last_seq >= max(acknowledged, default=40)
            assert [row.seq for row in journal.read()] == list(range(1, journal.last_seq + 1))


def test_a_signed_order_is_on_disk_with_its_event_or_not_at_all(journal, steps):
    signed = SignedOrder(order_id="a-1", venue_order_id="0x01", payload=Secret('{"salt":1}'), signed_at=5)
    one = steps(0)[0]

    def die(point, detail):
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        armed(lambda point, detail: point == "journal.before_commit" and die(point, detail)),
    ):
        journal.append("live-1", one, signed)
    assert (journal.last_seq, journal.signed_order("a-1")) == (0, None)
    journal.append("live-1", one, signed)
    assert journal.signed_order("a-1") == signed
    assert "salt" not in repr(journal.signed_order("a-1"))


def test_one_order_is_signed_once(journal, steps):
    signed = SignedOrder(order_id="a-1", venue_order_id="0x01", payload=Secret("{}"), signed_at=5)
    journal.append("live-1", steps(0)[0], signed)
    with pytest.raises(StateError, match="signed_orders"):
        journal.append("live-1", steps(0)[0], replace(signed, venue_order_id="0x02"))


def test_the_state_database_is_for_its_owner_alone(journal, steps):
    journal.append("live-1", steps(0)[0])
    modes = {path.name: path.stat().st_mode & 0o777 for path in journal.path.parent.glob("state.sqlite*")}
    assert {mode for name, mode in modes.items() if not name.endswith(".lock")} == {0o600}


def test_a_large_file_is_opened_at_once_and_its_damage_found_beside_the_work(tmp_path, steps, monkeypatch):
    path = tmp_path / "state.sqlite"
    with Journal.open(path, "paper") as journal:
        for events in steps(200):
            journal.append("paper-1", events)
        root = journal.connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'commands'").fetchone()[0]
        size = journal.connection.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : (root - 1) * size + 8] = b"\xff" * 8
    path.write_bytes(bytes(content))
    with pytest.raises(StateError, match="damaged"):
        Journal.open(path, "paper")
    assert not database.is_large(path)
    monkeypatch.setattr(database, "CHECKED_AT_ONCE", 0)
    assert database.is_large(path)
    Journal.open(path, "paper").close()
    with pytest.raises(StateError, match="damaged"):
        database.check_large(path)
