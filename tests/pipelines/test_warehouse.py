from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from copytrade_live.errors import WarehouseError
from copytrade_pipelines import warehouse_lock
from copytrade_pipelines.warehouse import COLUMNS, KEYS, SCHEMAS, Warehouse
from copytrade_pipelines.warehouse_schema import BUILDS, MARKS

CONTRACTS = Path(__file__).resolve().parents[2] / "docs" / "contracts.md"
# 69 is DuckDB 2.0's own format, which 1.5 cannot read.
NEWEST_READABLE_BY_1_5 = 68


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(path=str(tmp_path / "home" / "warehouse.duckdb"), lock_timeout_seconds=0.3)


def add_price(warehouse: Warehouse, token: str) -> None:
    with warehouse.connect() as con:
        con.execute("INSERT INTO raw.prices VALUES (?, TIMESTAMP '2026-01-01', 0.5, DEFAULT)", [token])


def tokens(warehouse: Warehouse) -> list[str]:
    with warehouse.connect() as con:
        return [str(row[0]) for row in con.execute("SELECT token_id FROM raw.prices ORDER BY 1").fetchall()]


@contextmanager
def holding(statement: str, path: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds something until it is killed."""
    script = f"import sys, time\npath = sys.argv[1]\n{textwrap.dedent(statement)}"
    with subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


TAKES_OUR_LOCK = """
    from copytrade_pipelines.warehouse_lock import turn_at
    with turn_at(path, 1):
        print("held", flush=True)
        time.sleep(60)
"""
OPENS_THE_FILE = """
    import duckdb
    con = duckdb.connect(path)
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_raw_tables_are_those_of_the_contract() -> None:
    text = CONTRACTS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(raw\.\w+)` \| (.+) \|$", text, flags=re.MULTILINE)
    stated = {
        table: re.findall(r"(\w+)", re.sub(r"STRUCT\(.*?\)(\[\])?|\([^)]*\)|\b[A-Z]{2,}(\[\])?\b|\*", " ", cells))
        for table, cells in rows
    }
    assert stated == {table: list(columns) for table, columns in COLUMNS.items()}
    for table, cells in rows:
        keys = re.findall(r"\w+", " ".join(re.findall(r"\*\*(.+?)\*\*", cells)))
        assert tuple(keys) == KEYS[table]


def test_a_fresh_file_has_every_schema_and_table(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        schemas = {row[0] for row in con.execute("SELECT schema_name FROM duckdb_schemas()").fetchall()}
        found = con.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert schemas >= set(SCHEMAS)
    assert [row[0] for row in found] == sorted([*COLUMNS, MARKS, BUILDS])


def test_the_file_can_be_read_by_the_older_duckdb(warehouse: Warehouse) -> None:
    add_price(warehouse, "1")
    header = Path(warehouse.path).read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= NEWEST_READABLE_BY_1_5


def test_connections_think_in_utc(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        assert con.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)


def test_what_is_written_stays(warehouse: Warehouse) -> None:
    add_price(warehouse, "1")
    add_price(warehouse, "2")
    assert tokens(warehouse) == ["1", "2"]


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_a_body_that_raises_leaves_nothing_behind_and_closes(
    warehouse: Warehouse, problem: type[BaseException]
) -> None:
    def fail_after_writing() -> None:
        with warehouse.connect() as con:
            opened.append(con)
            con.execute("INSERT INTO raw.prices VALUES ('lost', TIMESTAMP '2026-01-01', 0.5, DEFAULT)")
            raise problem

    opened: list[duckdb.DuckDBPyConnection] = []
    with pytest.raises(problem):
        fail_after_writing()
    with pytest.raises(duckdb.ConnectionException, match="already closed"):
        opened[0].execute("SELECT 1")
    assert tokens(warehouse) == []


def test_a_broken_statement_is_the_callers_own_error(warehouse: Warehouse) -> None:
    with pytest.raises(duckdb.ParserException), warehouse.connect() as con:
        con.execute("SELEKT 1")
    assert tokens(warehouse) == []


def test_a_lock_that_stays_taken_names_its_holder(warehouse: Warehouse) -> None:
    add_price(warehouse, "1")
    with holding(TAKES_OUR_LOCK, warehouse.path) as holder:
        with pytest.raises(WarehouseError, match=r"was still locked by .*process.* after 0\.3 s; wait") as caught:
            tokens(warehouse)
        if sys.platform == "linux":
            assert f"process {holder.pid} (" in str(caught.value)
    assert tokens(warehouse) == ["1"]  # a killed holder leaves no lock behind


COMES_BACK_AT_ONCE = """
    from copytrade_pipelines.warehouse import Warehouse
    print("held", flush=True)
    while True:
        with Warehouse(path=path).connect():
            time.sleep(0.2)
"""


def test_who_waits_gets_its_turn_though_the_holder_wants_the_file_again_at_once(warehouse: Warehouse) -> None:
    patient = warehouse.model_copy(update={"lock_timeout_seconds": 2.0})
    with holding(COMES_BACK_AT_ONCE, warehouse.path):
        for token in "12345":
            add_price(patient, token)
    assert tokens(warehouse) == list("12345")


def test_waiting_is_said_with_the_name_of_the_holder(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse_lock, "FIRST_WORD_SECONDS", 0.1)
    caplog.set_level(logging.INFO, "copytrade")
    with holding(TAKES_OUR_LOCK, warehouse.path) as holder:
        with pytest.raises(WarehouseError):
            tokens(warehouse)
        assert re.search(rf"waiting for the warehouse for 0 s, locked by process {holder.pid} \(.+\) for", caplog.text)


def test_a_kill_inside_a_transaction_leaves_what_was_there_before(warehouse: Warehouse) -> None:
    add_price(warehouse, "1")
    script = """
import os, signal, sys
from copytrade_pipelines.warehouse import Warehouse
with Warehouse(path=sys.argv[1]).connect() as con:
    con.execute("INSERT INTO raw.prices SELECT 'half', TIMESTAMP '2026-01-01', 0.5, 1 FROM range(300000)")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script, warehouse.path], check=False).returncode == -signal.SIGKILL
    assert tokens(warehouse) == ["1"]


def test_a_file_open_in_another_program_says_so_at_once(warehouse: Warehouse) -> None:
    add_price(warehouse, "1")
    problem = "is open in another program; close it there and run again"
    with holding(OPENS_THE_FILE, warehouse.path), pytest.raises(WarehouseError, match=problem):
        tokens(warehouse)
    assert tokens(warehouse) == ["1"]


def test_a_file_that_is_not_duckdb_is_refused_and_kept(warehouse: Warehouse) -> None:
    path = Path(warehouse.path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0" * 500)
    with pytest.raises(WarehouseError, match="is not a DuckDB file; move it away"):
        tokens(warehouse)
    assert path.read_bytes() == b"SQLite format 3\0" * 500


def test_a_damaged_file_says_how_to_go_on(warehouse: Warehouse) -> None:
    add_price(warehouse, "1")
    path = Path(warehouse.path)
    content = bytearray(path.read_bytes())
    content[5000::50] = bytes(255 - byte for byte in content[5000::50])
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match="cannot be opened; move it away"):
        tokens(warehouse)
