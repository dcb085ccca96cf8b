"""Tables of results in the warehouse: a row is replaced by its key, and a column that is new is added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from copytrade_pipelines.backtest.summary import COLUMNS as SUMMARY

RUNS = "marts.backtest_runs"
POINTS = "marts.sweep_points"
FOLDS = "marts.walk_forward_folds"

_ABOUT = {
    "from_at": "TIMESTAMP",
    "to_at": "TIMESTAMP",
    "leaders": "VARCHAR[]",
    "config_digest": "VARCHAR",
    "code_version": "VARCHAR",
}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    RUNS: {"run_id": "VARCHAR NOT NULL", **_ABOUT, **SUMMARY, "report": "VARCHAR"},
    POINTS: {
        "sweep_id": "VARCHAR NOT NULL",
        "point": "BIGINT NOT NULL",
        "points": "BIGINT",
        "changes": "VARCHAR",
        **_ABOUT,
        "tape": "VARCHAR",
        "engine": "VARCHAR",
        "refused": "VARCHAR",
        # The account at the end of each day since the start.
        "daily_equity": "DOUBLE[]",
        **SUMMARY,
    },
    FOLDS: {
        "walk_id": "VARCHAR NOT NULL",
        "fold": "BIGINT NOT NULL",
        "train_from": "TIMESTAMP",
        "train_to": "TIMESTAMP",
        "changes": "VARCHAR",
        "points": "BIGINT",
        "train_return": "DOUBLE",
        "unchanged_return": "DOUBLE",
        **_ABOUT,
        "daily_equity": "DOUBLE[]",
        **SUMMARY,
    },
}
_KEYS = {RUNS: ("run_id",), POINTS: ("sweep_id", "point"), FOLDS: ("walk_id", "fold")}


def write_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Put rows into a table, each in place of the one with its key. Times are milliseconds. Returns: rows of the table.

    What a row does not name stays empty; what the table does not know is left out.
    """
    columns = COLUMNS[table]
    body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create table if not exists {table} ({body})")
    for name, kind in columns.items():
        con.execute(f'alter table {table} add column if not exists "{name}" {kind.removesuffix(" NOT NULL")}')
    same = " and ".join(f'"{key}" = ?' for key in _KEYS[table])
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join("epoch_ms(cast(? as bigint))" if kind == "TIMESTAMP" else "?" for kind in columns.values())
    for row in rows:
        con.execute(f"delete from {table} where {same}", [row[key] for key in _KEYS[table]])  # noqa: S608 our own names
        con.execute(f"insert into {table} ({names}) values ({values})", [row.get(name) for name in columns])  # noqa: S608
    [[count]] = con.execute(f"select count(*) from {table}").fetchall()  # noqa: S608 our own table
    return int(count)
