"""Published marts: whole or not at all, beside a writer that never stops, and no more of them than asked."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from copytrade_live.errors import SqlModelError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.mart_files import MANIFEST, publish_marts, read_manifest
from copytrade_pipelines.sql_build import build
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.warehouse_schema import ensure_schema

MARTS = ("marts.dim_markets", "marts.fct_resolutions")
BUILT = ("stg_markets", "stg_resolutions", "dim_markets", "fct_resolutions")


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    ensure_schema(connection)
    return connection


def market(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(
        "insert into raw.markets by name select ? as condition_id, ['Yes'] as outcomes, ['t'] as token_ids, "
        "timestamp '2026-01-01' as observed_at",
        [name],
    )
    for model in BUILT:
        build(load_project().model(model), con)


def test_a_publication_names_files_that_hold_what_it_says(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    market(con, "c1")
    made = publish_marts(con, tmp_path, MARTS, keep=2, run_id="run-1")
    assert made == read_manifest(tmp_path)
    for mart in made.marts:
        content = (tmp_path / mart.file).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (mart.sha256, mart.bytes)
    assert [mart.rows for mart in made.marts] == [1, 0]
    assert made.marts[0].columns["condition_id"] == "VARCHAR"


def test_a_mart_that_did_not_change_is_not_written_again(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    market(con, "c1")
    first = publish_marts(con, tmp_path, MARTS, keep=2)
    market(con, "c2")
    second = publish_marts(con, tmp_path, MARTS, keep=2)
    assert [new.file == old.file for new, old in zip(second.marts, first.marts, strict=True)] == [False, True]


def test_only_files_of_the_last_publications_stay(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    made = []
    for number in range(5):
        market(con, f"c{number}")
        made.append(publish_marts(con, tmp_path, MARTS, keep=2))
    kept = {mart.file for manifest in made[-2:] for mart in manifest.marts}
    assert {f"marts/{path.name}" for path in (tmp_path / "marts").glob("*.parquet")} == kept
    assert len(list((tmp_path / "marts" / "manifests").glob("*.json"))) == 2
    assert list((tmp_path / "marts").glob("*.part")) == []


def test_a_warehouse_made_anew_publishes_everything_and_later_than_before(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        con = duckdb.connect()
        ensure_schema(con)
        market(con, "c1")
        made.append(publish_marts(con, tmp_path, MARTS, keep=2))
    assert made[1].publication_id > made[0].publication_id
    assert {mart.file for mart in made[0].marts}.isdisjoint(mart.file for mart in made[1].marts)


def test_what_is_not_built_is_named_and_the_last_publication_stays(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    market(con, "c1")
    made = publish_marts(con, tmp_path, MARTS, keep=2)
    with pytest.raises(SqlModelError, match=r"cannot publish marts.nope: not built yet, or misspelt"):
        publish_marts(con, tmp_path, [*MARTS, "marts.nope"], keep=2)
    assert read_manifest(tmp_path) == made


def test_a_damaged_manifest_says_how_to_go_on_and_the_next_publication_replaces_it(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(SqlModelError, match=r"cannot be read: .* run: copytrade sql publish"):
        read_manifest(tmp_path)
    market(con, "c1")
    assert publish_marts(con, tmp_path, MARTS, keep=2) == read_manifest(tmp_path)


def test_published_by_default_is_what_there_is() -> None:
    relations = {str(model.relation) for model in load_project().models.values()}
    assert set(CopytradeConfig().pipelines.published_marts) <= relations


WRITER = """
import sys
from pathlib import Path
import duckdb
from copytrade_pipelines.mart_files import publish_marts
from copytrade_pipelines.warehouse_schema import ensure_schema
con = duckdb.connect(sys.argv[2])
ensure_schema(con)
con.execute("create schema if not exists marts; create table marts.a (n bigint); create table marts.b (n bigint)")
print("began", flush=True)
for number in range(60):
    con.execute("insert into marts.a select ? from range(2000)", [number])
    con.execute("insert into marts.b select ? from range(2000)", [number])
    publish_marts(con, Path(sys.argv[1]), ["marts.a", "marts.b"], keep=20)
"""


def test_a_reader_beside_a_writer_always_sees_one_whole_publication(tmp_path: Path) -> None:
    published, reads, seen = tmp_path / "published", 0, []
    command = [sys.executable, "-c", WRITER, str(published), str(tmp_path / "w.duckdb")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "began\n"
        con = duckdb.connect()
        while writer.poll() is None:
            if not (published / MANIFEST).exists():
                continue
            manifest = read_manifest(published)
            counts = [
                con.execute("select count(*), max(n) from read_parquet(?)", [str(published / mart.file)]).fetchall()[0]
                for mart in manifest.marts
            ]
            assert counts[0] == counts[1]
            assert [count for count, _ in counts] == [mart.rows for mart in manifest.marts]
            seen.append(manifest.publication_id)
            reads += 1
        assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert json.loads((published / MANIFEST).read_text())["marts"][0]["rows"] == 120_000
