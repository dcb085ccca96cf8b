"""Suites catch planted bad rows, a critical one stops what comes after, and the runner's silence is heard."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from copytrade_live.clock import from_iso
from copytrade_live.core.market import DAY, SECOND
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.checks import CONTRACT, contract_check
from copytrade_pipelines.ingest.journal import Heartbeat
from copytrade_pipelines.pulse import feel_pulse
from copytrade_pipelines.quality.expectations import Severity, Suite
from copytrade_pipelines.quality.suites import (
    RAW_ACTIVITY,
    RAW_BOOKS,
    RAW_FILLS,
    RAW_MARKETS,
    RAW_POSITIONS,
    RAW_PRICES,
    RAW_RESOLUTIONS,
    TABLE_SUITES,
    TRADER_SCORES,
)
from copytrade_pipelines.quality.validate import SAMPLE_ROWS, Failure, read, validate
from copytrade_pipelines.quality.verdict import judge
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.scoring.scores import COLUMNS as SCORE_COLUMNS
from copytrade_pipelines.warehouse import Warehouse, ensure_schema
from copytrade_pipelines.watch_checks import runner_is_heard

WALLET = "0x" + "a" * 40
ROWS = {
    "raw_fills": f"""insert into raw.fills by name select 'f' || i as fill_id, '{WALLET}' as wallet,
        '0xc' as condition_id, '71' as token_id, 'BUY' as side, 'taker' as role, 0.4 as price, 5.0 as size,
        timestamp '2026-01-01' as event_at,
        timestamp '2026-01-01 00:00:10' as observed_at from range(30) as r(i)""",
    "raw_activity": f"""insert into raw.activity by name select 'a1' as activity_id, '{WALLET}' as wallet,
        'SPLIT' as type, 5.0 as size, 5.0 as usdc_size, timestamp '2026-01-01' as event_at,
        timestamp '2026-01-01 00:00:10' as observed_at""",
    "raw_positions": f"""insert into raw.positions by name select '{WALLET}' as wallet, '71' as token_id,
        '0xc' as condition_id, 'OPEN' as status, 5.0 as size, 5.0 as total_size, 0.4 as average_price,
        timestamp '2026-01-01' as observed_at""",
    "raw_prices": """insert into raw.prices by name select '71' as token_id, timestamp '2026-01-01' as "at",
        0.4 as mid""",
    "raw_markets": """insert into raw.markets by name select '0xc' as condition_id, ['Yes', 'No'] as outcomes,
        ['71', '72'] as token_ids, 0.01 as tick_size, 5.0 as min_order_size, 0.0 as fee_rate,
        timestamp '2026-01-01' as observed_at""",
    "raw_resolutions": """insert into raw.resolutions by name select '0xc' as condition_id, 'resolved' as status,
        [1.0, 0.0] as payouts, 'Yes' as winning_outcome, timestamp '2026-01-02' as resolved_at,
        timestamp '2026-01-02' as known_at""",
    "raw_books": """insert into raw.books by name select 'b1' as book_id, '71' as token_id, 'recorded' as source,
        [{'price': 0.4, 'size': 10.0}, {'price': 0.39, 'size': 5.0}] as bids, [{'price': 0.42, 'size': 3.0}] as asks,
        timestamp '2026-01-01' as event_at, timestamp '2026-01-01' as observed_at
        union all by name select 'b2' as book_id, '72' as token_id, 'recorded' as source, [] as bids, [] as asks,
        timestamp '2026-01-01' as event_at, timestamp '2026-01-01' as observed_at""",
    "trader_scores": f"""insert into marts.fct_trader_scores by name select '{WALLET}' as wallet, 'overall' as category,
        timestamp '2026-01-01' as as_of, 'v1' as score_version, 0.01 as edge_mean, 0.02 as edge_sd, 0.7 as p_pos,
        -0.01 as lcb10, 1.0 as rank, 12 as n_events, 9.5 as n_eff, 1.0 as coverage, 0.01 as copy_cost_mean,
        0.2 as imputed_share, 0.1 as maker_share, 0.3 as q_value, timestamp '2026-01-01' as known_at""",
}
PLANTED = [
    (RAW_FILLS, "update raw.fills set price = 1.2 where fill_id = 'f3'", "between", 1),
    (RAW_FILLS, "update raw.fills set size = 0 where fill_id = 'f3'", "between", 1),
    (RAW_FILLS, "update raw.fills set fill_id = 'f1' where fill_id = 'f3'", "unique", 2),
    (RAW_FILLS, "update raw.fills set wallet = upper(wallet) where fill_id = 'f3'", "match regex", 1),
    (RAW_FILLS, "update raw.fills set token_id = '7.1e+76' where fill_id = 'f3'", "match regex", 1),
    (RAW_FILLS, "update raw.fills set side = 'buy' where fill_id = 'f3'", "be in set", 1),
    (RAW_FILLS, "update raw.fills set role = null where fill_id = 'f3'", "not be null", 1),
    (RAW_FILLS, "update raw.fills set observed_at = '2025-12-31' where fill_id = 'f3'", "greater than", 1),
    (RAW_ACTIVITY, "update raw.activity set size = -1", "column=size", 1),
    (RAW_POSITIONS, "update raw.positions set status = 'LOST'", "be in set", 1),
    (RAW_PRICES, "update raw.prices set mid = 1.01", "column=mid", 1),
    (RAW_MARKETS, "update raw.markets set token_ids = ['71']", "column=unmatched_tokens", 1),
    (RAW_MARKETS, "update raw.markets set token_ids = ['71', '71']", "column=repeated_tokens", 1),
    (RAW_MARKETS, "update raw.markets set tick_size = 0", "column=tick_size", 1),
    (RAW_RESOLUTIONS, "update raw.resolutions set payouts = [1.0, 1.0]", "column=paid", 1),
    (RAW_RESOLUTIONS, "update raw.resolutions set known_at = '2026-01-01'", "column_A=known_at", 1),
    (RAW_RESOLUTIONS, "update raw.resolutions set status = 'won'", "be in set", 1),
    (RAW_BOOKS, "update raw.books set asks = [{'price': 0.3, 'size': 1.0}] where book_id = 'b1'", "best_ask", 1),
    (RAW_BOOKS, "update raw.books set bids = list_reverse(bids) where book_id = 'b1'", "column_B=highest_bid", 1),
    (RAW_BOOKS, "update raw.books set asks = [{'price': 0.5, 'size': 0.0}] where book_id = 'b1'", "least_size", 1),
    (TRADER_SCORES, "update marts.fct_trader_scores set p_pos = 1.1", "column=p_pos", 1),
    (TRADER_SCORES, "update marts.fct_trader_scores set edge_mean = 'nan'", "column=edge_mean", 1),
    (TRADER_SCORES, "update marts.fct_trader_scores set lcb10 = 0.5", "column_B=lcb10", 1),
    (TRADER_SCORES, "insert into marts.fct_trader_scores from marts.fct_trader_scores", "unique", 2),
    (TRADER_SCORES, "delete from marts.fct_trader_scores", "row count", 0),
]


def fill_tables(con: duckdb.DuckDBPyConnection) -> None:
    ensure_schema(con)
    columns = ", ".join(f"{name} {kind}" for name, kind in SCORE_COLUMNS.items())
    con.execute(f"create table if not exists marts.fct_trader_scores ({columns})")
    for insert in ROWS.values():
        con.execute(insert)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    fill_tables(connection)
    return connection


@pytest.mark.parametrize("suite", TABLE_SUITES, ids=lambda suite: suite.name)
def test_a_suite_passes_good_rows(con: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    frame = read(suite, con)
    assert len(frame) > 0
    assert validate(suite, frame) == []


@pytest.mark.parametrize(
    ("suite", "damage", "broken", "rows"), PLANTED, ids=[f"{s.name}: {d}" for s, d, _, _ in PLANTED]
)
def test_a_suite_catches_a_planted_bad_row(
    con: duckdb.DuckDBPyConnection, suite: Suite, damage: str, broken: str, rows: int
) -> None:
    con.execute(damage)
    failures = validate(suite, read(suite, con))
    caught = [failure for failure in failures if broken in failure.expectation]
    assert [len(failure.rows) for failure in caught] == [rows]
    assert caught[0].severity is Severity.CRITICAL


def test_an_empty_table_of_fills_is_a_warning_and_no_more(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from raw.fills")
    failures = validate(RAW_FILLS, read(RAW_FILLS, con))
    assert [(failure.severity, failure.found) for failure in failures] == [(Severity.WARNING, "was 0")]


def test_a_failure_shows_some_of_its_rows_and_counts_all(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update raw.fills set price = 2")
    (failure,) = validate(RAW_FILLS, read(RAW_FILLS, con))
    assert (failure.found, len(failure.rows)) == ("30 of 30 rows", SAMPLE_ROWS)
    assert failure.rows[0]["price"] == "2.0"


def test_a_column_that_is_gone_fails_and_does_not_pass(con: duckdb.DuckDBPyConnection) -> None:
    frame = read(RAW_FILLS, con).drop(columns="price")
    failures = validate(RAW_FILLS, frame)
    assert {failure.expectation for failure in failures if "could not be checked" in failure.found}
    assert all("price" in failure.expectation for failure in failures)


@pytest.mark.parametrize(
    ("severities", "severity"),
    [
        ((Severity.WARNING,), dg.AssetCheckSeverity.WARN),
        ((Severity.WARNING, Severity.CRITICAL), dg.AssetCheckSeverity.ERROR),
    ],
)
def test_only_a_critical_failure_is_an_error(severities: tuple[Severity, ...], severity: dg.AssetCheckSeverity) -> None:
    failures = [
        Failure(expectation="it holds", severity=each, found="1 of 2 rows", rows=({"a": "1"},)) for each in severities
    ]
    result = judge(RAW_FILLS, 2, failures)
    assert (result.passed, result.severity) == (False, severity)
    assert len(result.metadata["failing_rows"].records) == len(severities)  # type: ignore[union-attr]


def run_with_downstream(home: Home, damage: str) -> dg.ExecuteInProcessResult:
    warehouse = Warehouse(path=str(home.warehouse))
    with warehouse.connect() as con:
        fill_tables(con)
        con.execute(damage)

    @dg.asset(key=["raw", "fills"])
    def fills() -> None: ...

    @dg.asset(deps=[fills])
    def downstream() -> None: ...

    return dg.materialize(
        [fills, downstream, contract_check(dg.AssetKey(["raw", "fills"]), RAW_FILLS)],
        resources={"warehouse": warehouse},
        raise_on_error=False,
    )


def test_a_critical_failure_stops_what_comes_after(tmp_path: Path) -> None:
    result = run_with_downstream(Home(tmp_path), "update raw.fills set price = 2 where fill_id = 'f3'")
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.check_name, evaluation.passed) == (CONTRACT, False)
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    shown = evaluation.metadata["failing_rows"].records[0].data  # type: ignore[union-attr]
    assert (shown["fill_id"], shown["price"]) == ("f3", "2.0")
    assert not result.success
    assert not result.asset_materializations_for_node("downstream")


def test_a_warning_lets_what_comes_after_run(tmp_path: Path) -> None:
    result = run_with_downstream(Home(tmp_path), "delete from raw.fills")
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.success
    assert result.asset_materializations_for_node("downstream")


NOW = from_iso("2026-01-01T12:00:00Z")


@pytest.mark.parametrize(
    ("silences", "is_alive", "said"),
    [
        ({}, False, "no heartbeat"),
        ({"paper": 121}, False, "silent for 121 s, allowed are 120 s"),
        ({"paper": 120}, True, "paper run r1 was heard 120 s ago"),
        ({"paper": 5, "live": 121}, False, "live run r1 has been silent for 121 s"),
        ({"live": 5, "paper": 2 * DAY // SECOND}, True, "live run r1 was heard 5 s ago"),
    ],
)
def test_the_pulse_of_the_runners_is_that_of_the_most_silent_one_in_use(
    silences: dict[str, int], is_alive: bool, said: str
) -> None:
    beats = [Heartbeat(run_id="r1", mode=mode, written_at=NOW - one * SECOND) for mode, one in silences.items()]
    pulse = feel_pulse(beats, NOW, 120.0)
    assert pulse.is_alive is is_alive
    assert said in pulse.said


@pytest.fixture
def ask_for_the_pulse(tmp_path: Path) -> Callable[[CopytradeConfig], dg.AssetCheckResult]:
    def ask(config: CopytradeConfig) -> dg.AssetCheckResult:
        result = runner_is_heard(Settings.of(config, Home(tmp_path)), VenueResource.of(config.venue))
        assert isinstance(result, dg.AssetCheckResult)
        return result

    return ask


def test_a_missing_runner_is_a_warning(ask_for_the_pulse: Callable[[CopytradeConfig], dg.AssetCheckResult]) -> None:
    result = ask_for_the_pulse(CopytradeConfig())
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_venue_whose_clock_is_gone_is_a_warning_too(
    ask_for_the_pulse: Callable[[CopytradeConfig], dg.AssetCheckResult], free_url: str
) -> None:
    venue = {"clob_url": free_url, "clock": "venue", "max_attempts": 1, "timeout_seconds": 1}
    result = ask_for_the_pulse(CopytradeConfig.model_validate({"venue": venue}))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "clock cannot be read" in str(result.description)


@pytest.fixture
def free_url() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
