"""Every write to a raw table is numbered, so that whoever builds on it can take the new and changed rows only."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from copytrade_pipelines.changes import (
    NOTHING_SEEN,
    changed_since,
    forget_marks,
    newest_seq,
    read_mark,
    write_mark,
)
from copytrade_pipelines.ingest.tables import arrow
from copytrade_pipelines.ingest.upsert import Change, upsert
from copytrade_pipelines.warehouse import Warehouse, ensure_schema
from copytrade_pipelines.warehouse_schema import COLUMNS, LOADED_SEQ

WALLETS = "raw.wallets"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    ensure_schema(connection)
    return connection


def wallets(**fills: int) -> pa.Table:
    empty = dict.fromkeys(COLUMNS[WALLETS])
    return arrow(WALLETS, [empty | {"wallet": name, "fills": count} for name, count in fills.items()])


def changed(con: duckdb.DuckDBPyConnection, mark: int) -> list[str]:
    return sorted(str(row[0]) for row in changed_since(con, WALLETS, mark).select("wallet").fetchall())


def test_new_and_changed_rows_are_above_the_mark_and_equal_ones_stay_below(con: duckdb.DuckDBPyConnection) -> None:
    upsert(con, WALLETS, wallets(a=1, b=1))
    mark = newest_seq(con, WALLETS)
    assert changed(con, mark) == []

    assert upsert(con, WALLETS, wallets(a=1, b=2, c=1)) == Change(new=1, changed=1)

    assert changed(con, mark) == ["b", "c"]
    assert changed(con, NOTHING_SEEN) == ["a", "b", "c"]


def test_numbers_grow_across_tables_and_sessions(tmp_path: Path) -> None:
    warehouse = Warehouse(path=str(tmp_path / "warehouse.duckdb"))
    seen = []
    for name in ("a", "b", "c"):
        with warehouse.connect() as con:
            upsert(con, WALLETS, wallets(**{name: 1}))
            con.execute(
                "insert into raw.prices (token_id, \"at\", mid) values (?, timestamp '2026-01-01', 0.5)", [name]
            )
            seen += [newest_seq(con, WALLETS), newest_seq(con, "raw.prices")]
    assert seen == sorted(set(seen))


def test_an_empty_table_has_nothing_newest(con: duckdb.DuckDBPyConnection) -> None:
    assert newest_seq(con, WALLETS) == NOTHING_SEEN


def test_a_consumer_has_one_mark_a_table_until_it_forgets(con: duckdb.DuckDBPyConnection) -> None:
    assert read_mark(con, "episodes", WALLETS) == NOTHING_SEEN
    write_mark(con, "episodes", WALLETS, 3)
    write_mark(con, "episodes", WALLETS, 7)
    write_mark(con, "scores", WALLETS, 5)
    assert (read_mark(con, "episodes", WALLETS), read_mark(con, "scores", WALLETS)) == (7, 5)
    forget_marks(con, "episodes")
    assert (read_mark(con, "episodes", WALLETS), read_mark(con, "scores", WALLETS)) == (NOTHING_SEEN, 5)


def test_a_file_from_before_there_were_numbers_opens_and_its_rows_come_first(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    warehouse = Warehouse(path=str(path))
    with warehouse.connect() as con:
        upsert(con, WALLETS, wallets(old=1))
        con.execute(f"alter table {WALLETS} drop column {LOADED_SEQ}")
        con.execute(f"alter table {WALLETS} drop column coverage")

    with warehouse.connect() as con:
        assert con.execute(f"select wallet, coverage, {LOADED_SEQ} from {WALLETS}").fetchall() == [("old", None, 0)]
        upsert(con, WALLETS, wallets(new=1))
        assert changed(con, 0) == ["new"]
        assert changed(con, NOTHING_SEEN) == ["new", "old"]
