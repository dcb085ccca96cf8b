"""Rows written in parts make one table, also when a run was interrupted after a cut."""

from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_pipelines.backtest.row_parts import RowParts

SCHEMA = pa.schema([("number", pa.int64()), ("word", pa.string())])


def rows(path: Path) -> list[int]:
    return list(pq.read_table(path)["number"].to_pylist())


def test_one_part_becomes_the_table_and_several_are_joined(tmp_path: Path) -> None:
    once, often = RowParts(tmp_path / "once.parquet", SCHEMA), RowParts(tmp_path / "often.parquet", SCHEMA)
    for number in range(5):
        once.append((number, "x"))
        often.append((number, "x"))
        often.cut()
    once.finish()
    often.finish()
    assert rows(tmp_path / "once.parquet") == rows(tmp_path / "often.parquet") == [0, 1, 2, 3, 4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["often.parquet", "once.parquet"]


def test_an_interrupted_table_goes_on_from_its_last_cut(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    found = RowParts(path, SCHEMA)
    found.append((1, "before"))
    found.cut()
    kept = pickle.dumps(found)
    found.append((2, "lost"))
    found.cut()
    found.append((3, "lost"))
    again = pickle.loads(kept)  # noqa: S301 our own bytes
    again.append((4, "after"))
    again.finish()
    assert rows(path) == [1, 4]
    assert [one.name for one in tmp_path.iterdir()] == ["rows.parquet"]


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    found = RowParts(tmp_path / "rows.parquet", SCHEMA)
    found.finish()
    assert pq.read_table(tmp_path / "rows.parquet").schema.names == ["number", "word"]
