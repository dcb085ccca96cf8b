"""Finds the rows of a built model that break a rule: its column contract and its test files.

What is checked when. A table that is made anew is checked whole. A view or an incremental table whose header names its
column of changes is checked whole the first time, after a build from nothing, when a rule was edited, and on request.
Otherwise a rule that looks at one row at a time sees the rows changed since all rules last passed, and uniqueness is of
their keys: in the whole of a view; among themselves in an incremental table, where they took the place of every older
row with the same key, and in a view that only hands on the rows of a model with the same key, which was asked already.
A test file that groups, joins or counts always sees everything. While a rule fails the mark stays where it is, so a bad
row is found again until it is mended.
"""

# Names and rules come from our own model files, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.changes import NOTHING_SEEN
from copytrade_pipelines.sql_models import Model, ModelTest
from copytrade_pipelines.sql_render import Materialized
from copytrade_pipelines.sql_state import State, read_state, write_state

# Enough to see what is wrong, little enough for a page.
SAMPLE_ROWS = 20
_MARK = "__mark__"
_UNION = "\nunion all\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must hold of a built model. sql returns the rows for which it does not.

    changed_sql does so for rows changed since a mark only, and is None where a rule needs to see everything.
    """

    name: str
    description: str
    is_blocking: bool
    sql: str
    changed_sql: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What a rule found. since is the mark whose later rows were checked, None when all were.

    Shape: sample holds at most SAMPLE_ROWS of the bad rows, values as text.
    """

    rule: Rule
    bad_rows: int
    since: int | None
    sample: tuple[Mapping[str, str], ...]

    @property
    def passed(self) -> bool:
        """Whether no row breaks the rule."""
        return self.bad_rows == 0


def rules_of(model: Model, tests: tuple[ModelTest, ...]) -> tuple[Rule, ...]:
    """Everything that must hold of a model: its column contract, then its test files."""
    return (*_contract_rules(model), *(_test_rule(test, model) for test in tests))


def run_tests(
    model: Model, tests: tuple[ModelTest, ...], con: duckdb.DuckDBPyConnection, *, everything: bool = False
) -> tuple[RuleResult, ...]:
    """Find what breaks each rule of a built model. Raises: SqlModelError when a test does not run."""
    rules, state = rules_of(model, tests), read_state(con, model.relation)
    version = hashlib.sha256("\n".join(rule.name + rule.sql for rule in rules).encode()).hexdigest()
    mark = None if everything else _mark(state, version)
    results = tuple(_run(rule, model, con, mark) for rule in rules)
    if state is not None:
        _remember(con, model, state, version, mark, results)
    return results


def compare_with_rebuild(model: Model, con: duckdb.DuckDBPyConnection) -> RuleResult:
    """Compare an incremental table with what a build from nothing would make, leaving out the numbers of writes."""
    kept = f"* exclude ({model.contract.changes})" if model.contract.changes else "*"
    table, rebuilt = f"select {kept} from {model.relation}", f"select {kept} from (\n{model.rendered.sql})"
    rule = Rule(
        name="as_a_rebuild",
        description="The table holds what a build from nothing would make.",
        is_blocking=False,
        sql=f"select 'only in the table' as found, * from ({table}\nexcept all\n{rebuilt})\nunion all\n"
        f"select 'only in a rebuild' as found, * from ({rebuilt}\nexcept all\n{table})",
    )
    return _run(rule, model, con, None)


def _mark(state: State | None, version: str) -> int | None:
    if state is None or state.rules_version != version or state.checked_seq == NOTHING_SEEN:
        return None
    return state.checked_seq


def _remember(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    state: State,
    version: str,
    mark: int | None,
    results: tuple[RuleResult, ...],
) -> None:
    if not _can_step(model):
        return
    seq = mark
    if all(result.passed for result in results):
        seq = _count(con, f"select coalesce(max({model.contract.changes}), {NOTHING_SEEN}) from {model.relation}")
    elif mark is None:  # a bad row may be older than any mark
        seq = NOTHING_SEEN
    if seq is not None and (seq, version) != (state.checked_seq, state.rules_version):
        write_state(con, replace(state, checked_seq=seq, rules_version=version))


def _can_step(model: Model) -> bool:
    return model.contract.changes is not None and model.rendered.materialized is not Materialized.TABLE


def _run(rule: Rule, model: Model, con: duckdb.DuckDBPyConnection, mark: int | None) -> RuleResult:
    since = mark if rule.changed_sql is not None else None
    sql = rule.sql if rule.changed_sql is None or since is None else rule.changed_sql.replace(_MARK, str(since))
    try:
        bad_rows = _count(con, f"select count(*) from (\n{sql}\n)")
        sample = _sample(con, sql) if bad_rows else ()
    except duckdb.Error as error:
        raise SqlModelError(f"{model.path}: the test {rule.name} of {model.name} does not run: {error}") from error
    return RuleResult(rule=rule, bad_rows=bad_rows, since=since, sample=sample)


def _sample(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Mapping[str, str], ...]:
    cursor = con.execute(f"select * from (\n{sql}\n) limit {SAMPLE_ROWS}")
    names = [str(column[0]) for column in cursor.description or ()]
    return tuple(dict(zip(names, map(str, row), strict=True)) for row in cursor.fetchall())


def _contract_rules(model: Model) -> tuple[Rule, ...]:
    contract = model.contract
    needed = [column.name for column in contract.columns if column.is_not_null]
    limited = [column for column in contract.columns if column.accepted]
    rules: list[Rule] = []
    if needed:
        where = " or ".join(f'"{name}" is null' for name in needed)
        rules.append(_row_rule(model, "not_null", f"Never null: {', '.join(needed)}.", where))
    if contract.keys:
        rules.append(_unique_rule(model))
    if limited:
        where = " or ".join(f'"{column.name}" not in ({_literals(column.accepted)})' for column in limited)
        said = "; ".join(f"{column.name}: {', '.join(column.accepted)}" for column in limited)
        rules.append(_row_rule(model, "accepted", f"Only accepted values. {said}.", where))
    return tuple(rules)


def _row_rule(model: Model, name: str, description: str, where: str) -> Rule:
    return Rule(
        name=name,
        description=description,
        is_blocking=model.contract.is_blocking,
        sql=f"select * from {model.relation} where {where}",
        changed_sql=f"select * from {_changed(model)} where {where}" if _can_step(model) else None,
    )


def _unique_rule(model: Model) -> Rule:
    keys = model.contract.keys
    return Rule(
        name="unique",
        description=f"Unique: {'; '.join(', '.join(key) for key in keys)}.",
        is_blocking=model.contract.is_blocking,
        sql=_UNION.join(_repeats(str(model.relation), key) for key in keys),
        changed_sql=_UNION.join(_changed_repeats(model, key) for key in keys) if _can_step(model) else None,
    )


def _changed_repeats(model: Model, key: tuple[str, ...]) -> str:
    if key == model.rendered.unique_key or key in model.proven_keys:
        return _repeats(_changed(model), key)
    names = ", ".join(f'"{name}"' for name in key)
    return _repeats(f"(select * from {model.relation} where ({names}) in (select {names} from {_changed(model)}))", key)


def _changed(model: Model) -> str:
    return f"(select * from {model.relation} where {model.contract.changes} > {_MARK})"


def _test_rule(test: ModelTest, model: Model) -> Rule:
    narrow = test.is_row_wise and _can_step(model)
    return Rule(
        name=test.name,
        description=test.description,
        is_blocking=test.is_blocking,
        sql=test.sql,
        changed_sql=test.sql.replace(str(model.relation), _changed(model)) if narrow else None,
    )


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


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    ((number,),) = con.execute(sql).fetchall()
    return int(number)
