"""The decision log loses no line and doubles none, wherever a crash falls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from copytrade_live.errors import DiskFull
from copytrade_live.follow import LogFollower
from copytrade_live.store.decision_log import DecisionLog, put_aside
from copytrade_live.store.journal import Journal


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def whole_log(tmp_path, journal):
    path = tmp_path / "whole.jsonl"
    DecisionLog(path, journal).catch_up()
    return path.read_bytes()


def test_every_rejection_is_one_line_with_reason_and_the_leaders_fill(tmp_path, journal, steps):
    for events in steps(3):
        journal.append("paper-1", events)
    path = tmp_path / "logs" / "decisions.jsonl"
    assert DecisionLog(path, journal).catch_up() == 3
    first = lines_of(path)[0]
    assert first["event"] == "rejected"
    assert first["reason"] == "gate_closed"
    assert first["ts"].endswith("Z")
    assert (first["leader_price"], first["leader_size"], first["lag_seconds"]) == (0.5, 200.0, 0.5)


def test_a_restart_between_commit_and_log_adds_what_is_missing(tmp_path, journal, steps):
    path, made = tmp_path / "decisions.jsonl", steps(5)
    for events in made[:3]:
        journal.append("paper-1", events)
    DecisionLog(path, journal).catch_up()
    for events in made[3:]:
        journal.append("paper-1", events)
    restarted = DecisionLog(path, journal)
    restarted.catch_up()
    restarted.catch_up()
    assert path.read_bytes() == whole_log(tmp_path, journal)


@pytest.mark.parametrize("cut", [1, 5, 60, 400, 10_000])
def test_a_torn_tail_is_repaired(tmp_path, journal, steps, cut):
    for events in steps(5):
        journal.append("paper-1", events)
    path = tmp_path / "decisions.jsonl"
    DecisionLog(path, journal).catch_up()
    content = path.read_bytes()
    path.write_bytes(content[: max(0, len(content) - cut)])
    DecisionLog(path, journal).catch_up()
    assert path.read_bytes() == content


def test_a_tail_of_zeroes_after_a_power_cut_is_repaired(tmp_path, journal, steps):
    for events in steps(4):
        journal.append("paper-1", events)
    path = tmp_path / "decisions.jsonl"
    DecisionLog(path, journal).catch_up()
    content = path.read_bytes()
    path.write_bytes(content[:-300] + b"\0" * 300)
    DecisionLog(path, journal).catch_up()
    assert path.read_bytes() == content


LOGGER = """
import sys
from pathlib import Path
from copytrade_live.core.events import SignalRejected
from copytrade_live.core.market import Side
from copytrade_live.core.reasons import RejectReason
from copytrade_live.follow import LogFollower
from copytrade_live.store.decision_log import DecisionLog, put_aside
from copytrade_live.store.journal import Journal
journal = Journal.open(Path(sys.argv[1]), "paper")
log = DecisionLog(Path(sys.argv[2]), journal)
log.catch_up()
number = 0
while True:
    number += 1
    event = SignalRejected(event_at=number, observed_at=number, signal_id=f"s{number}", wallet="0x1", token_id="1",
        condition_id="0xc", side=Side.BUY, snapshot_id=None, reason=RejectReason.HALTED, measured=None, limit=None)
    journal.append("paper-1", [event])
    if number % 3 == 0:
        log.catch_up()
    print(number, flush=True)
"""


def test_a_log_killed_at_any_moment_ends_up_as_if_never_killed(tmp_path):
    state, path = tmp_path / "state.sqlite", tmp_path / "decisions.jsonl"
    for wait in (5, 17, 31):
        writer = subprocess.Popen([sys.executable, "-c", LOGGER, str(state), str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(wait):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    with Journal.open(state, "paper") as journal:
        DecisionLog(path, journal).catch_up()
        assert [line["seq"] for line in lines_of(path)] == list(range(1, journal.last_seq + 1))
        assert path.read_bytes() == whole_log(tmp_path, journal)


def test_a_full_log_is_put_aside_and_the_next_goes_on_where_it_ended(tmp_path, journal, steps):
    path = tmp_path / "logs" / "decisions.jsonl"
    for events in steps(12):
        journal.append("paper-1", events)
        # A fresh log each time: what was put aside counts as written after a restart too.
        DecisionLog(path, journal, megabytes=0.001, keep=100).catch_up()
    aside = put_aside(path)
    assert len(aside) > 2
    parts = [part.read_bytes() for _, part in aside] + ([path.read_bytes()] if path.exists() else [])
    assert b"".join(parts) == whole_log(tmp_path, journal)
    assert all(lines_of(part)[-1]["seq"] == seq for seq, part in aside)


def test_only_the_newest_full_logs_are_kept(tmp_path, journal, steps):
    path = tmp_path / "decisions.jsonl"
    log = DecisionLog(path, journal, megabytes=0.0001, keep=2)
    for events in steps(6):
        journal.append("paper-1", events)
        log.catch_up()
    assert [seq for seq, _ in put_aside(path)] == [journal.last_seq - 2, journal.last_seq]


def test_who_follows_the_log_misses_nothing_when_it_is_put_aside(tmp_path, journal, steps):
    path = tmp_path / "decisions.jsonl"
    log, follower, seen = DecisionLog(path, journal, megabytes=0.001, keep=100), LogFollower(path), []
    for number, events in enumerate(steps(9)):
        journal.append("paper-1", events)
        log.catch_up()
        if number % 2:
            seen += [line["seq"] for line in follower.new_decisions()]
    seen += [line["seq"] for line in follower.new_decisions()]
    assert seen == [json.loads(line)["seq"] for line in whole_log(tmp_path, journal).splitlines()]


def test_a_journal_that_could_not_be_read_once_leaves_no_gap_in_the_log(tmp_path, journal, steps, monkeypatch):
    for made in steps(4):
        journal.append("paper-1", made)
    log = DecisionLog(tmp_path / "decisions.jsonl", journal)

    def full(*given):
        raise DiskFull("no room to sort")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "read_types", full)
        with pytest.raises(DiskFull):
            log.catch_up()
    assert log.catch_up() == 4
