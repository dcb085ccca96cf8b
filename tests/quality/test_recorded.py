"""What the checks make of real recorded data; skipped, saying why, where it is absent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.settings import Home
from copytrade_live.venue.contracts import CONTRACTS
from copytrade_live.venue.wire_data import parse_leaderboard_row, parse_rows
from copytrade_live.venue.wire_gamma import parse_market
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.dumps import import_dumps
from copytrade_pipelines.ingest.outcomes import fill_in_from_gamma
from copytrade_pipelines.ingest.terms import append_terms
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.quality.anomalies import ANOMALIES, look_for
from copytrade_pipelines.quality.suites import RAW_ACTIVITY, RAW_FILLS, RAW_MARKETS, RAW_RESOLUTIONS
from copytrade_pipelines.quality.validate import read, validate
from copytrade_pipelines.warehouse import Warehouse, ensure_schema
from tests.venue.samples import SHARED, needs_shared

pytestmark = needs_shared
DATA = SHARED / "data"
LAG = 10 * SECOND
# 2026-06-10 00:00 UTC, after the recorded day of five-minute markets.
NOW = 1_781_049_600_000


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        ensure_schema(found)
        yield found


def odd(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How much each question finds, of those that find something."""
    counts = {one.name: look_for(con, one, NOW).count for one in ANOMALIES}
    return {name: count for name, count in counts.items() if count}


def test_a_day_of_recorded_markets_resolves_as_recorded(con: duckdb.DuckDBPyConnection) -> None:
    path = DATA / "btc5m" / "BTC-5m-markets-2026-06-08.jsonl.gz"
    listed = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    rows, bad = parse_rows((one["raw"] for one in listed), parse_market, "gamma/markets/keyset")
    assert (len(rows), bad) == (292, [])
    upsert(con, "raw.markets", tables.markets(rows, lag=LAG))
    append_terms(con, rows, lag=LAG, now=NOW)
    assert fill_in_from_gamma(con, lag=LAG, now=NOW) == 292
    won = {str(one["condition_id"]): [float(price) for price in one["outcome_prices"]] for one in listed}
    found = con.execute("SELECT condition_id, payouts, winning_outcome FROM raw.resolutions").fetchall()
    assert {condition: payouts for condition, payouts, _ in found} == won
    assert [winner for *_, winner in found].count("Up") == 137
    fees = con.execute("SELECT DISTINCT rate, exponent, taker_only, rebate FROM raw.fee_schedules").fetchall()
    assert fees == [(0.07, 1.0, True, 0.2)]
    ticks = con.execute("SELECT tick_size, count(*) FROM raw.tick_sizes GROUP BY ALL ORDER BY 1").fetchall()
    assert ticks == [(0.001, 26), (0.01, 266)]
    assert [validate(suite, read(suite, con)) for suite in (RAW_MARKETS, RAW_RESOLUTIONS)] == [[], []]
    assert odd(con) == {}


def test_recorded_dumps_break_no_contract_and_raise_the_questions_they_should(tmp_path: Path) -> None:
    warehouse = Warehouse(path=str(Home(tmp_path).warehouse))
    raw = DATA / "raw_api"
    import_dumps([raw / "onchain_activity.json.gz", raw / "whale1_activity.json.gz"], warehouse)
    import_dumps([raw / "raw_historical_trades_20260108.csv.gz"], warehouse, "America/New_York")
    with warehouse.connect() as con:
        assert [validate(suite, read(suite, con)) for suite in (RAW_FILLS, RAW_ACTIVITY)] == [[], []]
        # Without markets nothing can be valued, the tape of January ends weeks before the rest, and all of it is old.
        assert odd(con) == {"ingest_lag": 1, "unknown_markets": 231, "gone_silent": 12}


def test_recorded_rankings_fit_but_for_those_without_a_rank_and_name_no_contract() -> None:
    listed = pq.read_table(DATA / "leaderboards" / "captures.parquet").to_pylist()
    payloads = [
        {"rank": row["rank_pnl"], "proxyWallet": row["address"], "userName": row["username"], "pnl": row["pnl"],
         "vol": row["vol"]}
        for row in listed
    ]  # fmt: skip
    good, bad = parse_rows(payloads, parse_leaderboard_row, "data-api/v1/leaderboard")
    assert (len(good), len(bad)) == (23_175 - 5_293, 5_293)
    assert {row.field for row in bad} == {"rank"}
    assert not CONTRACTS.intersection(row.wallet for row in good)
    assert len({str(row["address"]) for row in listed}) == 224
