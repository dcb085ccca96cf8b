"""Rows that were set aside get a second chance, and none is ever lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from copytrade_live.errors import InputFileError
from copytrade_live.venue.wire_data import parse_fill, parse_resolution, parse_rows
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.quality.quarantine import Times, find_row, list_quarantine, reingest
from copytrade_pipelines.warehouse import ensure_schema
from tests.venue.rows_on_the_wire import CONDITION, WALLET, v2_activity, v2_fill

TIMES = Times(lag=10_000, now=1_790_000_000_000)
TRADES, ACTIVITY, RESOLUTIONS = "data-api/v2/trades", "data-api/v2/activity", "data-api/v2/resolutions"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        ensure_schema(found)
        found.execute(
            "INSERT INTO raw.wallets BY NAME SELECT ? AS wallet, true AS history_complete, 'test' AS source", [WALLET]
        )
        yield found


def set_aside(con: duckdb.DuckDBPyConnection, source: str, *payloads: dict[str, Any], reason: str = "once") -> None:
    """Rows that an older parser would not take."""
    for number, payload in enumerate(payloads):
        con.execute(
            "INSERT INTO raw.quarantine (quarantine_id, source, reason, payload) VALUES (?, ?, ?, ?)",
            [f"{number}{source}", source, reason, json.dumps(payload)],
        )


def left(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute("SELECT source, reason, field, value FROM raw.quarantine ORDER BY quarantine_id").fetchall()


def test_what_the_parser_accepts_moves_to_its_table(con: duckdb.DuckDBPyConnection) -> None:
    set_aside(con, TRADES, v2_fill(), v2_fill(size=3.0))
    set_aside(con, ACTIVITY, v2_activity("SPLIT"))
    done = reingest(con, TIMES)
    assert [(one.source, one.accepted, one.new, one.refused) for one in done] == [
        (ACTIVITY, 1, 1, 0),
        (TRADES, 2, 2, 0),
    ]
    assert left(con) == []
    assert con.execute("SELECT count(*), min(source) FROM raw.fills").fetchall() == [(2, "data-api")]
    assert con.execute("SELECT type FROM raw.activity").fetchall() == [("SPLIT",)]


def test_its_wallet_is_read_again_so_that_twins_are_not_lost(con: duckdb.DuckDBPyConnection) -> None:
    set_aside(con, TRADES, v2_fill())
    reingest(con, TIMES)
    assert con.execute("SELECT history_complete FROM raw.wallets").fetchall() == [(False,)]


def test_what_is_refused_again_stays_with_the_new_reason(con: duckdb.DuckDBPyConnection) -> None:
    set_aside(con, TRADES, v2_fill(price=7), v2_fill())
    (done,) = reingest(con, TIMES)
    assert (done.tried, done.accepted, done.refused) == (2, 1, 1)
    assert left(con) == [(TRADES, "price must be a price from 0 to 1, was 7", "price", "7")]


@pytest.mark.parametrize(
    ("source", "said"),
    [(f"{TRADES}#page", "a whole page did not fit"), ("carrier/pigeon", "nothing reads rows of this source")],
)
def test_what_nobody_can_read_stays_and_says_so(con: duckdb.DuckDBPyConnection, source: str, said: str) -> None:
    set_aside(con, source, {"data": "?"})
    reingest(con, TIMES)
    assert said in left(con)[0][1]


def test_a_row_that_is_there_already_is_accepted_and_not_new(con: duckdb.DuckDBPyConnection) -> None:
    for _ in range(2):
        set_aside(con, TRADES, v2_fill())
        (done,) = reingest(con, TIMES)
    assert (done.accepted, done.new) == (1, 0)
    assert con.execute("SELECT count(*) FROM raw.fills").fetchall() == [(1,)]


def test_only_the_source_that_was_named_is_read_again(con: duckdb.DuckDBPyConnection) -> None:
    resolved = {"condition_id": CONDITION, "status": "resolved", "payouts": [1_000_000, 0], "was_disputed": False}
    set_aside(con, RESOLUTIONS, resolved)
    set_aside(con, TRADES, v2_fill())
    assert [one.source for one in reingest(con, TIMES, RESOLUTIONS)] == [RESOLUTIONS]
    assert [row[0] for row in left(con)] == [TRADES]
    assert con.execute("SELECT status FROM raw.resolutions").fetchall() == [("resolved",)]


def test_rows_set_aside_by_an_ingest_are_listed_and_found(con: duckdb.DuckDBPyConnection) -> None:
    for parse, row, source in (
        (parse_fill, v2_fill(side="HOLD"), TRADES),
        (parse_resolution, {"status": ""}, RESOLUTIONS),
    ):
        upsert(con, "raw.quarantine", tables.quarantine(parse_rows([row], parse, source)[1]))
    assert [(source, field, count) for source, field, count, _ in list_quarantine(con)] == [
        (RESOLUTIONS, "status", 1), (TRADES, "side", 1),
    ]  # fmt: skip
    (row_id,) = con.execute("SELECT quarantine_id FROM raw.quarantine WHERE source = ?", [TRADES]).fetchone() or ("",)
    assert json.loads(find_row(con, row_id[:12]).payload)["side"] == "HOLD"
    for wrong in ("zzz", ""):
        with pytest.raises(InputFileError, match="quarantine list"):
            find_row(con, wrong)
