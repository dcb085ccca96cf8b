"""Builds a SQL model beside its table, holds it to its contract, swaps it in, and finds the rows that break a rule."""

# Names and rules come from our own model files, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_models import Model, ModelTest

# Enough to see what is wrong, little enough for a page.
SAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must hold of a built model. sql returns the rows for which it does not."""

    name: str
    description: str
    is_blocking: bool
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What a rule found. Shape: sample holds at most SAMPLE_ROWS of the bad rows, values as text."""

    rule: Rule
    bad_rows: int
    sample: tuple[Mapping[str, str], ...]

    @property
    def passed(self) -> bool:
        """Whether no row breaks the rule."""
        return self.bad_rows == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build made. Shape: columns maps name to DuckDB type, in order."""

    rows: int
    columns: Mapping[str, str]


def build(model: Model, con: duckdb.DuckDBPyConnection) -> Built:
    """Build one model and swap it in; the caller's transaction makes it one step.

    Raises: SqlModelError naming model, column, what was found and the fix.
    """
    table, fresh = str(model.relation), f"{model.relation}__tmp"
    con.execute(f"create schema if not exists {model.relation.schema}")
    try:
        con.execute(f"create or replace table {fresh} as\n{model.rendered.sql}")
    except duckdb.Error as error:
        raise SqlModelError(f"{model.path}: DuckDB refused the model {model.name}: {error}") from error
    columns = {str(row[0]): str(row[1]) for row in con.execute(f"describe {fresh}").fetchall()}
    _hold_to_contract(model, columns)
    con.execute(f"drop table if exists {table}")
    con.execute(f"alter table {fresh} rename to {model.relation.name}")
    return Built(rows=_count(con, f"select count(*) from {table}"), columns=columns)


def rules_of(model: Model, tests: tuple[ModelTest, ...]) -> tuple[Rule, ...]:
    """Everything that must hold of a model: its column contract, then its test files."""
    return (*_contract_rules(model), *(_test_rule(test) for test in tests))


def run_tests(model: Model, tests: tuple[ModelTest, ...], con: duckdb.DuckDBPyConnection) -> tuple[RuleResult, ...]:
    """Find what breaks each rule of a built model. Raises: SqlModelError when a test does not run."""
    return tuple(_run(rule, model, con) for rule in rules_of(model, tests))


def _run(rule: Rule, model: Model, con: duckdb.DuckDBPyConnection) -> RuleResult:
    try:
        bad_rows = _count(con, f"select count(*) from (\n{rule.sql}\n)")
        cursor = con.execute(f"select * from (\n{rule.sql}\n) limit {SAMPLE_ROWS if bad_rows else 0}")
    except duckdb.Error as error:
        raise SqlModelError(f"{model.path}: the test {rule.name} of {model.name} does not run: {error}") from error
    names = [str(column[0]) for column in cursor.description or ()]
    sample = tuple(dict(zip(names, map(str, row), strict=True)) for row in cursor.fetchall())
    return RuleResult(rule=rule, bad_rows=bad_rows, sample=sample)


def _contract_rules(model: Model) -> tuple[Rule, ...]:
    contract, table = model.contract, model.relation
    needed = [column.name for column in contract.columns if column.is_not_null]
    limited = [column for column in contract.columns if column.accepted]
    rules: list[Rule] = []
    if needed:
        where = " or ".join(f'"{name}" is null' for name in needed)
        rules.append(
            _rule(model, "not_null", f"Never null: {', '.join(needed)}.", f"select * from {table} where {where}")
        )
    if contract.keys:
        keys = "; ".join(", ".join(key) for key in contract.keys)
        repeats = "\nunion all\n".join(_repeats(str(table), key) for key in contract.keys)
        rules.append(_rule(model, "unique", f"Unique: {keys}.", repeats))
    if limited:
        where = " or ".join(f'"{column.name}" not in ({_literals(column.accepted)})' for column in limited)
        said = "; ".join(f"{column.name}: {', '.join(column.accepted)}" for column in limited)
        rules.append(_rule(model, "accepted", f"Only accepted values. {said}.", f"select * from {table} where {where}"))
    return tuple(rules)


def _rule(model: Model, name: str, description: str, sql: str) -> Rule:
    return Rule(name=name, description=description, is_blocking=model.contract.is_blocking, sql=sql)


def _test_rule(test: ModelTest) -> Rule:
    return Rule(name=test.name, description=test.description, is_blocking=test.is_blocking, sql=test.sql)


def _repeats(table: str, key: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in key)
    known = " and ".join(f'"{name}" is not null' for name in key)
    value = " || ', ' || ".join(f'cast("{name}" as varchar)' for name in key)
    return (
        f"select '{', '.join(key)}' as key, {value} as value, count(*) as times "
        f"from {table} where {known} group by {columns} having count(*) > 1"
    )


def _literals(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _hold_to_contract(model: Model, columns: Mapping[str, str]) -> None:
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


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
