"""What is built in the warehouse: by which code, from what, and up to where its rules were checked."""

# Relations come from our own model files, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

import duckdb

from copytrade_pipelines.changes import NOTHING_SEEN, newest_seq
from copytrade_pipelines.sql_render import Materialized, Relation
from copytrade_pipelines.warehouse_schema import BUILDS, COLUMNS, ensure_bookkeeping

# Tokens map a table to [number of its last change, number of its last full build, rows].
Tokens = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One row of raw.builds.

    version is of everything that made it, changed_seq the number of the last build that changed a row, full_seq that
    of the last build from nothing. inputs are the tokens it was built from as text, None where one could not be known.
    checked_seq is up to where rules of rules_version all passed.
    """

    relation: str
    materialized: Materialized
    version: str
    changed_seq: int
    full_seq: int
    reads: tuple[str, ...]
    inputs: str | None
    rules_version: str = ""
    checked_seq: int = NOTHING_SEEN


_COLUMNS = tuple(field.name for field in fields(State))


def read_states(con: duckdb.DuckDBPyConnection) -> Mapping[str, State]:
    """What is known of every built table."""
    try:
        rows = con.execute(f"SELECT {', '.join(_COLUMNS)} FROM {BUILDS}").fetchall()
    except duckdb.CatalogException:  # a database that Warehouse did not open
        ensure_bookkeeping(con)
        return {}
    return {state.relation: state for state in map(_state, rows)}


def read_state(con: duckdb.DuckDBPyConnection, relation: Relation | str) -> State | None:
    """What is known of one table, None when nothing is."""
    return read_states(con).get(str(relation))


def _state(row: tuple[object, ...]) -> State:
    found = State(**dict(zip(_COLUMNS, row, strict=True)))  # type: ignore[arg-type]  # as the table stores them
    return replace(found, materialized=Materialized(found.materialized), reads=tuple(found.reads))


def write_state(con: duckdb.DuckDBPyConnection, state: State) -> None:
    """Remember what was built; in the transaction that built it."""
    con.execute(f"DELETE FROM {BUILDS} WHERE relation = ?", [state.relation])
    row = replace(state, reads=list(state.reads))  # type: ignore[arg-type]  # as the table stores them
    values = [getattr(row, name) for name in _COLUMNS]
    con.execute(f"INSERT INTO {BUILDS} VALUES ({', '.join('?' * len(values))})", values)


def kind_of(con: duckdb.DuckDBPyConnection, relation: Relation) -> str | None:
    """'table' or 'view' as the database has it, None when there is neither."""
    names = [relation.schema, relation.name]
    for kind in ("table", "view"):
        found = f"SELECT 1 FROM duckdb_{kind}s() WHERE schema_name = ? AND {kind}_name = ?"
        if con.execute(found, names).fetchall():
            return kind
    return None


def tokens_of(con: duckdb.DuckDBPyConnection, reads: Iterable[str], states: Mapping[str, State]) -> Tokens | None:
    """How the tables under some relations stand, views looked through. None when one is not ours to know."""
    found: dict[str, tuple[int, int, int]] = {}
    for relation in reads:
        state = states.get(relation)
        if state is not None and state.materialized is Materialized.VIEW:
            below = tokens_of(con, state.reads, states)
        else:
            below = _token(con, relation, state)
        if below is None:
            return None
        found |= below
    return found


def _token(con: duckdb.DuckDBPyConnection, relation: str, state: State | None) -> Tokens | None:
    if state is None and relation not in COLUMNS:
        return None
    changed, full = (newest_seq(con, relation), 0) if state is None else (state.changed_seq, state.full_seq)
    ((rows,),) = con.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return {relation: (changed, full, int(rows))}


def text_of(tokens: Tokens | None) -> str | None:
    """Tokens as raw.builds keeps them."""
    return None if tokens is None else json.dumps(tokens, sort_keys=True)


def tokens_in(text: str | None) -> Tokens:
    """Tokens that raw.builds kept."""
    return {} if text is None else {name: tuple(token) for name, token in json.loads(text).items()}


def why_full(state: State | None, version: str, tokens: Tokens | None) -> str:
    """Why a table has to be built from nothing; empty when a step from where it stands will do."""
    if state is None:
        return "not built yet"
    if state.version != version:
        return "its code, or that of a model it is made from, changed"
    earlier = tokens_in(state.inputs)
    for name, (_, full, rows) in (tokens or {}).items():
        before = earlier.get(name)
        if before is None:
            continue
        if rows < before[2]:
            return f"{name} lost {before[2] - rows} rows, which numbers of changes do not tell"
        if full != before[1]:
            return f"{name} was built from nothing"
    return ""
