"""What the runner believes of published files: nothing that it did not verify."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.core.score import Gate
from copytrade_live.errors import SnapshotError
from copytrade_live.published import GateReader, SnapshotReader, load_snapshot, read_pointer
from copytrade_live.settings import Home
from copytrade_pipelines.publishing import publish_gate
from tests.pipelines.snapshots import AS_OF, publish

GATE = Gate(is_open=False, reasons=("no_snapshot: x",), snapshot_id=None, written_at=AS_OF, valid_until=AS_OF + 90_000)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def edit_pointer(home: Home, **changed: Any) -> None:
    path = home.published / "scores.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_before_anything_is_published_there_is_nothing_and_nothing_wrong(home: Home) -> None:
    reader = SnapshotReader(home)
    assert read_pointer(home) is None
    assert reader.poll() is None
    assert reader.current is None


def test_a_new_snapshot_is_handed_out_once_with_all_its_numbers(home: Home) -> None:
    reader = SnapshotReader(home)
    pointer = publish(home, "0xa", "0xb")
    snapshot = reader.poll()
    assert snapshot is not None
    assert (snapshot.snapshot_id, snapshot.as_of) == (pointer.snapshot_id, AS_OF)
    score = snapshot.rows["0xb"]["overall"]
    assert (score.p_pos, score.n_events, score.flags, score.q_value) == (0.9, 30, ("thin", "imputed"), None)
    assert reader.poll() is None
    assert reader.current is snapshot


def test_the_next_snapshot_takes_its_place(home: Home) -> None:
    reader = SnapshotReader(home)
    publish(home)
    reader.poll()
    publish(home, "0xc", as_of=AS_OF + 1000)
    snapshot = reader.poll()
    assert snapshot is not None
    assert set(snapshot.rows) == {"0xc"}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def tamper(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "said"), [(truncate, "truncated or changed"), (tamper, "SHA-256"), (remove, "cannot be read")]
)
def test_a_damaged_snapshot_is_refused_and_the_last_good_one_kept(home: Home, damage: Any, said: str) -> None:
    reader = SnapshotReader(home)
    publish(home)
    good = reader.poll()
    pointer = publish(home, "0xc", as_of=AS_OF + 1000)
    damage(home.published / pointer.file)
    for _ in range(2):  # it stays wrong for as long as it is wrong
        with pytest.raises(SnapshotError, match=said):
            reader.poll()
    assert reader.current is good


def test_a_mended_snapshot_is_taken_without_a_new_pointer(home: Home) -> None:
    reader = SnapshotReader(home)
    pointer = publish(home)
    file = home.published / pointer.file
    content = file.read_bytes()
    truncate(file)
    with pytest.raises(SnapshotError):
        reader.poll()
    file.write_bytes(content)
    assert reader.poll() is not None


def test_the_current_snapshot_is_noticed_when_it_is_tampered_with_later(home: Home) -> None:
    reader = SnapshotReader(home)
    pointer = publish(home)
    reader.poll()
    truncate(home.published / pointer.file)
    with pytest.raises(SnapshotError, match="truncated or changed"):
        reader.poll()
    assert reader.current is not None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema_version": 2}, "schema_version 2, this code reads 1"),
        ({"rows": 3}, "has 2 rows, the pointer says 3"),
        ({"rows": "many"}, "rows must be a whole number"),
        ({"snapshot_id": ""}, "snapshot_id must be a text"),
        ({"snapshot_id": "20251009T085320Z-00000000"}, "does not name sha256"),
        ({"file": "../../etc/passwd"}, "outside"),
    ],
)
def test_a_pointer_that_does_not_fit_is_refused(home: Home, changed: dict[str, Any], said: str) -> None:
    publish(home)
    edit_pointer(home, **changed)
    with pytest.raises(SnapshotError, match=said):
        SnapshotReader(home).poll()


def test_a_pointer_that_is_not_json_is_refused(home: Home) -> None:
    publish(home)
    (home.published / "scores.json").write_text('{"schema_ver')
    with pytest.raises(SnapshotError, match="cannot be read as JSON"):
        SnapshotReader(home).poll()


def test_a_pointer_that_goes_away_is_said_and_the_snapshot_kept(home: Home) -> None:
    reader = SnapshotReader(home)
    publish(home)
    reader.poll()
    (home.published / "scores.json").unlink()
    with pytest.raises(SnapshotError, match="is gone; still using snapshot"):
        reader.poll()
    assert reader.current is not None


def test_an_older_snapshot_does_not_replace_a_newer_one(home: Home) -> None:
    reader = SnapshotReader(home)
    publish(home)
    newer = reader.poll()
    publish(home, "0xc", as_of=AS_OF - 1000)
    with pytest.raises(SnapshotError, match="went back in time"):
        reader.poll()
    assert reader.current is newer


@pytest.mark.parametrize("p_pos", [float("inf"), 1.5])
def test_a_number_that_is_none_is_refused(home: Home, p_pos: float) -> None:
    publish(home, p_pos=p_pos)
    with pytest.raises(SnapshotError, match="p_pos of 0xa"):
        SnapshotReader(home).poll()


def test_two_rows_of_one_wallet_and_category_are_refused(home: Home) -> None:
    publish(home, "0xa", "0xa")
    with pytest.raises(SnapshotError, match="two rows for 0xa in overall"):
        SnapshotReader(home).poll()


def test_a_file_of_other_columns_is_refused(home: Home) -> None:
    pointer = publish(home)
    file = home.published / pointer.file
    file.write_bytes(b"PAR1 but nothing else")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    other = dataclasses.replace(pointer, sha256=digest)
    with pytest.raises(SnapshotError, match="does not have the columns"):
        load_snapshot(home, other)


def test_the_gate_is_what_its_file_says_now(home: Home) -> None:
    reader = GateReader(home)
    assert reader.poll() is None
    publish_gate(home, GATE)
    assert reader.poll() == GATE
    assert reader.poll() == GATE
    opened = dataclasses.replace(GATE, is_open=True, reasons=(), snapshot_id="s", written_at=AS_OF + 5000)
    publish_gate(home, opened)
    assert reader.poll() == opened
    (home.published / "gate.json").unlink()
    assert reader.poll() is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema_version": 1, "is_open": "yes", "reasons": []}'])
def test_a_gate_that_cannot_be_read_is_refused_every_time(home: Home, content: str) -> None:
    home.published.mkdir(parents=True)
    (home.published / "gate.json").write_text(content)
    reader = GateReader(home)
    for _ in range(2):
        with pytest.raises(SnapshotError):
            reader.poll()
