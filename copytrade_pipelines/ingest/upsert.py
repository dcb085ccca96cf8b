"""The one way rows enter a raw table: by key, so that the same rows a second time change nothing."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from copytrade_pipelines.changes import next_seq
from copytrade_pipelines.warehouse_schema import COLUMNS, KEYS, LOADED_SEQ

_KEEP_OLD = "old.{name}"
_KEEP_UNLESS_TEXT = "coalesce(nullif(new.{name}, ''), old.{name})"
_KEEP_UNLESS_KNOWN = "coalesce(new.{name}, old.{name})"
_POSITION = ("status", "size", "total_size", "average_price", "realised_pnl", "total_pnl", "event_at")
_POSITION_MOVED = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in _POSITION)
# What a second sight of a row may change. Everything else is taken as last sent. The venue leaves names and outcome
# places blank right after a listing, and only one of the two fill listings knows the role.
_MERGES: dict[str, dict[str, str]] = {
    "raw.fills": {
        "source": _KEEP_OLD,
        "role": "CASE WHEN new.role = 'unknown' THEN old.role ELSE new.role END",
        "outcome": _KEEP_UNLESS_TEXT,
        "outcome_index": _KEEP_UNLESS_KNOWN,
        "title": _KEEP_UNLESS_TEXT,
        "slug": _KEEP_UNLESS_TEXT,
        "event_slug": _KEEP_UNLESS_TEXT,
    },
    "raw.activity": {"source": _KEEP_OLD},
    "raw.wallets": {
        "source": _KEEP_OLD,
        "coverage": _KEEP_UNLESS_KNOWN,
        "first_seen_at": _KEEP_UNLESS_KNOWN,
        "bucket": _KEEP_UNLESS_KNOWN,
        "excluded": _KEEP_UNLESS_KNOWN,
    },
    # Asked again and found the same, a position is as old as it was.
    "raw.positions": {"observed_at": f"CASE WHEN {_POSITION_MOVED} THEN new.observed_at ELSE old.observed_at END"},
    "raw.books": {
        "source": _KEEP_OLD,
        "observed_at": "least(new.observed_at, old.observed_at)",
        "condition_id": _KEEP_UNLESS_TEXT,
    },
    "raw.resolutions": {"winning_outcome": _KEEP_UNLESS_KNOWN},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an upsert did to a table."""

    new: int = 0
    changed: int = 0

    def __add__(self, other: Change) -> Change:
        return Change(new=self.new + other.new, changed=self.changed + other.changed)


NO_CHANGE = Change()


def upsert(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> Change:
    """Insert rows whose key is new, update those that differ, leave the others; keys must be distinct in rows.

    What was inserted or changed carries a new loaded_seq, one for the whole call; what was left keeps its own.
    """
    if rows.num_rows == 0:
        return NO_CHANGE
    seq = next_seq(con)
    con.register("incoming_rows", rows)
    try:
        is_more_than_its_key = len(COLUMNS[table]) > len(KEYS[table])
        changed = _count(con, _update_statement(table, seq)) if is_more_than_its_key else 0
        return Change(new=_count(con, _insert_statement(table, seq)), changed=changed)
    finally:
        con.unregister("incoming_rows")


def _update_statement(table: str, seq: int) -> str:
    merged = {name: _merged(table, name) for name in COLUMNS[table] if name not in KEYS[table]}
    setting = ", ".join(f'"{name}" = {value}' for name, value in {**merged, LOADED_SEQ: str(seq)}.items())
    differing = " OR ".join(f'old."{name}" IS DISTINCT FROM {value}' for name, value in merged.items())
    where = f"{_same(table)} AND ({differing})"
    return f"UPDATE {table} AS old SET {setting} FROM {_incoming(table)} AS new WHERE {where}"  # noqa: S608 our names


def _insert_statement(table: str, seq: int) -> str:
    unseen = (
        f"SELECT new.*, {seq} AS {LOADED_SEQ} "  # noqa: S608 our names
        f"FROM {_incoming(table)} AS new ANTI JOIN {table} AS old ON {_same(table)}"
    )
    return f"INSERT INTO {table} BY NAME {unseen}"


def _merged(table: str, name: str) -> str:
    return _MERGES.get(table, {}).get(name, 'new."{name}"').format(name=name)


def _incoming(table: str) -> str:
    # Arrow's milliseconds become the table's TIMESTAMP here, so that comparing does not see two types.
    columns = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in COLUMNS[table].items())
    return f"(SELECT {columns} FROM incoming_rows)"  # noqa: S608 our own column names


def _same(table: str) -> str:
    return " AND ".join(f'old."{key}" = new."{key}"' for key in KEYS[table])


def _count(con: duckdb.DuckDBPyConnection, statement: str) -> int:
    row = con.execute(statement).fetchone()
    return int(row[0]) if row else 0
