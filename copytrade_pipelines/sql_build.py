"""Builds a SQL model: a view, a table made anew, or a table that only takes what changed; held to its contract."""

# Names come from our own model files, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import duckdb

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.changes import next_seq
from copytrade_pipelines.sql_models import Model
from copytrade_pipelines.sql_render import Materialized, Relation, Select
from copytrade_pipelines.sql_state import State, Tokens, kind_of, read_states, text_of, tokens_of, why_full, write_state


class Way(StrEnum):
    """How a model came to be up to date."""

    VIEW = "view"
    FULL = "full"
    STEP = "incremental"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build did. why says why a table that could have taken a step was built from nothing.

    Shape: columns maps name to DuckDB type, in order; written counts rows made anew, rows is what the table has now.
    """

    way: Way
    rows: int
    written: int
    columns: Mapping[str, str]
    why: str = ""


def build(model: Model, con: duckdb.DuckDBPyConnection, *, full_refresh: bool = False) -> Built:
    """Bring one model up to date; the caller's transaction makes it one step.

    A table whose code and inputs are as they were at its last build is left alone. Inputs are known to be the same by
    the numbers of their writes (changes.py) and their row counts; full_refresh asks nobody and builds from nothing.
    Raises: SqlModelError naming model, column, what was found and the fix.
    """
    try:
        con.execute(f"create schema if not exists {model.relation.schema}")
        return _build(model, con, full_refresh=full_refresh)
    except duckdb.Error as error:
        raise SqlModelError(f"{model.path}: DuckDB refused the model {model.name}: {error}") from error


def _build(model: Model, con: duckdb.DuckDBPyConnection, *, full_refresh: bool) -> Built:
    states = read_states(con)
    state = states.get(str(model.relation))
    rows = None if state is None else _rows_if_there(con, model.relation)
    if model.rendered.materialized is Materialized.VIEW:
        return _view(model, con, is_current=rows is not None and state.version == model.build_version)  # type: ignore[union-attr]
    tokens = tokens_of(con, map(str, model.inputs), states)
    why = "asked for" if full_refresh else why_full(None if rows is None else state, model.build_version, tokens)
    if state is None or rows is None or why:
        return _whole(model, con, tokens, why=why)
    if tokens is not None and text_of(tokens) == state.inputs:
        return Built(way=Way.UNCHANGED, rows=rows, written=0, columns=_described(con, model.relation))
    if model.rendered.step is None:
        return _whole(model, con, tokens)
    return _step(model, model.rendered.step, con, replace(state, inputs=text_of(tokens)))


def _view(model: Model, con: duckdb.DuckDBPyConnection, *, is_current: bool) -> Built:
    if not is_current:
        hold_to_contract(model, _described(con, f"\n{model.rendered.sql}"))
        _drop(con, model.relation)
        con.execute(f"create view {model.relation} as\n{model.rendered.sql}")
        # A view has no rows of its own: its numbers are those of the tables below it.
        write_state(con, _state(model, seq=0, tokens=None))
    columns = _described(con, model.relation)
    hold_to_contract(model, columns)
    return Built(way=Way.VIEW, rows=_count(con, model.relation), written=0, columns=columns)


def _whole(model: Model, con: duckdb.DuckDBPyConnection, tokens: Tokens | None, *, why: str = "") -> Built:
    fresh = Relation(model.relation.schema, f"{model.name}__tmp")
    con.execute(f"create or replace table {fresh} as\n{model.rendered.sql}")
    columns = _described(con, fresh)
    hold_to_contract(model, columns)
    _drop(con, model.relation)
    con.execute(f"alter table {fresh} rename to {model.name}")
    write_state(con, _state(model, seq=next_seq(con), tokens=tokens))
    rows = _count(con, model.relation)
    return Built(way=Way.FULL, rows=rows, written=rows, columns=columns, why=why)


def _step(model: Model, step: Select, con: duckdb.DuckDBPyConnection, state: State) -> Built:
    fresh = f"temp.{model.name}__new"
    con.execute(f"create or replace temp table {model.name}__new as\n{step.sql}")
    columns = _described(con, fresh)
    hold_to_contract(model, columns)
    written = replace_rows(con, model.relation, fresh, model.rendered.unique_key)
    con.execute(f"drop table {fresh}")
    write_state(con, replace(state, changed_seq=next_seq(con) if written else state.changed_seq))
    return Built(way=Way.STEP, rows=_count(con, model.relation), written=written, columns=columns)


def replace_rows(con: duckdb.DuckDBPyConnection, table: Relation | str, fresh: str, key: tuple[str, ...]) -> int:
    """Put the rows of fresh in the place of those with the same key. Returns: how many rows fresh has."""
    written = _count(con, fresh)
    if written:
        names = ", ".join(f'"{name}"' for name in key)
        con.execute(f"delete from {table} where ({names}) in (select {names} from {fresh})")
        con.execute(f"insert into {table} by name select * from {fresh}")
    return written


def _state(model: Model, *, seq: int, tokens: Tokens | None) -> State:
    return State(
        relation=str(model.relation),
        materialized=model.rendered.materialized,
        version=model.build_version,
        changed_seq=seq,
        full_seq=seq if model.rendered.step is not None else 0,
        reads=tuple(map(str, model.inputs)),
        inputs=text_of(tokens),
    )


def _drop(con: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    kind = kind_of(con, relation)
    if kind is not None:
        con.execute(f"drop {kind} {relation}")


def _rows_if_there(con: duckdb.DuckDBPyConnection, relation: Relation) -> int | None:
    try:
        return _count(con, relation)
    except duckdb.CatalogException:
        return None


def _described(con: duckdb.DuckDBPyConnection, table: Relation | str) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in con.execute(f"describe {table}").fetchall()}


def hold_to_contract(model: Model, columns: Mapping[str, str]) -> None:
    """Refuse what was built when it is not what the header declares. Raises: SqlModelError."""
    declared = {column.name: column.type for column in model.contract.columns}
    for name, kind in columns.items():
        if name not in declared:
            raise SqlModelError(
                f"{model.path}: {model.name} builds column {name} ({kind}), which its header does not declare; "
                f"add '-- column: {name} {kind.lower()} -- meaning', or drop the column from the select"
            )
    for name, kind in declared.items():
        if name not in columns:
            raise SqlModelError(
                f"{model.path}: {model.name} declares column {name}, which it does not build; "
                f"select it, or drop its '-- column:' line"
            )
        if columns[name] != kind:
            raise SqlModelError(
                f"{model.path}: {model.name} declares column {name} as {kind}, built as {columns[name]}; "
                f"cast it in the select, or mend its '-- column:' line"
            )
    if list(declared) != list(columns):
        raise SqlModelError(
            f"{model.path}: {model.name} builds its columns as {', '.join(columns)}, declared as "
            f"{', '.join(declared)}; put the '-- column:' lines in the select's order"
        )


def _count(con: duckdb.DuckDBPyConnection, table: Relation | str) -> int:
    ((rows,),) = con.execute(f"select count(*) from {table}").fetchall()
    return int(rows)
