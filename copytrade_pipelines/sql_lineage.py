"""Verifies with sqlglot that a model is one select over declared tables, and traces each column to its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_render import MARK, Relation

DIALECT = "duckdb"
# Table functions that read no table; any other one could bypass ref() and source().
HARMLESS = (exp.GenerateSeries, exp.Unnest)

# The parts of a select that look at one row at a time.
_PROJECTION_PARTS = {"kind", "expressions", "from", "from_"}
_ROW_WISE_PARTS = _PROJECTION_PARTS | {"where"}

Schema = Mapping[Relation, Mapping[str, str]]


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """One column of another table that a column is made from."""

    relation: Relation
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A table whose rows are handed on one by one, and which of its columns as they are."""

    relation: Relation
    columns: frozenset[str]


def verify_select(marked: str, path: Path) -> exp.Query:
    """The parsed select. Raises: SqlModelError when it is not one select, or names a table past ref and source."""
    try:
        statements = [statement for statement in sqlglot.parse(marked, dialect=DIALECT) if statement is not None]
    except SqlglotError as error:
        raise SqlModelError(f"{path}: does not parse as DuckDB SQL: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        kinds = ", ".join(statement.key for statement in statements) or "nothing"
        raise SqlModelError(
            f"{path}: a model is one select, found {len(statements)} statements ({kinds}); keep one select in the file"
        )
    query = statements[0]
    ctes = {cte.alias_or_name for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        _refuse_undeclared(table, ctes, path)
    return query


def is_row_wise(query: exp.Query, relation: Relation) -> bool:
    """Whether a select only filters the rows of one table, so that each row passes or fails by itself."""
    tables = list(query.find_all(exp.Table))
    if len(tables) != 1 or (tables[0].db, tables[0].name) != (relation.schema, relation.name):
        return False
    if not isinstance(query, exp.Select) or _parts(query) - _ROW_WISE_PARTS:
        return False
    return query.find(exp.AggFunc, exp.Window, exp.Subquery) is None


def mirrored(query: exp.Query) -> Mirror | None:
    """The one table whose rows a select hands on one by one, None when it joins, filters, repeats or adds up.

    An import CTE, select * from the table, is looked through.
    """
    tables = [table for table in query.find_all(exp.Table) if table.catalog == MARK]
    selects = list(query.find_all(exp.Select))
    if len(tables) != 1 or len(selects) > 2 or not isinstance(query, exp.Select):
        return None
    if any(_parts(select) - _PROJECTION_PARTS - {"with", "with_"} for select in selects):
        return None
    if query.find(exp.AggFunc, exp.Window, exp.Unnest, exp.Subquery) is not None:
        return None
    names = frozenset(each.name for each in query.expressions if isinstance(each, exp.Column))
    return Mirror(relation=Relation(tables[0].db, tables[0].name), columns=names)


def _parts(select: exp.Select) -> set[str]:
    return {name for name, value in select.args.items() if value}


def trace_columns(marked: str, schema: Schema, path: Path) -> dict[str, tuple[Origin, ...]]:
    """Where each output column comes from. Raises: SqlModelError when one cannot be traced."""
    try:
        # trim_selects copies the query once for every node, for texts nobody reads: three times slower
        nodes = lineage(None, verify_select(marked, path), _nested(schema), dialect=DIALECT, trim_selects=False)
    except (SqlglotError, ValueError) as error:
        raise SqlModelError(f"{path}: column lineage failed: {error}; name every column and its table") from error
    return {column: _origins(node) for column, node in nodes.items()}


def _refuse_undeclared(table: exp.Table, ctes: set[str], path: Path) -> None:
    if table.catalog == MARK or isinstance(table.this, HARMLESS):
        return
    if not table.db and isinstance(table.this, exp.Identifier) and table.name in ctes:
        return
    raise SqlModelError(
        f"{path}: names the table {table.sql(dialect=DIALECT)} itself; "
        f"write {{{{ ref('...') }}}} for a model or {{{{ source('...', '...') }}}} for a source"
    )


def _origins(output: Node) -> tuple[Origin, ...]:
    found: set[Origin] = set()
    for node in output.walk():
        table = node.expression
        if isinstance(table, exp.Table) and table.catalog == MARK:
            found.add(Origin(Relation(table.db, table.name), node.name.split(".")[-1].strip('"')))
    return tuple(sorted(found))


def _nested(schema: Schema) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    nested: dict[str, dict[str, dict[str, str]]] = {}
    for relation, columns in schema.items():
        nested.setdefault(relation.schema, {})[relation.name] = dict(columns)
    return {MARK: nested} if nested else {}
