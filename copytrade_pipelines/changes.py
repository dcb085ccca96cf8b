"""What changed in a table since a consumer last looked: every write to a table of schema raw is numbered."""

# Table names are our own, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

import duckdb

from copytrade_pipelines.warehouse_schema import LOAD_SEQUENCE, LOADED_SEQ, MARKS

# Below every number a row can have: rows of files written before there were numbers have 0.
NOTHING_SEEN = -1


def next_seq(con: duckdb.DuckDBPyConnection) -> int:
    """A number above that of every write so far; one write stamps all its rows with it."""
    return _number(con, f"SELECT nextval('{LOAD_SEQUENCE}')")


def newest_seq(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of the newest row of a table, NOTHING_SEEN when it is empty. Answered from statistics: no scan."""
    return _number(con, f"SELECT coalesce(max({LOADED_SEQ}), {NOTHING_SEEN}) FROM {table}")


def changed_since(con: duckdb.DuckDBPyConnection, table: str, mark: int) -> duckdb.DuckDBPyRelation:
    """The rows written after a mark: new ones and changed ones as they are now. Deleted rows leave no trace."""
    return con.sql(f"SELECT * FROM {table} WHERE {LOADED_SEQ} > {int(mark)}")


def read_mark(con: duckdb.DuckDBPyConnection, consumer: str, table: str) -> int:
    """Up to where a consumer has read a table, NOTHING_SEEN before its first time."""
    rows = con.execute(f"SELECT seq FROM {MARKS} WHERE consumer = ? AND table_name = ?", [consumer, table]).fetchall()
    return int(rows[0][0]) if rows else NOTHING_SEEN


def write_mark(con: duckdb.DuckDBPyConnection, consumer: str, table: str, seq: int) -> None:
    """Remember up to where a consumer has read; in the transaction that writes what it made of it."""
    con.execute(f"DELETE FROM {MARKS} WHERE consumer = ? AND table_name = ?", [consumer, table])
    con.execute(f"INSERT INTO {MARKS} (consumer, table_name, seq) VALUES (?, ?, ?)", [consumer, table, seq])


def forget_marks(con: duckdb.DuckDBPyConnection, consumer: str) -> None:
    """Make a consumer begin again, as after a change of its code."""
    con.execute(f"DELETE FROM {MARKS} WHERE consumer = ?", [consumer])


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    ((number,),) = con.execute(sql).fetchall()  # fetchone would leave the result open, and block what comes next
    return int(number)
