"""The runner's journal comes back into the warehouse: whole, once, and with its bad lines kept."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from copytrade_live.core.codec import encode
from copytrade_live.core.events import HaltTripped, RunStarted, SignalRejected, TimerFired
from copytrade_live.core.market import Side
from copytrade_live.core.reasons import HaltReason, RejectReason
from copytrade_live.settings import Home
from copytrade_pipelines.assets import live_journal
from copytrade_pipelines.ingest.journal import read_lines, segments_of
from tests.pipelines.score_world import home_in, resources, rows_of

NOW = 1_760_000_000_000
TIMES = {"event_at": NOW, "observed_at": NOW + 5}
STARTED = RunStarted(
    **TIMES, run_id="run-1", mode="paper", code_version="v", config_digest="d", starting_cash=1_000_000_000
)
REJECTED = SignalRejected(
    **TIMES, signal_id="s", wallet="0xa", token_id="t", condition_id="c", side=Side.BUY, snapshot_id=None,
    reason=RejectReason.GATE_CLOSED, measured=None, limit=None,
)  # fmt: skip
HALTED = HaltTripped(**TIMES, reason=HaltReason.OPERATOR, measured=None, limit=None)
TIMER = TimerFired(**TIMES)


def line(seq: int, event: Any, /, *, run_id: str = "run-1", **changed: Any) -> str:
    content = encode(event) | {"seq": seq, "run_id": run_id, "caused_by": seq - 1 if event is REJECTED else None}
    return json.dumps(content | changed, sort_keys=True)


def export(home: Home, first: int, lines: list[str]) -> None:
    home.export.mkdir(parents=True, exist_ok=True)
    name = f"events-{first:012d}-{first + len(lines) - 1:012d}.jsonl"
    (home.export / name).write_text("\n".join(lines) + "\n")


def ingest(home: Home, instance: dg.DagsterInstance) -> dict[str, Any]:
    result = dg.materialize(live_journal.ASSETS, instance=instance, resources=resources(home))
    (event,) = result.asset_materializations_for_node("live_journal")
    return {name: value.value for name, value in event.metadata.items()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


def test_every_segment_is_ingested_once_with_the_mode_of_its_run(home: Home) -> None:
    export(home, 1, [line(1, STARTED), line(2, TIMER)])
    with dg.DagsterInstance.ephemeral() as instance:
        assert ingest(home, instance)["new_rows"] == 2
        export(home, 3, [line(3, TIMER), line(4, REJECTED)])
        second = ingest(home, instance)
        third = ingest(home, instance)
    rows = rows_of(home, "select run_id, seq, mode, type, caused_by from raw.journal order by seq")
    assert rows == [
        ("run-1", 1, "paper", "RunStarted", None),
        ("run-1", 2, "paper", "TimerFired", None),
        ("run-1", 3, "paper", "TimerFired", None),
        ("run-1", 4, "paper", "SignalRejected", 3),
    ]
    assert (second["new_rows"], second["new_segments"], second["dagster/row_count"]) == (2, 1, 4)
    assert (third["new_rows"], third["new_segments"], third["dagster/row_count"]) == (0, 0, 4)
    assert third["decisions"] == {"rejected: gate_closed": 1}


def test_the_journal_of_real_money_is_ingested_beside_that_of_paper_and_told_apart_by_mode(home: Home) -> None:
    real = dataclasses.replace(STARTED, run_id="run-2", mode="live")
    export(home, 1, [line(1, STARTED), line(2, REJECTED)])
    export(home.live(), 1, [line(1, real, run_id="run-2"), line(2, REJECTED, run_id="run-2")])
    beats = [(home, "run-1", "paper", NOW), (home.live(), "run-2", "live", NOW + 1)]
    for one, run_id, mode, at in beats:
        beat = {"run_id": run_id, "mode": mode, "written_at": at, "last_seq": 2}
        (one.export / "heartbeat.json").write_text(json.dumps(beat))
    with dg.DagsterInstance.ephemeral() as instance:
        first, second = ingest(home, instance), ingest(home, instance)
    rows = rows_of(home, "select mode, run_id, seq, type from raw.journal order by mode, seq")
    assert rows == [
        ("live", "run-2", 1, "RunStarted"),
        ("live", "run-2", 2, "SignalRejected"),
        ("paper", "run-1", 1, "RunStarted"),
        ("paper", "run-1", 2, "SignalRejected"),
    ]
    assert (first["new_segments"], first["new_rows"], second["new_rows"]) == (2, 4, 0)
    assert (first["mode"], first["run"]) == ("live", "run-2")


def test_payload_and_times_arrive_as_they_were_written(home: Home) -> None:
    export(home, 1, [line(1, STARTED)])
    with dg.DagsterInstance.ephemeral() as instance:
        ingest(home, instance)
    ((payload, event_at, observed_at),) = rows_of(
        home, "select payload, epoch_ms(event_at), epoch_ms(observed_at) from raw.journal"
    )
    assert json.loads(payload) == encode(STARTED)["payload"]
    assert (event_at, observed_at) == (NOW, NOW + 5)


BAD = [
    ('{"seq": 2, "run_id"', "not JSON"),
    ("[]", "must be an object, was a list"),
    (line(2, TIMER, seq="two"), "seq must be a whole number, was 'two'"),
    (line(2, TIMER, payload=None), "payload an object"),
    (line(2, TIMER, caused_by="1"), "caused_by must be"),
    (line(2, TIMER, type="Invented"), "Invented"),
    (line(2, HALTED, payload={"reason": "boredom", "measured": None, "limit": None}), "boredom"),
]


@pytest.mark.parametrize(("bad", "said"), BAD, ids=[said for _, said in BAD])
def test_a_line_that_is_no_event_is_set_aside_with_what_is_wrong_with_it(home: Home, bad: str, said: str) -> None:
    export(home, 1, [line(1, STARTED), bad, line(3, TIMER)])
    (path,) = segments_of(home.export)
    good, aside = read_lines(path)
    assert [row["seq"] for row in good] == [1, 3]
    ((reason, payload),) = [(row.reason, row.payload) for row in aside]
    assert payload == bad
    assert said in reason
    assert f"{path.name} line 2" in reason


def test_bad_lines_are_quarantined_once_and_the_others_are_kept(home: Home) -> None:
    export(home, 1, [line(1, STARTED), "{", line(3, TIMER)])
    with dg.DagsterInstance.ephemeral() as instance:
        assert ingest(home, instance)["quarantined"] == 1
        assert ingest(home, instance)["quarantined"] == 0
    assert rows_of(home, "select seq from raw.journal order by seq") == [(1,), (3,)]
    assert rows_of(home, "select source, payload from raw.quarantine") == [("journal", "{")]


def test_a_segment_that_ends_in_a_bad_line_is_not_ingested_twice(home: Home) -> None:
    export(home, 1, [line(1, STARTED), '{"seq": 2'])
    with dg.DagsterInstance.ephemeral() as instance:
        ingest(home, instance)
        assert ingest(home, instance)["new_rows"] == 0
    assert len(rows_of(home, "select * from raw.quarantine")) == 1


def test_the_heartbeat_names_the_mode_of_a_run_whose_start_is_missing(home: Home) -> None:
    export(home, 1, [line(1, TIMER, run_id="run-9"), line(2, TIMER, run_id="run-8")])
    heartbeat = {"run_id": "run-9", "mode": "paper", "written_at": NOW, "last_seq": 2}
    (home.export / "heartbeat.json").write_text(json.dumps(heartbeat))
    with dg.DagsterInstance.ephemeral() as instance:
        metadata = ingest(home, instance)
    assert rows_of(home, "select mode from raw.journal order by seq") == [("paper",), ("unknown",)]
    assert metadata["heartbeat_age_seconds"] > 0
    assert (metadata["mode"], metadata["run"]) == ("paper", "run-9")


def test_without_an_export_there_is_nothing_to_ingest(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert ingest(home, instance)["dagster/row_count"] == 0
