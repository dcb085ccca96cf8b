from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copytrade_live.errors import ConfigError, InputFileError
from copytrade_pipelines.ingest.dumps import import_dumps
from copytrade_pipelines.warehouse import Warehouse
from tests.venue.rows_on_the_wire import TOKEN, v1_fill, v2_activity, v2_fill
from tests.venue.samples import SHARED, needs_shared

TX = "0x" + "77" * 32
Rows = list[dict[str, Any]]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(path=str(tmp_path / "warehouse.duckdb"))


def query(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.connect() as con:
        return con.execute(sql).fetchall()


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet(rows: Rows) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "rows.csv": as_csv,
    "rows.json": lambda rows: json.dumps(rows).encode(),
    "envelope.json": lambda rows: json.dumps({"data": rows, "pagination": {"has_more": False}}).encode(),
    "rows.jsonl": lambda rows: "\n".join(json.dumps(row) for row in rows).encode(),
    "rows.parquet": as_parquet,
    "bom.csv": lambda rows: b"\xef\xbb\xbf" + as_csv(rows),
    "misleading.txt": lambda rows: json.dumps(rows).encode(),
}


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("row", [v1_fill, v2_fill])
def test_every_format_gives_the_same_fills(
    tmp_path: Path, warehouse: Warehouse, name: str, gzipped: bool, row: Callable[..., dict[str, Any]]
) -> None:
    content = FORMATS[name]([row(), row(size=3), row(timestamp=1_789_381_400, size=4)])
    path = tmp_path / (name + ".gz" if gzipped else name)
    path.write_bytes(gzip.compress(content) if gzipped else content)
    summary = import_dumps([path], warehouse)
    assert (summary.new_fills, summary.duplicates, summary.quarantined) == (3, 0, 0)
    found = query(warehouse, "SELECT DISTINCT token_id, role, epoch(observed_at - event_at) FROM raw.fills")
    assert found == [(TOKEN, "unknown", 10.0)]
    assert import_dumps([path], warehouse).new_fills == 0


def test_rows_that_are_not_trades_go_to_activity(tmp_path: Path, warehouse: Warehouse) -> None:
    path = tmp_path / "activity.json"
    path.write_text(json.dumps([v2_fill(type="TRADE"), v2_activity("REDEEM"), v2_activity("MERGE")]))
    summary = import_dumps([path], warehouse)
    assert (summary.new_fills, summary.new_activity) == (1, 2)
    assert query(warehouse, "SELECT type FROM raw.activity ORDER BY 1") == [("MERGE",), ("REDEEM",)]


def test_local_times_are_read_in_the_zone_that_was_named(tmp_path: Path, warehouse: Warehouse) -> None:
    path = tmp_path / "local.csv"
    rows = [v1_fill(timestamp="2026-01-08 12:31:08"), v1_fill(timestamp="2026-07-08 12:31:08", transactionHash=TX)]
    path.write_bytes(as_csv(rows))
    import_dumps([path], warehouse, "America/New_York")
    times = query(warehouse, "SELECT event_at::VARCHAR FROM raw.fills ORDER BY 1")
    assert times == [("2026-01-08 17:31:08",), ("2026-07-08 16:31:08",)]  # the second in summer time


def test_times_with_an_offset_keep_it_and_spreadsheet_seconds_are_read(tmp_path: Path, warehouse: Warehouse) -> None:
    path = tmp_path / "mixed.csv"
    rows = [v1_fill(timestamp="2026-01-08T12:31:08Z"), v1_fill(timestamp="1767875468.0", transactionHash=TX)]
    path.write_bytes(as_csv(rows))
    import_dumps([path], warehouse, "America/New_York")
    assert query(warehouse, "SELECT DISTINCT event_at::VARCHAR FROM raw.fills") == [("2026-01-08 12:31:08",)]


def test_rows_without_a_transaction_are_one_fill_when_equal(tmp_path: Path, warehouse: Warehouse) -> None:
    path = tmp_path / "old.jsonl"
    row = v1_fill()
    del row["transactionHash"]
    path.write_text("\n".join(json.dumps(item) for item in [row, row, row | {"timestamp": 1_789_381_478}]))
    summary = import_dumps([path], warehouse)
    assert (summary.files[0].read, summary.new_fills, summary.duplicates) == (3, 2, 1)


def test_rows_that_do_not_fit_are_quarantined_once_and_the_others_stay(tmp_path: Path, warehouse: Warehouse) -> None:
    path = tmp_path / "dirty.json"
    path.write_text(json.dumps([v1_fill(), v1_fill(price=7), v1_fill(timestamp="someday")]))
    for _ in range(2):
        summary = import_dumps([path], warehouse)
        assert summary.quarantined == 2
    found = query(warehouse, "SELECT source, field, value, payload ->> '$.side' FROM raw.quarantine ORDER BY field")
    assert found == [("import/dirty.json", "price", "7", "BUY"), ("import/dirty.json", "timestamp", "someday", "BUY")]


def test_a_later_file_fills_in_blanks_and_changes_nothing_else(tmp_path: Path, warehouse: Warehouse) -> None:
    early, late = tmp_path / "early.json", tmp_path / "late.json"
    early.write_text(json.dumps([v2_fill(outcome_index=999, event_slug="")]))
    late.write_text(json.dumps([v2_fill(outcome_index=1, event_slug="an-event", title="")]))
    import_dumps([early, late], warehouse)
    found = query(warehouse, "SELECT outcome_index, event_slug, title, source FROM raw.fills")
    assert found == [(1, "an-event", "A title", "import/early.json")]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.json", b"  \n", "is empty"),
        ("no-rows.json", b"[]", "holds no rows"),
        ("header.csv", b"proxyWallet,timestamp\n", "holds no rows"),
        ("cut.json.gz", gzip.compress(json.dumps([v1_fill()] * 50).encode())[:-20], "truncated or damaged gzip"),
        ("cut.json", json.dumps([v1_fill()] * 2).encode()[:-30], "broken JSON at line 1"),
        ("cut.jsonl", (json.dumps(v1_fill()) + "\n" + json.dumps(v1_fill())[:-9]).encode(), "broken JSON at line 2"),
        ("cut.parquet", as_parquet([v1_fill()])[:-30], "truncated or damaged Parquet"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\xff\xd8", "neither text nor Parquet"),
        ("other.csv", b"a,b\n1,2\n", "has no proxyWallet column; its columns are a, b"),
        ("numbers.json", b"[1, 2]", "is JSON, but not a list of objects"),
        ("prose.txt", b"Dear diary,\ntoday I traded.\n", "has no proxyWallet column"),
        ("quotes.csv", b'proxyWallet,timestamp\n"0x12,3\n', "is not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_imported(
    tmp_path: Path, warehouse: Warehouse, name: str, content: bytes, problem: str
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / name
    good.write_text(json.dumps([v1_fill()]))
    bad.write_bytes(content)
    with pytest.raises(InputFileError) as caught:
        import_dumps([good, bad], warehouse)
    assert str(bad) in str(caught.value)
    assert problem in str(caught.value)
    assert "nothing was imported" in str(caught.value)
    assert query(warehouse, "SELECT * FROM raw.fills") == []


@pytest.mark.parametrize(("name", "problem"), [("absent.csv", "does not exist"), (".", "cannot be read")])
def test_a_path_that_is_no_file_is_named(tmp_path: Path, warehouse: Warehouse, name: str, problem: str) -> None:
    with pytest.raises(InputFileError, match=problem):
        import_dumps([tmp_path / name], warehouse)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "America", "../etc/passwd", "EST5EDT4"])
def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path, warehouse: Warehouse, zone: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([v1_fill()]))
    with pytest.raises(ConfigError, match="--timezone must be a name like America/New_York"):
        import_dumps([path], warehouse, zone)


@needs_shared
def test_the_recorded_dumps_give_their_stated_counts_and_a_second_import_changes_nothing(warehouse: Warehouse) -> None:
    raw = SHARED / "data" / "raw_api"
    local = [raw / "raw_historical_trades_20260108.csv.gz"]
    others = [raw / "onchain_activity.json.gz", raw / "whale1_activity.json.gz"]
    first, second = import_dumps(local, warehouse, "America/New_York"), import_dumps(others, warehouse)
    assert (first.files[0].read, first.new_fills, first.duplicates) == (2852, 2254, 598)
    assert [(file.new_fills, file.new_activity) for file in second.files] == [(298, 202), (76, 23)]
    assert first.quarantined + second.quarantined == 0
    counts = """
        SELECT count(*), count(DISTINCT wallet), count(DISTINCT condition_id),
               min(event_at)::VARCHAR, max(event_at)::VARCHAR
        FROM raw.fills WHERE source = 'import/raw_historical_trades_20260108.csv.gz'
    """
    expected = [(2254, 686, 18, "2026-01-08 09:40:07", "2026-01-08 23:00:36")]
    assert query(warehouse, counts) == expected
    again = import_dumps(local, warehouse, "America/New_York"), import_dumps(others, warehouse)
    assert [(summary.new_fills, summary.new_activity) for summary in again] == [(0, 0), (0, 0)]
    assert query(warehouse, counts) == expected
