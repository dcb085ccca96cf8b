"""Given rows, expected rows: every file of dbt_like_sql/cases against its model."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from copytrade_pipelines.sql_build import build
from copytrade_pipelines.sql_models import Model, Project, load_project
from copytrade_pipelines.sql_render import Materialized, Relation
from copytrade_pipelines.sql_rules import run_tests

CASES = sorted((load_project().root / "cases").glob("*.toml"))


def cases() -> list[Any]:
    found = [(path, case) for path in CASES for case in tomllib.loads(path.read_text())["case"]]
    return [pytest.param(path, case, id=f"{path.stem}: {case['name']}") for path, case in found]


def lay_out(con: duckdb.DuckDBPyConnection, project: Project, relation: Relation, rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in project.columns_of(relation).items())
    con.execute(f"create schema if not exists {relation.schema}; create table {relation} ({columns})")
    insert(con, relation, rows)


def insert(con: duckdb.DuckDBPyConnection, relation: Relation, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        values = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
        con.execute(f"insert into {relation} ({names}) values ({', '.join('?' * len(row))})", values)


def is_view(model: Model) -> bool:
    return model.rendered.materialized is Materialized.VIEW


def shown(value: object) -> object:
    if isinstance(value, dt.date):
        return str(value)
    return pytest.approx(value) if isinstance(value, float) else value


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        rows, key=lambda row: [str(value) for key, value in row.items() if isinstance(value, str | int | dt.date)]
    )


@pytest.mark.parametrize(("path", "case"), cases())
def test_model_makes_the_expected_rows_of_the_given_ones(path: Path, case: dict[str, Any]) -> None:
    project, con = load_project(), duckdb.connect()
    model = project.model(path.stem)
    later = case.get("later", {})
    unread = {*case["given"], *later} - {str(relation) for relation in model.inputs}
    assert not unread, f"{path.name} gives rows of {unread}, which {model.name} does not read"
    for relation in model.inputs:
        lay_out(con, project, relation, case["given"].get(str(relation), []))

    build(model, con)
    if later:
        for relation in model.inputs:
            insert(con, relation, later.get(str(relation), []))
        assert build(model, con).way == ("incremental" if model.rendered.step else "view" if is_view(model) else "full")

    # A key that one expected row leaves out and another has must be null in the first.
    keys = list(dict.fromkeys(key for row in case["expect"] for key in row))
    columns = ", ".join(f'"{key}"' for key in keys)
    made = [
        dict(zip(keys, row, strict=True)) for row in con.execute(f"select {columns} from {model.relation}").fetchall()
    ]
    expected = [{key: row.get(key) for key in keys} for row in case["expect"]]
    assert [{k: shown(v) for k, v in row.items()} for row in in_order(expected)] == [
        {k: str(v) if isinstance(v, dt.date) else v for k, v in row.items()} for row in in_order(made)
    ]


@pytest.mark.parametrize("name", list(load_project().models))
def test_model_builds_twice_from_empty_tables_and_keeps_its_contract(name: str) -> None:
    project, con = load_project(), duckdb.connect()
    model = project.model(name)
    for relation in model.inputs:
        lay_out(con, project, relation, [])

    assert build(model, con).rows == 0
    assert build(model, con).rows == 0

    results = run_tests(model, (), con)
    assert [result.rule.name for result in results if not result.passed] == []


def test_every_model_has_a_case() -> None:
    assert set(load_project().models) - {path.stem for path in CASES} == set()


# Made of no column on purpose: they count rows, or number them.
COUNTED = {
    "dim_wallets.active_days",
    "dim_wallets.sightings",
    "fct_market_days.fills",
    "fct_resolution_history.place",
    "fct_wallet_days.fills",
    "fct_wallet_pnl.fills",
}


def test_every_declared_column_can_be_traced_to_where_it_comes_from() -> None:
    project = load_project()
    untraced = set()
    for name, model in project.models.items():
        traced = project.lineage(name)
        assert list(traced) == [column.name for column in model.contract.columns]
        untraced |= {f"{name}.{column}" for column, origins in traced.items() if not origins}
    assert untraced == COUNTED


def test_every_origin_is_a_declared_column_of_a_table_the_model_reads() -> None:
    project = load_project()
    for name, model in project.models.items():
        for column, origins in project.lineage(name).items():
            for origin in origins:
                assert origin.relation in model.inputs, f"{name}.{column} comes from {origin.relation}"
                assert origin.column in project.columns_of(origin.relation), f"{name}.{column} comes from {origin}"
