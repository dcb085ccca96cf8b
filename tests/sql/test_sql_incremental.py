"""Steps and a rebuild give the same tables, whatever order rows arrive in; and a step costs what it should."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from copytrade_live.errors import SqlModelError
from copytrade_pipelines import fill_values
from copytrade_pipelines.sql_build import Built, build
from copytrade_pipelines.sql_models import Project, load_project
from copytrade_pipelines.sql_render import Materialized
from copytrade_pipelines.sql_rules import RuleResult, run_tests
from copytrade_pipelines.warehouse_schema import ensure_schema
from tests.sql.small_warehouse import MARKETS, START, fill, lay_scores, market, put, refresh, resolution, row


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    ensure_schema(connection)
    lay_scores(connection)
    yield connection
    connection.close()


def contents(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every built table without its numbers of writes, which a rebuild takes anew."""
    project = load_project()
    tables = {str(model.relation): model.contract.changes for model in project.models.values()}
    tables |= {fill_values.TABLE: "changed_seq", fill_values.PAYOUTS: None}
    return {
        table: con.execute(f"select * {f'exclude ({number})' if number else ''} from {table} order by all").fetchall()
        for table, number in tables.items()
    }


def step(con: duckdb.DuckDBPyConnection, rng: random.Random, batch: int) -> None:
    """New fills, late ones among them; some sent again, some with a role that is known by now; news of markets."""
    numbers = [*range(batch * 40, batch * 40 + 40), *rng.sample(range(batch * 40 + 1), k=min(10, batch * 40 + 1))]
    fills = {number: fill(number, random.Random(number)) for number in numbers}
    for number in rng.sample(sorted(fills), k=5):
        fills[number] |= {"role": "taker"}
    put(con, "raw.fills", *fills.values())
    put(con, "raw.fills", *fills.values())
    wallets = [row("raw.wallets", wallet=f"0x{number}", source="test", first_seen_at=START) for number in range(batch)]
    put(con, "raw.wallets", *wallets)
    told = rng.randrange(MARKETS)
    put(con, "raw.markets", *(market(number) for number in range(min(MARKETS, 2 * batch + 1))))
    put(con, "raw.markets", market(told, closed=True, question=f"Asked in batch {batch}"))
    put(con, "raw.resolutions", resolution(told, [], "proposed"))
    if rng.random() < 0.7:
        put(con, "raw.resolutions", resolution(told, rng.choice([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])))


@pytest.mark.parametrize("seed", range(3))
def test_steps_give_the_tables_of_a_rebuild(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    rng = random.Random(seed)
    for batch in range(4):
        step(con, rng, batch)
        made = refresh(con)
    assert made["fct_wallet_pnl"].way == "incremental"
    stepped = contents(con)

    refresh(con, full_refresh=True)

    assert stepped == contents(con)
    assert all(stepped[table] for table in ("marts.fct_wallet_pnl", fill_values.TABLE, "marts.dim_markets"))


def test_a_fill_that_moved_to_another_day_is_found_and_mended_by_a_rebuild(con: duckdb.DuckDBPyConnection) -> None:
    moved = fill(1, random.Random(1))
    put(con, "raw.fills", moved)
    refresh(con)
    put(con, "raw.fills", moved | {name: moved[name] + timedelta(days=1) for name in ("event_at", "observed_at")})
    project = load_project()
    days = project.model("fct_wallet_days")
    assert build(days, con).way == "incremental"
    broken = [each.rule.name for each in run_tests(days, project.tests[days.name], con) if not each.passed]
    assert broken == ["counts_every_fill_once"]
    build(days, con, full_refresh=True)
    assert all(each.passed for each in run_tests(days, project.tests[days.name], con))


def test_a_refresh_without_news_builds_nothing(con: duckdb.DuckDBPyConnection) -> None:
    step(con, random.Random(1), 0)
    refresh(con)
    # Nobody numbers the writes of scores, so what is made of them is made anew.
    ways = {name: built.way for name, built in refresh(con).items() if name != "fct_score_latest"}
    assert set(ways.values()) == {"unchanged", "view"}
    assert ways["fct_wallet_pnl"] == "unchanged"


def test_a_step_writes_only_the_positions_that_changed(con: duckdb.DuckDBPyConnection) -> None:
    for batch in range(3):
        step(con, random.Random(batch), batch)
    refresh(con)
    late = fill(1000, random.Random(1))
    put(con, "raw.fills", late)
    made = refresh(con)["fct_wallet_pnl"]
    assert (made.way, made.written) == ("incremental", 1)
    assert made.rows > 10


def test_a_market_that_pays_values_its_fills_and_no_other(con: duckdb.DuckDBPyConnection) -> None:
    put(con, "raw.markets", market(0), market(1))
    put(con, "raw.fills", *(fill(number, random.Random(number)) for number in range(60)))
    refresh(con)
    put(con, "raw.resolutions", resolution(0, [1.0, 0.0]))
    for model in ("stg_resolutions", "int_outcomes"):
        build(load_project().model(model), con)
    valued = fill_values.write_fill_values(con)
    ((paid,),) = con.execute("select count(*) from raw.fills where condition_id = 'c0'").fetchall()
    assert (valued.written, valued.why) == (paid, "")
    assert con.execute(f"select distinct condition_id from {fill_values.TABLE} where is_resolved").fetchall() == [
        ("c0",)
    ]


def test_rows_that_vanish_from_a_source_make_the_next_build_begin_anew(con: duckdb.DuckDBPyConnection) -> None:
    step(con, random.Random(1), 0)
    refresh(con)
    con.execute("delete from raw.fills where fill_id = 'f1'")
    made = refresh(con)
    stepped = contents(con)
    assert made["fct_wallet_pnl"].way == "full"
    assert "int_fill_values lost 1 rows" in made["fct_wallet_pnl"].why
    refresh(con, full_refresh=True)
    assert stepped == contents(con)


MODEL = """-- Fills that a test adds up.
-- grain: one row per fill
-- as of: none
-- changes: loaded_seq
-- unique: fill_id
-- column: fill_id varchar not_null -- identity
-- column: side varchar accepted(BUY,SELL) -- direction
-- column: loaded_seq bigint -- number of its write
{{ config(materialized='incremental', unique_key='fill_id', incremental_strategy='delete+insert') }}

select fill_id, side, loaded_seq from {{ ref('stg_base') }}
{% if is_incremental() %}where loaded_seq > (select coalesce(max(loaded_seq), -1) from {{ this }}){% endif %}
"""
BASE = """-- Fills.
-- grain: one row per fill
-- as of: none
-- changes: loaded_seq
-- column: fill_id varchar -- identity
-- column: side varchar -- direction
-- column: loaded_seq bigint -- number of its write
{{ config(materialized='view') }}

select fill_id, side, loaded_seq from {{ source('raw', 'fills') }}
"""
SOURCES = "version: 2\nsources:\n  - name: raw\n    tables:\n      - {name: fills, description: Fills.}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "staging").mkdir()
    (tmp_path / "marts").mkdir()
    (tmp_path / "sources.yml").write_text(SOURCES)
    (tmp_path / "staging" / "stg_base.sql").write_text(BASE)
    (tmp_path / "marts" / "fct_test.sql").write_text(MODEL)
    (tmp_path / "marts" / "fct_test.is_named.test.sql").write_text(
        "-- A fill has a name.\nselect * from {{ ref('fct_test') }} where fill_id = ''\n"
    )
    return tmp_path


def project_of(folder: Path) -> Project:
    load_project.cache_clear()
    return load_project(folder)


def made(folder: Path, con: duckdb.DuckDBPyConnection) -> Built:
    project = project_of(folder)
    build(project.model("stg_base"), con)
    return build(project.model("fct_test"), con)


def checked(folder: Path, con: duckdb.DuckDBPyConnection, *, everything: bool = False) -> dict[str, RuleResult]:
    project = project_of(folder)
    results = run_tests(project.model("fct_test"), project.tests["fct_test"], con, everything=everything)
    return {result.rule.name: result for result in results}


def add(con: duckdb.DuckDBPyConnection, *fills: tuple[str, str]) -> None:
    con.executemany("insert into raw.fills (fill_id, side) values (?, ?)", fills)


def test_a_table_is_built_from_nothing_when_its_code_or_that_of_its_ancestors_changed(
    folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    add(con, ("f1", "BUY"))
    assert made(folder, con).way == "full"
    add(con, ("f2", "BUY"))
    assert made(folder, con).way == "incremental"

    (folder / "staging" / "stg_base.sql").write_text(BASE.replace("-- Fills.", "-- Fills, said anew."))
    assert made(folder, con).way == "unchanged"
    (folder / "staging" / "stg_base.sql").write_text(BASE.replace("select fill_id", "select lower(fill_id) as fill_id"))
    rebuilt = made(folder, con)
    assert (rebuilt.way, rebuilt.written) == ("full", 2)
    assert "its code, or that of a model it is made from, changed" in rebuilt.why
    (folder / "marts" / "fct_test.sql").write_text(MODEL.replace("-- direction", "-- which way"))
    assert made(folder, con).way == "full"


def test_a_bad_row_is_found_until_it_is_mended_though_only_changed_rows_are_checked(
    folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    add(con, ("f1", "BUY"))
    made(folder, con)
    first = checked(folder, con)
    assert {name: result.since for name, result in first.items()} == dict.fromkeys(first)

    for _ in range(2):
        add(con, (f"f{_ + 2}", "buy"))
        made(folder, con)
        results = checked(folder, con)
        assert results["accepted"].since is not None
        assert results["is_named"].since is not None
    assert results["accepted"].bad_rows == 2

    con.execute("update raw.fills set side = 'BUY', loaded_seq = nextval('raw.load_seq') where side = 'buy'")
    made(folder, con)
    assert all(result.passed for result in checked(folder, con).values())


def test_a_row_that_went_bad_behind_the_mark_is_found_when_everything_is_checked_and_stays_found(
    folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    add(con, ("f1", "BUY"))
    made(folder, con)
    checked(folder, con)
    con.execute("update marts.fct_test set side = 'buy'")
    assert checked(folder, con)["accepted"].passed
    assert not checked(folder, con, everything=True)["accepted"].passed
    assert not checked(folder, con)["accepted"].passed


def test_an_edited_rule_sees_every_row(folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    add(con, ("f1", "BUY"))
    made(folder, con)
    assert all(result.passed for result in checked(folder, con).values())
    (folder / "marts" / "fct_test.is_named.test.sql").write_text(
        "-- A fill is not the first.\nselect * from {{ ref('fct_test') }} where fill_id = 'f1'\n"
    )
    assert checked(folder, con)["is_named"].bad_rows == 1


def test_a_key_that_comes_twice_is_found_by_a_check_of_changed_rows(
    folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    add(con, ("f1", "BUY"))
    made(folder, con)
    checked(folder, con)
    add(con, ("f2", "BUY"), ("f2", "SELL"))
    made(folder, con)
    assert checked(folder, con)["unique"].sample == ({"key": "fill_id", "value": "f2", "times": "2"},)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MODEL.replace(", unique_key='fill_id'", ""), "does not say how rows are replaced"),
        (MODEL.replace("delete+insert", "merge"), r"incremental_strategy=.delete\+insert"),
        (MODEL.replace("unique_key='fill_id'", "unique_key='side'"), "-- unique: side"),
        (MODEL.replace("-- changes: loaded_seq\n", ""), "-- changes:"),
        (MODEL.replace("-- changes: loaded_seq", "-- changes: nope"), r"changes was \['nope'\]"),
        (MODEL.replace("materialized='incremental'", "materialized='view'"), "only mean something with"),
        (MODEL[: MODEL.index("{% if")], "does the same each time"),
        (MODEL.replace("max(loaded_seq), -1) from {{ this }}", "max(loaded_seq), -1) from marts.x"), "marts.x"),
    ],
)
def test_a_half_incremental_model_is_refused(folder: Path, text: str, said: str) -> None:
    (folder / "marts" / "fct_test.sql").write_text(text)
    with pytest.raises(SqlModelError, match=said):
        project_of(folder)


def test_a_table_of_an_older_file_becomes_a_view_and_back(folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists staging; create table staging.stg_base (fill_id varchar)")
    add(con, ("f1", "BUY"))
    made(folder, con)
    assert con.execute("select count(*) from duckdb_views() where view_name = 'stg_base'").fetchall() == [(1,)]
    (folder / "staging" / "stg_base.sql").write_text(BASE.replace("'view'", "'table'"))
    made(folder, con)
    assert con.execute("select count(*) from duckdb_tables() where table_name = 'stg_base'").fetchall() == [(1,)]


def test_what_is_materialized_how_is_as_decided() -> None:
    kinds = {name: model.rendered.materialized for name, model in load_project().models.items()}
    tables = {name for name, kind in kinds.items() if name.startswith("stg_") and kind is not Materialized.VIEW}
    assert tables == {"stg_resolutions"}, "it ranks statuses, which three models would do again"
    assert kinds["fct_fills"] is Materialized.VIEW
    assert kinds["fct_wallet_pnl"] is Materialized.INCREMENTAL
