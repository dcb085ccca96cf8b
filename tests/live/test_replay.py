"""Replay: full agreement with what was done, differences named and classed, damaged journals refused."""

from __future__ import annotations

import re

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import BookObserved, GateObserved, LeaderFillObserved, RunStarted, ScoresPublished
from copytrade_live.core.market import MICRO, SECOND
from copytrade_live.errors import InputFileError, StateError
from copytrade_live.provenance import code_version, name_run
from copytrade_live.replay import Cause, read_rows, replay
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal
from tests.builders import NOW, book, gate, market, signal, snapshot

CONFIG = DecisionConfig()


def observations(code: str, digest: str):
    at = NOW - 10 * SECOND
    yield RunStarted(
        event_at=at,
        observed_at=at,
        run_id="paper-1",
        mode="paper",
        code_version=code,
        config_digest=digest,
        starting_cash=1000 * MICRO,
    )
    yield ScoresPublished(event_at=at, observed_at=at, snapshot=snapshot())
    yield GateObserved(event_at=at, observed_at=at, gate=gate())
    for number in range(6):
        now = NOW + number * SECOND
        # Every second fill is dust.
        seen = signal(signal_id=f"f{number}", event_at=now - 3000, observed_at=now, size=1000.0 if number % 2 else 20.0)
        yield LeaderFillObserved(
            event_at=seen.event_at, observed_at=now, signal=seen, book=book(observed_at=now), market=market()
        )
        yield BookObserved(event_at=now, observed_at=now, book=book(observed_at=now))


def record(journal: Journal, *, code: str = "", digest: str = "", config: DecisionConfig = CONFIG) -> None:
    state = initial_state()
    for observation in observations(code or code_version(), digest or config.digest()):
        done = step(state, observation, config)
        journal.append("paper-1", done.events)
        state = done.state


@pytest.fixture
def state_file(tmp_path):
    with Journal.open(tmp_path / "state.sqlite", "paper") as journal:
        record(journal)
        Exporter(tmp_path / "export", journal).export()
    return tmp_path / "state.sqlite"


def with_filter(**changes: float) -> DecisionConfig:
    return CONFIG.model_copy(update={"filter": CONFIG.filter.model_copy(update=changes)})


def test_unchanged_code_and_config_agree_on_everything(state_file):
    report = replay(read_rows(state_file), CONFIG)
    assert report.agrees
    assert report.agreed == report.decisions >= 6
    assert report.observations > report.decisions


def test_an_export_folder_and_its_segment_replay_as_the_database_does(state_file, tmp_path):
    whole = replay(read_rows(state_file), CONFIG)
    assert replay(read_rows(tmp_path / "export"), CONFIG) == whole
    (segment,) = (tmp_path / "export").glob("events-*.jsonl")
    assert replay(read_rows(segment), CONFIG) == whole


def test_a_changed_threshold_is_named_and_classed_as_config(state_file):
    report = replay(read_rows(state_file), with_filter(min_leader_notional=5.0))
    (change, count), *_ = report.differences.items()
    assert change[0] == "dust"
    assert change[1] != "dust"
    assert count >= 1
    assert set(report.causes) == {Cause.CONFIG}
    assert report.first[0].signal_id == "f0"


def test_one_difference_does_not_drag_others_behind_it(state_file):
    """A copy refused on replay is still held as recorded, so what followed it is judged by what was so."""
    report = replay(read_rows(state_file), with_filter(min_leader_notional=1e9))
    changed = [difference.signal_id for difference in report.first if difference.recorded != difference.replayed]
    copied = [difference.signal_id for difference in report.first if difference.recorded == "copied"]
    assert copied == ["f1"]
    assert set(changed) >= {"f1"}
    # The other large fills were refused for the order in flight and are now refused as dust; nothing else changed.
    assert all(difference.replayed == "dust" for difference in report.first)


def test_another_code_version_is_classed_as_code(tmp_path):
    with Journal.open(tmp_path / "state.sqlite", "paper") as journal:
        record(journal, code="0.0.1+old")
    report = replay(read_rows(tmp_path / "state.sqlite"), with_filter(min_leader_notional=5.0))
    assert set(report.causes) == {Cause.CODE}


def test_equal_code_and_config_that_disagree_are_classed_as_data(tmp_path):
    with Journal.open(tmp_path / "state.sqlite", "paper") as journal:
        record(journal, digest=CONFIG.digest(), config=with_filter(min_leader_notional=5.0))
    report = replay(read_rows(tmp_path / "state.sqlite"), CONFIG)
    assert set(report.causes) == {Cause.DATA}


def test_a_truncated_segment_is_named_by_its_line(state_file, tmp_path):
    (segment,) = (tmp_path / "export").glob("events-*.jsonl")
    content = segment.read_bytes()
    segment.write_bytes(content[:-30])
    count = content.count(b"\n")
    with pytest.raises(InputFileError, match=f"line {count}"):
        replay(read_rows(segment), CONFIG)


def test_a_journal_that_lacks_its_beginning_or_middle_is_refused(state_file, tmp_path):
    (segment,) = (tmp_path / "export").glob("events-*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    for broken in (lines[1:], lines[:4] + lines[5:]):
        segment.write_bytes(b"".join(broken))
        with pytest.raises(InputFileError, match="without a hole"):
            replay(read_rows(segment), CONFIG)


def test_what_is_not_a_journal_is_refused(tmp_path):
    with pytest.raises(InputFileError, match="no journal"):
        replay(read_rows(tmp_path / "nothing.sqlite"), CONFIG)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputFileError, match="no journal events"):
        replay(read_rows(tmp_path / "empty"), CONFIG)
    (tmp_path / "half.sqlite").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)
    with pytest.raises(StateError, match="damaged"):
        replay(read_rows(tmp_path / "half.sqlite"), CONFIG)


def test_an_event_of_another_version_is_named(state_file, tmp_path):
    (segment,) = (tmp_path / "export").glob("events-*.jsonl")
    segment.write_text(re.sub(r'"version":\d+', '"version":99', segment.read_text(), count=1))
    with pytest.raises(InputFileError, match="journal event 1"):
        replay(read_rows(segment), CONFIG)


def test_a_run_is_named_by_what_it_is():
    facts = {"mode": "paper", "config_digest": "c", "code": "1", "started_at": 5}
    assert name_run(**facts) == name_run(**facts)
    names = {name_run(**{**facts, key: value}) for key, value in (("mode", "live"), ("code", "2"), ("started_at", 6))}
    assert len(names | {name_run(**facts)}) == 4
