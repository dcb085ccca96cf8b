"""The models of dbt_like_sql/README.md, put beside the shipped ones and built."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import duckdb

from copytrade_pipelines.sql_build import build
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_rules import run_tests
from copytrade_pipelines.warehouse_schema import ensure_schema
from tests.docs.blocks import ROOT, runnable
from tests.sql.small_warehouse import fill, put

PAGE = "dbt_like_sql/README.md"


def test_the_models_of_the_page_are_built_by_their_contracts_and_the_second_step_by_step(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "dbt_like_sql", tmp_path / "sql")
    names = [Path(block.title).stem for block in runnable(PAGE, "sql")]
    for block in runnable(PAGE, "sql"):
        (tmp_path / "sql" / "marts" / block.title).write_text(block.text, encoding="utf-8")
    project = load_project(tmp_path / "sql")
    ways = []
    with duckdb.connect() as con:
        ensure_schema(con)
        for batch in range(2):
            numbers = range(batch * 10, batch * 10 + 10)
            put(con, "raw.fills", *(fill(number, random.Random(number)) for number in numbers))
            for name in ("stg_fills", *names):
                built = build(project.model(name), con)
                failed = [one for one in run_tests(project.model(name), (), con) if not one.passed]
                assert failed == []
                ways.append((name, str(built.way), built.written))
    assert ways[-2:] == [("fct_sides", "full", 20), ("fct_sides_by_step", "incremental", 10)]
