"""Each question finds what was planted for it, and nothing in tables that are as they should be."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from copytrade_live.core.market import DAY, HOUR
from copytrade_pipelines.quality.anomalies import ANOMALIES, SAMPLE_ROWS, Finding, look_for
from copytrade_pipelines.warehouse import ensure_schema

# 2026-02-10 00:00:30 UTC, shortly after the newest fill.
NOW = 1_770_681_630_000
WALLET = "0x" + "a" * 40
BY_NAME = {one.name: one for one in ANOMALIES}
TABLES = f"""
    INSERT INTO raw.fills BY NAME
    SELECT 'f' || i AS fill_id, '{WALLET}' AS wallet, '0xc' AS condition_id, 't1' AS token_id, 'Yes' AS outcome,
        'BUY' AS side, 'taker' AS role, 0.5 AS price, 100.0 + i % 7 AS size, '0x' || i AS tx_hash, 0 AS occurrence,
        TIMESTAMP '2026-01-01' + to_hours(CAST(i AS INTEGER)) AS event_at,
        TIMESTAMP '2026-01-01' + to_hours(CAST(i AS INTEGER)) + INTERVAL 10 SECOND AS observed_at, 'test' AS source
    FROM range(961) AS r(i);
    INSERT INTO raw.markets BY NAME SELECT '0xc' AS condition_id, ['Yes', 'No'] AS outcomes, ['t1', 't2'] AS token_ids,
        0.01 AS tick_size, true AS closed, TIMESTAMP '2026-02-10 00:00:00' AS closed_at, 0.0 AS fee_rate,
        ['proposed', 'resolved'] AS uma_statuses, [1.0, 0.0] AS outcome_prices;
    INSERT INTO raw.resolutions BY NAME SELECT '0xc' AS condition_id, 'resolved' AS status, [1.0, 0.0] AS payouts,
        'data-api' AS source;
    INSERT INTO raw.wallets BY NAME SELECT '{WALLET}' AS wallet, TIMESTAMP '2026-02-10' AS fetched_through;
    INSERT INTO raw.coverage BY NAME SELECT '{WALLET}' AS wallet, TIMESTAMP '2026-02-09' AS observed_at, 2 AS tokens,
        1 AS matched, 0.4 AS share UNION ALL BY NAME SELECT '{WALLET}' AS wallet,
        TIMESTAMP '2026-02-10' AS observed_at, 2 AS tokens, 2 AS matched, 1.0 AS share;
    INSERT INTO raw.holdings BY NAME SELECT '{WALLET}' AS wallet, 't1' AS token_id, '0xc' AS condition_id,
        10.0 AS realised_pnl, 0.0 AS missing, 50.0 AS bought;
    INSERT INTO raw.positions BY NAME SELECT '{WALLET}' AS wallet, 't1' AS token_id, '0xc' AS condition_id,
        10.004 AS realised_pnl, 11.0 AS total_pnl, 50.0 AS total_size;
    INSERT INTO raw.wallet_sightings BY NAME SELECT '{WALLET}' AS wallet, 'leaderboard' AS source,
        'overall' AS category, 'all' AS time_window, 'PNL' AS sort_by, 11.5 AS pnl,
        TIMESTAMP '2026-02-10' AS observed_at;
"""
PLANTED = {
    "daily_volume": ("UPDATE raw.fills SET size = size * 50 WHERE event_at::DATE = '2026-02-03'", 1),
    "ingest_lag": ("DELETE FROM raw.fills WHERE event_at > '2026-02-09 15:00:00'", 1),
    "late_knowledge": ("UPDATE raw.fills SET observed_at = event_at + INTERVAL 2 DAY WHERE fill_id = 'f3'", 1),
    "price_off_range": ("UPDATE raw.fills SET price = 0.9999 WHERE fill_id IN ('f3', 'f4')", 2),
    "orphan_tokens": ("UPDATE raw.fills SET token_id = 't9' WHERE fill_id IN ('f3', 'f4')", 1),
    "outcome_not_in_market": ("UPDATE raw.fills SET outcome = 'No' WHERE fill_id = 'f3'", 1),
    "duplicated_keys": (
        "INSERT INTO raw.fills BY NAME SELECT * REPLACE ('again' AS fill_id) FROM raw.fills WHERE fill_id = 'f3'",
        1,
    ),
    "after_market_close": ("UPDATE raw.markets SET closed_at = '2026-02-09'", 1),
    "unknown_markets": ("UPDATE raw.fills SET condition_id = '0xd' WHERE fill_id = 'f3'", 1),
    "quarantined": (
        "INSERT INTO raw.quarantine (quarantine_id, source, field, reason) VALUES "
        "('q1', 'data-api/v2/trades', 'price', 'no'), ('q2', 'data-api/v2/trades', 'price', 'no')",
        1,
    ),
    "gone_silent": (
        "INSERT INTO raw.fills BY NAME SELECT * REPLACE ('0xb' AS wallet, 'b' || fill_id AS fill_id, "
        "event_at - INTERVAL 30 DAY AS event_at) FROM raw.fills WHERE event_at < '2026-01-20'",
        1,
    ),
    "watermark_in_the_future": ("UPDATE raw.wallets SET fetched_through = '2026-02-10 01:00:00'", 1),
    "payouts_disagree": ("UPDATE raw.resolutions SET payouts = [0.0, 1.0]", 1),
    "not_reconciled": ("UPDATE raw.coverage SET matched = 1, share = 0.5", 1),
    "pnl_differs": ("UPDATE raw.positions SET realised_pnl = 12.0", 1),
}  # fmt: skip


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as found:
        found.execute("SET TimeZone = 'UTC'")
        ensure_schema(found)
        found.execute(TABLES)
        yield found


def ask(con: duckdb.DuckDBPyConnection, name: str, now: int = NOW) -> Finding:
    return look_for(con, BY_NAME[name], now)


def test_every_question_has_something_planted_for_it() -> None:
    assert set(PLANTED) == set(BY_NAME)


def test_sound_tables_raise_no_question(con: duckdb.DuckDBPyConnection) -> None:
    assert [name for name in BY_NAME if ask(con, name).count] == []


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found_and_shown(con: duckdb.DuckDBPyConnection, name: str) -> None:
    damage, count = PLANTED[name]
    con.execute(damage)
    finding = ask(con, name)
    assert (finding.count, len(finding.rows)) == (count, min(count, SAMPLE_ROWS))


def test_empty_tables_raise_no_question() -> None:
    with duckdb.connect() as con:
        ensure_schema(con)
        assert [name for name in BY_NAME if look_for(con, BY_NAME[name], NOW).count] == []


def test_lag_counts_from_what_is_now(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, "ingest_lag", NOW + 5 * HOUR).count == 0
    assert float(ask(con, "ingest_lag", NOW + DAY).rows[0]["hours"]) == pytest.approx(24, abs=0.1)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("UPDATE raw.holdings SET missing = 5", "missing history"),
        ("UPDATE raw.holdings SET condition_id = '0x' || repeat('c', 62)", "combos"),
        ("UPDATE raw.positions SET total_size = 48; UPDATE raw.markets SET fee_rate = 0.25", "fees taken in shares"),
        ("UPDATE raw.positions SET total_size = 90", "acquired otherwise"),
        ("DELETE FROM raw.resolutions", "payout not known"),
        ("", "unexplained"),
    ],
)
def test_a_difference_in_pnl_comes_with_its_reason(con: duckdb.DuckDBPyConnection, cause: str, reason: str) -> None:
    con.execute(f"UPDATE raw.positions SET realised_pnl = 25.0; {cause}")
    (row,) = ask(con, "pnl_differs").rows
    assert (row["difference"], row["leaderboard_pnl"], row["reason"]) == ("-15", "11.5", reason)
