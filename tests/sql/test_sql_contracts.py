"""A SQL model that breaks its contract says which file and column, what was found, and how to mend it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from copytrade_live.core.reasons import ExitReason, RejectReason
from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_build import build
from copytrade_pipelines.sql_models import load_project, render
from copytrade_pipelines.sql_rules import SAMPLE_ROWS, run_tests
from copytrade_pipelines.warehouse_schema import COLUMNS, ensure_schema

HEADER = """-- Fills that a test reads.
-- grain: one row per fill
-- as of: observed_at
-- checks: blocking
-- column: fill_id varchar not_null unique -- identity
-- column: side varchar accepted(BUY,SELL) -- direction
-- column: observed_at timestamp -- when known
{{ config(materialized='table') }}
"""
SELECT = "select fill_id, side, observed_at from {{ source('raw', 'fills') }}\n"
SOURCES = "version: 2\nsources:\n  - name: raw\n    tables:\n      - {name: fills, description: Fills.}\n"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / "sources.yml").write_text(SOURCES)

    def write_model(text: str, name: str = "stg_test.sql") -> Path:
        folder = tmp_path / ("marts" if name.startswith("fct_") else "staging")
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        return tmp_path

    return write_model


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    ensure_schema(connection)
    return connection


def built_from(root: Path, con: duckdb.DuckDBPyConnection, name: str = "stg_test") -> None:
    build(load_project(root).model(name), con)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(HEADER + "select * from raw.fills", ["raw.fills", "{{ source('...', '...') }}"], id="bare table"),
        pytest.param(HEADER + "select * from 'x.parquet'", ["x.parquet", "ref('...')"], id="bare file"),
        pytest.param(HEADER + "from read_csv('x.csv')", ["x.csv", "ref('...')"], id="reading function"),
        pytest.param(
            HEADER + "with raw_fills as (select 1 as a) select * from other.raw_fills",
            ["other.raw_fills"],
            id="schema hides behind the name of a cte",
        ),
        pytest.param(HEADER + "select * from {{ ref('nope') }}", ["ref('nope')", "stg_test"], id="unknown ref"),
        pytest.param(
            HEADER + "select * from {{ source('raw', 'nope') }}",
            ["source('raw', 'nope')", "sources.yml"],
            id="unknown source",
        ),
        pytest.param(HEADER + SELECT + "; select 1", ["2 statements", "one select"], id="two statements"),
        pytest.param(HEADER + "drop table raw.fills", ["drop", "one select"], id="not a select"),
        pytest.param(HEADER + "select from where", ["does not parse"], id="no sql"),
        pytest.param(HEADER + "select {{ macro() }}", ["macro", "ref()"], id="unknown macro"),
        pytest.param(HEADER + "{{ ''.__class__.__mro__ }}", ["template error"], id="template leaves its sandbox"),
        pytest.param(HEADER.replace("'table'", "'seed'") + SELECT, ["materialized='table'"], id="unsupported config"),
        pytest.param(HEADER.replace("one row per", "rows per") + SELECT, ["-- grain: one row per"], id="no grain"),
        pytest.param(
            HEADER.replace("as of: observed_at", "as of: at") + SELECT, ["as of", "['at']"], id="unknown as of"
        ),
        pytest.param(
            HEADER.replace(" timestamp --", " moment --") + SELECT, ["observed_at", "'moment'"], id="unknown type"
        ),
        pytest.param(HEADER.replace(" -- direction", "") + SELECT, ["side varchar", "-- meaning"], id="no meaning"),
        pytest.param(HEADER.replace("blocking", "loud") + SELECT, ["['loud']", "-- checks: blocking"], id="odd checks"),
        pytest.param(
            HEADER.replace("column: side", "column: fill_id") + SELECT, ["fill_id", "twice"], id="column twice"
        ),
        pytest.param("-- unique: a\n" + HEADER + SELECT, ["unique", "['a']"], id="key of an undeclared column"),
        pytest.param(SELECT, ["no description"], id="no header"),
        pytest.param("-- A model.\n" + SELECT, ["no columns"], id="no columns"),
    ],
)
def test_a_bad_model_is_refused_when_read(write: Write, text: str, said: list[str]) -> None:
    root = write(text, "stg_test.sql")
    with pytest.raises(SqlModelError) as refusal:
        load_project(root)
    for part in ["staging/stg_test.sql", *said]:
        assert part in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            HEADER.replace("side varchar", "side integer") + SELECT,
            ["column side as INTEGER", "built as VARCHAR", "cast it"],
            id="bad type",
        ),
        pytest.param(
            HEADER + SELECT.replace("side,", "side, price,"),
            ["builds column price (DOUBLE)", "add '-- column: price double -- meaning'"],
            id="undeclared column",
        ),
        pytest.param(
            HEADER + SELECT.replace("side, ", ""),
            ["declares column side", "does not build", "select it"],
            id="missing column",
        ),
        pytest.param(
            HEADER + SELECT.replace("fill_id, side", "side, fill_id"),
            ["side, fill_id", "select's order"],
            id="other order",
        ),
        pytest.param(
            HEADER + SELECT.replace("side,", "nope as side,"),
            ["DuckDB refused", "nope"],
            id="unknown column of a source",
        ),
    ],
)
def test_a_model_that_builds_something_else_than_declared_is_refused(
    write: Write, con: duckdb.DuckDBPyConnection, text: str, said: list[str]
) -> None:
    root = write(text, "stg_test.sql")
    with pytest.raises(SqlModelError) as refusal:
        built_from(root, con)
    for part in ["staging/stg_test.sql", "stg_test", *said]:
        assert part in str(refusal.value)


def test_a_refused_build_keeps_the_table_as_it_was(write: Write, con: duckdb.DuckDBPyConnection) -> None:
    model = load_project(write(HEADER + SELECT, "stg_test.sql")).model("stg_test")
    build(model, con)
    con.execute("insert into raw.fills (fill_id, side) values ('f1', 'BUY')")
    con.execute("alter table raw.fills rename side to direction")

    with pytest.raises(SqlModelError):
        build(model, con)

    assert con.execute("select count(*) from staging.stg_test").fetchone() == (0,)


def test_refs_that_go_in_a_circle_are_refused(write: Write) -> None:
    write(HEADER + "select * from {{ ref('stg_b') }}", "stg_a.sql")
    root = write(HEADER + "select * from {{ ref('stg_a') }}", "stg_b.sql")
    with pytest.raises(SqlModelError, match="refs go in a circle: stg_"):
        load_project(root)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("stg_nope.holds.test.sql", "-- It holds.\nselect 1", "tests no model"),
        ("stg_test.test.sql", "-- It holds.\nselect 1", "<model>.<what_holds>.test.sql"),
        ("stg_test.holds.test.sql", "select * from {{ ref('stg_test') }}", "no description"),
        ("stg_test.holds.test.sql", "-- It holds.\nselect * from {{ ref('fct_test') }}", "built after stg_test"),
        ("stg_test.holds.test.sql", "-- It holds.\nselect * from staging.stg_test", "names the table staging.stg_test"),
    ],
)
def test_a_bad_test_file_is_refused(write: Write, name: str, text: str, said: str) -> None:
    write(HEADER + SELECT, "stg_test.sql")
    write(HEADER + "select * from {{ ref('stg_test') }}", "fct_test.sql")
    with pytest.raises(SqlModelError, match=said.replace("(", r"\(")) as refusal:
        load_project(write(text, name))
    assert name in str(refusal.value)


def test_rules_find_the_rows_that_break_them(write: Write, con: duckdb.DuckDBPyConnection) -> None:
    write("-- A side is bought.\nselect * from {{ ref('stg_test') }} where side != 'BUY'\n", "stg_test.bought.test.sql")
    project = load_project(write(HEADER + SELECT, "stg_test.sql"))
    con.execute("alter table raw.fills alter fill_id drop not null")
    con.execute(
        "insert into raw.fills (fill_id, side) values ('f1', 'BUY'), ('f1', 'buy'), (null, 'SELL'), ('f2', null)"
    )
    model = project.model("stg_test")
    build(model, con)

    results = {result.rule.name: result for result in run_tests(model, project.tests["stg_test"], con)}

    assert {name: result.bad_rows for name, result in results.items()} == {
        "not_null": 1,
        "unique": 1,
        "accepted": 1,
        "bought": 2,
    }
    assert results["unique"].sample == ({"key": "fill_id", "value": "f1", "times": "2"},)
    assert results["accepted"].sample[0]["side"] == "buy"
    assert results["not_null"].rule.is_blocking
    assert not results["bought"].rule.is_blocking


def test_a_sample_of_bad_rows_stays_short(write: Write, con: duckdb.DuckDBPyConnection) -> None:
    project = load_project(write(HEADER + SELECT, "stg_test.sql"))
    con.execute("insert into raw.fills (fill_id, side) select cast(i as varchar), 'x' from range(100) as r(i)")
    model = project.model("stg_test")
    build(model, con)

    accepted = next(result for result in run_tests(model, (), con) if result.rule.name == "accepted")

    assert (accepted.bad_rows, len(accepted.sample)) == (100, SAMPLE_ROWS)


def test_a_test_that_does_not_run_is_an_error_and_not_a_pass(write: Write, con: duckdb.DuckDBPyConnection) -> None:
    write("-- It holds.\nselect nope from {{ ref('stg_test') }}\n", "stg_test.holds.test.sql")
    project = load_project(write(HEADER + SELECT, "stg_test.sql"))
    model = project.model("stg_test")
    build(model, con)
    with pytest.raises(SqlModelError, match="the test holds of stg_test does not run"):
        run_tests(model, project.tests["stg_test"], con)


def test_an_unknown_model_is_named_with_the_nearest_or_the_known_ones() -> None:
    with pytest.raises(SqlModelError, match=r"no SQL model is named 'fct_filsl'; nearest is 'fct_fills'"):
        load_project().model("fct_filsl")
    with pytest.raises(SqlModelError, match=r"no SQL model is named 'q' \(known: dim_markets, "):
        load_project().model("q")


def test_rendered_sql_runs_as_it_stands(con: duckdb.DuckDBPyConnection) -> None:
    model = load_project().model("stg_fills")
    assert con.execute(render(model)).fetchall() == []
    assert model.code_version == hashlib.sha256(render(model).encode()).hexdigest()


def test_every_raw_source_is_a_table_python_writes() -> None:
    declared = {str(relation) for relation in load_project().sources if relation.schema == "raw"}
    assert declared <= set(COLUMNS)


def test_decision_reasons_in_sql_are_those_of_the_core(con: duckdb.DuckDBPyConnection) -> None:
    column = next(c for c in load_project().model("fct_decisions").contract.columns if c.name == "reason")
    assert set(column.accepted) == {reason.value for enum in (RejectReason, ExitReason) for reason in enum}
