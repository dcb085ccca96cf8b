"""`copytrade sql`: run, test, render, list, docs, publish and shell, as a person and as a machine would use them."""

from __future__ import annotations

import io
import json
import os
import pty
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from copytrade_live.errors import CopytradeError
from copytrade_live.settings import Home
from copytrade_pipelines.cli import app
from copytrade_pipelines.mart_files import read_manifest
from copytrade_pipelines.sql_docs import PAGE, models_page
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_shell import Shell
from copytrade_pipelines.warehouse import Warehouse
from tests.sql.small_warehouse import START, fill, put, row

FILLS = "stg_fills", "fct_fills", "fct_wallet_days"


def fill_raw_tables(home: Home) -> None:
    with warehouse(home).connect() as con:
        put(con, "raw.fills", *(fill(number, random.Random(number)) for number in range(20)))
        put(con, "raw.wallets", row("raw.wallets", wallet="0x1", source="test", first_seen_at=START))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with fills and nothing built."""
    monkeypatch.setenv("COPYTRADE_HOME", str(tmp_path))
    fill_raw_tables(Home(tmp_path))
    return Home(tmp_path)


@pytest.fixture(scope="module")
def everything_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    fill_raw_tables(Home(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPYTRADE_HOME", str(folder))
        assert call("run").exit_code == 0
        assert call("publish").exit_code == 0
    return folder


@pytest.fixture
def published(everything_published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home where everything is built and published."""
    folder = tmp_path / "home"
    shutil.copytree(everything_published, folder)
    monkeypatch.setenv("COPYTRADE_HOME", str(folder))
    return Home(folder)


def warehouse(home: Home) -> Warehouse:
    return Warehouse(path=str(home.warehouse))


def call(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sql", *arguments], input=given)


def documents(*arguments: str) -> Any:
    result = call(*arguments, "--json")
    return json.loads(result.stdout)


def change(home: Home, sql: str) -> None:
    with warehouse(home).connect() as con:
        con.execute(sql)


def test_run_builds_what_is_asked_and_says_how(home: Home) -> None:
    first = documents("run", *FILLS)
    assert [(each["name"], each["way"], each["end"]) for each in first] == [
        ("stg_fills", "view", "ok"),
        ("fct_fills", "view", "ok"),
        ("fct_wallet_days", "full", "ok"),
    ]
    assert [each["way"] for each in documents("run", "fct_wallet_days")] == ["unchanged"]
    change(home, "update raw.fills set role = 'maker', loaded_seq = nextval('raw.load_seq') where fill_id = 'f1'")
    (step,) = documents("run", "fct_wallet_days")
    assert (step["way"], step["written"]) == ("incremental", 1)
    assert documents("run", "fct_wallet_days", "--full-refresh")[0]["way"] == "full"


def test_run_without_names_builds_everything_and_skips_what_no_asset_wrote_yet(home: Home) -> None:
    result = call("run")
    assert result.exit_code == 0, result.stdout
    assert "fct_score_latest: skipped (marts.fct_trader_scores is not written yet by its asset)" in result.stdout
    assert "int_fill_values: ok incremental" in result.stdout or "int_fill_values: ok full" in result.stdout
    assert call("run", "fct_score_latest").exit_code == 1
    tested = call("test", "--everything", "--compare-rebuild")
    assert tested.exit_code == 0, tested.stdout
    assert "fct_score_latest: skipped (not built yet; run: copytrade sql run +fct_score_latest)" in tested.stdout


def test_a_model_whose_inputs_are_missing_says_what_to_run(home: Home) -> None:
    with pytest.raises(
        CopytradeError, match=r"fct_fills reads staging.stg_fills, not built yet; .*sql run \+fct_fills"
    ):
        raise_(call("run", "fct_fills"))
    untested = call("test", "fct_fills")
    assert untested.exit_code == 1
    assert "fct_fills: skipped (not built yet; run: copytrade sql run +fct_fills)" in untested.stdout


def raise_(result: Result) -> None:
    assert result.exception is not None
    raise result.exception


def test_bad_rows_are_printed_stop_what_lies_below_and_exit_with_3(home: Home) -> None:
    change(home, "update raw.fills set price = 1.5, loaded_seq = nextval('raw.load_seq') where fill_id = 'f3'")
    result = call("run", "+fct_wallet_days")
    assert result.exit_code == 3
    assert "stg_fills, price_is_a_probability: 1 rows" in result.stdout
    assert "f3" in result.stdout
    assert "fct_wallet_days: skipped" in result.stdout
    tested = call("test", "stg_fills", "--json")
    assert tested.exit_code == 3
    (broken,) = [rule for rule in json.loads(tested.stdout)[0]["rules"] if not rule["passed"]]
    assert (broken["rule"], broken["bad_rows"], broken["sample"][0]["fill_id"]) == ("price_is_a_probability", 1, "f3")


def test_a_table_that_is_not_what_a_rebuild_makes_is_found(home: Home) -> None:
    call("run", *FILLS)
    assert call("test", "fct_wallet_days", "--compare-rebuild").exit_code == 0
    change(home, "update marts.fct_wallet_days set bought = bought + 1 where wallet = '0x1'")
    result = call("test", "fct_wallet_days", "--compare-rebuild")
    assert result.exit_code == 3
    assert "only in a rebuild" in result.stdout


def test_render_prints_sql_that_duckdb_runs(home: Home) -> None:
    call("run", *FILLS)
    with warehouse(home).connect() as con:
        assert len(con.execute(call("render", "fct_wallet_days").stdout).fetchall()) > 0
        assert con.execute(call("render", "fct_wallet_days", "--incremental").stdout).fetchall() == []
    with pytest.raises(CopytradeError, match="fct_fills is a view, not incremental"):
        raise_(call("render", "fct_fills", "--incremental"))


def test_list_tells_machines_everything(home: Home) -> None:
    facts = {each["name"]: each for each in documents("list", "+fct_wallet_pnl")}
    assert facts["fct_wallet_pnl"]["upstream"] == ["intermediate.int_fill_values"]
    assert facts["int_fill_values"]["materialized"] == "python"
    origin = next(column for column in facts["fct_wallet_pnl"]["columns"] if column["name"] == "cost")["from"]
    assert origin == ["intermediate.int_fill_values.paid"]
    assert "one row per wallet, condition and token" in call("list", "fct_wallet_pnl").stdout


def test_the_page_about_models_is_what_the_models_say(home: Home, tmp_path: Path) -> None:
    assert models_page(load_project()) == PAGE.read_text(encoding="utf-8"), "run: copytrade sql docs"
    assert call("docs", "--check").exit_code == 0
    other = tmp_path / "models.md"
    other.write_text("old")
    assert call("docs", "--check", "--out", str(other)).exit_code == 3
    assert call("docs", "--out", str(other)).exit_code == 0
    assert other.read_text() == PAGE.read_text(encoding="utf-8")


def test_the_shell_answers_from_published_files_while_a_writer_holds_the_warehouse(published: Home) -> None:
    with warehouse(published).connect():
        result = call("shell", "--json", given="select count(*) as n from fct_wallet_days; select 1 as one")
    assert result.exit_code == 0, result.exception
    first, second = json.loads(result.stdout)
    assert first[0]["n"] > 0
    assert second == [{"one": 1}]
    assert "wallet" in call("shell", "-c", "from marts.dim_wallets").stdout


def test_the_shell_says_that_nothing_is_published(home: Home) -> None:
    with pytest.raises(CopytradeError, match="no marts are published yet; run: copytrade sql publish"):
        raise_(call("shell", "-c", "select 1"))


def test_the_shell_says_what_is_wrong_with_a_statement(published: Home) -> None:
    with pytest.raises(CopytradeError, match="fct_nope"):
        raise_(call("shell", "-c", "from fct_nope"))
    with pytest.raises(CopytradeError, match="syntax error"):
        raise_(call("shell", "-c", "selec 1"))


def test_the_shell_is_a_prompt_on_a_terminal_and_keeps_its_history(published: Home) -> None:
    leader, follower = pty.openpty()
    script = "from copytrade_pipelines.cli import app; app(['sql', 'shell'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=follower, stdout=follower, stderr=follower) as process:
        os.close(follower)
        os.write(leader, b"select 40 +\n2 as answer;\nfrom nope;\n.tables\n.refresh\n.quit\n")
        shown = b""
        try:
            while chunk := os.read(leader, 65536):
                shown += chunk
        except OSError:  # the terminal is gone once the shell has left
            pass
        assert process.wait(30) == 0
    text = shown.decode()
    assert "42" in text
    assert "nope" in text
    assert "marts.dim_wallets" in text
    assert "select 40 +" in (published.root / "sql_history").read_text()


def test_a_shell_that_stayed_open_reads_what_was_there_and_can_look_again(published: Home) -> None:
    shell = Shell.open(published.published)
    ((before,),) = shell.run("select sum(fills) from fct_wallet_days")[1]
    with warehouse(published).connect() as con:
        put(con, "raw.fills", fill(500, random.Random(500)))
    assert call("run", "+fct_wallet_days").exit_code == 0
    assert call("publish").exit_code == 0
    assert shell.run("select sum(fills) from fct_wallet_days")[1] == [(before,)]
    shell.refresh()
    assert shell.run("select sum(fills) from fct_wallet_days")[1] == [(before + 1,)]
    assert read_manifest(published.published).publication_id == shell.manifest.publication_id


def test_published_files_are_parquet_that_anybody_reads(published: Home) -> None:
    manifest = read_manifest(published.published)
    for mart in manifest.marts:
        ((rows,),) = duckdb.execute(
            "select count(*) from read_parquet(?)", [str(published.published / mart.file)]
        ).fetchall()
        assert rows == mart.rows
    assert io.BytesIO((published.published / manifest.marts[0].file).read_bytes()).read(4) == b"PAR1"
