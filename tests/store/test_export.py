"""Exported segments cover the journal exactly: no gap, no overlap, the same bytes every time."""

from __future__ import annotations

import json
import os

import pytest

from copytrade_live.errors import DiskFull, InputFileError, StateError
from copytrade_live.store import export, rows, segments
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal


def fill(journal, made):
    for events in made:
        journal.append("paper-1", events)


def read_all(folder):
    return [row for segment in segments.find_segments(folder) for row in segments.read_segment(segment.path)]


def test_segments_hold_the_whole_journal_in_order(tmp_path, journal, steps):
    exporter = Exporter(tmp_path / "export", journal)
    made = steps(10)
    for part in (made[:3], made[3:4], made[4:]):
        fill(journal, part)
        exporter.export()
    assert exporter.export() == []
    assert read_all(tmp_path / "export") == list(journal.read())
    assert len(segments.find_segments(tmp_path / "export")) == 3


def test_segment_names_carry_first_and_last_seq_in_twelve_digits(tmp_path, journal, steps):
    fill(journal, steps(2))
    (path,) = Exporter(tmp_path / "export", journal).export()
    assert path.name == f"events-000000000001-{journal.last_seq:012d}.jsonl"


def test_a_long_journal_is_cut_into_bounded_segments(tmp_path, journal, steps, monkeypatch):
    monkeypatch.setattr(export, "MAX_SEGMENT_EVENTS", 4)
    fill(journal, steps(9))
    paths = Exporter(tmp_path / "export", journal).export()
    assert all(next(segments.read_segment(path)).caused_by is None for path in paths)
    assert len(paths) >= journal.last_seq // 4
    assert read_all(tmp_path / "export") == list(journal.read())


def test_a_restart_goes_on_after_the_last_segment_and_clears_half_written_files(tmp_path, journal, steps):
    made = steps(6)
    fill(journal, made[:4])
    Exporter(tmp_path / "export", journal).export()
    half = tmp_path / "export" / "events-000000000009-000000000010.jsonl.part"
    half.write_bytes(b'{"seq":')
    fill(journal, made[4:])
    Exporter(tmp_path / "export", journal).export()
    assert not half.exists()
    assert read_all(tmp_path / "export") == list(journal.read())


def test_two_exports_of_one_journal_are_byte_identical(tmp_path, journal, steps):
    fill(journal, steps(5))
    for name in ("one", "two"):
        Exporter(tmp_path / name, journal).export()
    (one,), (two,) = (segments.find_segments(tmp_path / name) for name in ("one", "two"))
    assert one.path.read_bytes() == two.path.read_bytes()


def test_a_line_has_the_fields_of_the_contract(tmp_path, journal, steps):
    fill(journal, steps(1))
    (path,) = Exporter(tmp_path / "export", journal).export()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(
        set(line) == {"seq", "run_id", "type", "version", "caused_by", "event_at", "observed_at", "payload"}
        for line in lines
    )
    assert rows.to_line(journal.row(1)) == path.read_bytes().splitlines(keepends=True)[0]


def test_the_heartbeat_says_who_lives_and_how_far_it_is(tmp_path, journal, steps):
    fill(journal, steps(1))
    Exporter(tmp_path / "export", journal).beat("paper-1", "paper", 77)
    assert json.loads((tmp_path / "export" / "heartbeat.json").read_text()) == {
        "run_id": "paper-1",
        "mode": "paper",
        "written_at": 77,
        "last_seq": journal.last_seq,
    }


def test_a_missing_segment_is_an_error_and_not_a_silent_gap(tmp_path, journal, steps):
    made = steps(6)
    exporter = Exporter(tmp_path / "export", journal)
    for part in (made[:2], made[2:]):
        fill(journal, part)
        exporter.export()
    segments.find_segments(tmp_path / "export")[0].path.unlink()
    with pytest.raises(StateError, match="missing or doubled"):
        Exporter(tmp_path / "export", journal)


def test_an_export_folder_of_another_journal_is_refused(tmp_path, journal, steps):
    fill(journal, steps(3))
    Exporter(tmp_path / "export", journal).export()
    with Journal.open(tmp_path / "other.sqlite", "paper") as other:
        other.append("paper-2", steps(0)[0])
        with pytest.raises(StateError, match="another journal"):
            Exporter(tmp_path / "export", other)


@pytest.mark.parametrize("damage", ["", "not json\n", "[1]\n", '{"seq": 1}\n', '{"seq":'])
def test_a_damaged_line_is_named_by_file_and_number(tmp_path, journal, steps, damage):
    fill(journal, steps(2))
    (path,) = Exporter(tmp_path / "export", journal).export()
    lines = path.read_text().splitlines(keepends=True)
    broken = damage or lines[1][:-20] + "\n"
    path.write_text("".join([lines[0], broken, *lines[2:]]))
    with pytest.raises(InputFileError, match="line 2"):
        list(segments.read_segment(path))


def test_nothing_is_exported_that_a_power_cut_could_still_take_from_the_journal(tmp_path, journal, steps, monkeypatch):
    synced: list[str] = []
    sync = os.fsync

    def note(handle: int) -> None:
        synced.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
        sync(handle)

    exporter = Exporter(tmp_path / "export", journal)
    monkeypatch.setattr(os, "fsync", note)
    first, second = steps(1)
    journal.append("paper-1", first, may_wait=True)
    assert exporter.export_next() is not None
    assert synced[0].endswith("-wal")
    synced.clear()
    # The next step asks for the disk and finds it full: what waited before it still waits.
    journal.append("paper-1", second, may_wait=True)
    connection = journal.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    too_much = [one for made in steps(500)[2:] for one in made]
    with pytest.raises(DiskFull):
        journal.append("paper-1", too_much)
    assert exporter.export_next() is not None
    assert synced[0].endswith("-wal")
