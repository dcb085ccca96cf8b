"""Coverage says whether histories add up, a gap is read again once, and what nobody may copy never gets in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from copytrade_live.errors import InputFileError
from copytrade_live.sandbox.cli import build_world
from copytrade_live.sandbox.server import build_app
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.settings import Home, LeaderboardChoice, VenueConfig
from copytrade_live.venue.contracts import CONTRACTS, ZERO_ADDRESS
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.stretch import BEGINNING
from copytrade_pipelines.ingest.coverage import reconcile_wallets
from copytrade_pipelines.ingest.discovery import discover_holders, discover_wallets
from copytrade_pipelines.ingest.history_plan import plan
from copytrade_pipelines.ingest.holdings import fold, in_order
from copytrade_pipelines.ingest.positions import fetch_positions
from copytrade_pipelines.ingest.steps import conversion, read_steps
from copytrade_pipelines.ingest.wallets import BUCKETS, Sighting, bucket_of, read_watchlist, write_wallets
from copytrade_pipelines.resources import run_closing
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.ingest_runs import venue_config
from tests.venue.loopback import served

WALLET, OTHER = "0x" + "a" * 40, "0x" + "b" * 40
NOW = 1_770_000_000_000
DAY = 86_400_000
FILLS = """
    INSERT INTO raw.fills BY NAME
    SELECT 'f' || i AS fill_id, $wallet AS wallet, '0xc' || (i % 2) AS condition_id, 't' || (i % 2) AS token_id,
        'BUY' AS side, 'taker' AS role, 0.5 AS price, 10.0 AS size, epoch_ms(CAST($at AS BIGINT)) AS event_at,
        epoch_ms(CAST($at AS BIGINT)) AS observed_at, 'test' AS source
    FROM range(4) AS r(i)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(path=str(Home(tmp_path).warehouse))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    world = build_world("synthetic", 7, None)
    with served(build_app(world, TimeKeeper(world.start_at, speed=None))) as found:
        yield found


def with_history(con: duckdb.DuckDBPyConnection, *positions: tuple[str, float]) -> None:
    con.execute(FILLS, {"wallet": WALLET, "at": NOW - DAY})
    con.execute(
        "UPDATE raw.wallets SET history_complete = true, fills = 4, readable = 1.0, "
        "fetched_through = epoch_ms(CAST(? AS BIGINT)) WHERE wallet = ?",
        [NOW - DAY, WALLET],
    )
    for token, size in positions:
        con.execute(
            "INSERT INTO raw.positions (wallet, token_id, status, size, average_price, event_at) "
            "VALUES (?, ?, 'OPEN', ?, 0.5, epoch_ms(CAST(? AS BIGINT)))",
            [WALLET, token, size, NOW - DAY],
        )


def begins(warehouse: Warehouse) -> dict[str, int]:
    with warehouse.connect() as con:
        plans = plan(con, now=NOW, audit_days=30)
    return {one.wallet: min(start for _, start, _ in one.reads) for one in plans}


def state(warehouse: Warehouse) -> tuple[float, bool, int]:
    with warehouse.connect() as con:
        ((coverage, whole),) = con.execute("SELECT coverage, history_complete FROM raw.wallets").fetchall()
        ((rows,),) = con.execute("SELECT count(*) FROM raw.coverage").fetchall()
    return coverage, whole, rows


def test_a_history_that_adds_up_is_covered_and_compared_once(warehouse: Warehouse) -> None:
    write_wallets(warehouse, [Sighting(wallet=WALLET, source="test")])
    with warehouse.connect() as con:
        with_history(con, ("t0", 20.0), ("t1", 20.0))
    assert reconcile_wallets(warehouse, now=NOW, reread_below=0.95).matching == 1
    assert state(warehouse) == (1.0, True, 1)
    assert reconcile_wallets(warehouse, now=NOW + DAY, reread_below=0.95).wallets == 0


def test_a_gap_is_read_again_from_the_beginning_once_and_then_only_told(warehouse: Warehouse) -> None:
    write_wallets(warehouse, [Sighting(wallet=WALLET, source="test")])
    with warehouse.connect() as con:
        with_history(con, ("t0", 20.0), ("t1", 35.0))
    assert reconcile_wallets(warehouse, now=NOW, reread_below=0.95).reread == 1
    assert state(warehouse) == (0.0, False, 1)
    assert begins(warehouse) == {WALLET: BEGINNING}
    with warehouse.connect() as con:  # as an ingest that read it all again leaves it
        con.execute("UPDATE raw.wallets SET history_complete = true")
    assert reconcile_wallets(warehouse, now=NOW + DAY, reread_below=0.95).reread == 0
    coverage, whole, rows = state(warehouse)
    assert whole
    assert rows == 1
    assert coverage == pytest.approx(10.0 / 27.5)


def test_an_excluded_wallet_is_neither_fetched_nor_scored_until_let_in_again(warehouse: Warehouse) -> None:
    seen = [Sighting(wallet=WALLET, source="test"), Sighting(wallet=OTHER, source="test")]
    write_wallets(warehouse, seen, now=NOW)
    with warehouse.connect() as con:
        with_history(con)
    write_wallets(warehouse, seen, now=NOW, excluded=[WALLET])
    assert set(begins(warehouse)) == {OTHER}
    with warehouse.connect() as con:
        assert con.execute("SELECT wallet FROM raw.wallets WHERE history_complete").fetchall() == []
    write_wallets(warehouse, seen, now=NOW)
    assert begins(warehouse) == {WALLET: BEGINNING, OTHER: BEGINNING}


def test_contracts_of_the_venue_are_nobody_to_copy(warehouse: Warehouse, tmp_path: Path) -> None:
    write_wallets(warehouse, [Sighting(wallet=one, source="test") for one in (*CONTRACTS, WALLET)], now=NOW)
    with warehouse.connect() as con:
        assert con.execute("SELECT wallet FROM raw.wallets").fetchall() == [(WALLET,)]
        assert con.execute("SELECT DISTINCT wallet FROM raw.wallet_sightings").fetchall() == [(WALLET,)]
    listed = tmp_path / "wallets.txt"
    listed.write_text(ZERO_ADDRESS + "\n")
    with pytest.raises(InputFileError, match=r"line 1: 0x0+ is a contract"):
        read_watchlist(listed)


def test_the_first_place_a_wallet_was_seen_at_is_its_source_and_a_place_is_noted_once_a_day(
    warehouse: Warehouse,
) -> None:
    seen = [
        Sighting(wallet=WALLET, source="watchlist"),
        Sighting(wallet=WALLET, source="leaderboard", category="crypto", window="month", rank=3, pnl=5.0),
    ]
    for hours in (0, 1, 25):
        write_wallets(warehouse, seen, now=NOW + hours * 3_600_000)
    with warehouse.connect() as con:
        assert con.execute("SELECT source, bucket FROM raw.wallets").fetchall() == [("watchlist", bucket_of(WALLET))]
        counted = con.execute("SELECT source, count(*), max(rank) FROM raw.wallet_sightings GROUP BY ALL ORDER BY 1")
        assert counted.fetchall() == [("leaderboard", 2, 3), ("watchlist", 2, None)]


def test_a_wallet_that_never_traded_was_first_seen_when_it_was_found(warehouse: Warehouse) -> None:
    for hours in (0, 1):
        write_wallets(warehouse, [Sighting(wallet=WALLET, source="test")], now=NOW + hours * 3_600_000)
    with warehouse.connect() as con:
        assert con.execute("SELECT epoch_ms(first_seen_at) FROM raw.wallets").fetchall() == [(NOW,)]


def test_buckets_are_fixed_and_even() -> None:
    assert bucket_of("0x" + "0" * 39 + "1") == 1
    spread = [bucket_of(f"0x{number * 2654435761 % 2**160:040x}") for number in range(3200)]
    assert set(spread) == set(range(BUCKETS))
    assert max(map(spread.count, range(BUCKETS))) < 200


def test_boards_give_their_best_ranks_first_and_say_where_each_stood(url: str) -> None:
    boards = (LeaderboardChoice(top=5), LeaderboardChoice(category="crypto", window="month", top=5))

    async def look(api: DataApi) -> list[Sighting]:
        return (await discover_wallets(api, 4, boards))[0]

    found = run_closing(lambda: DataApi.from_config(venue_config(url)), look)
    assert len({one.wallet for one in found}) == 4
    assert [one.rank for one in found[:2]] == [1, 1]
    assert {(one.category, one.window) for one in found} == {("overall", "all"), ("crypto", "month")}


def test_holders_of_a_market_come_largest_first(url: str) -> None:
    async def look(api: DataApi) -> tuple[str, list[Sighting]]:
        best = (await api.leaderboard(limit=1)).rows[0].wallet
        condition = (await api.positions(best)).rows[0].condition_id
        return best, (await discover_holders(api, [condition]))[0]

    best, found = run_closing(lambda: DataApi.from_config(venue_config(url)), look)
    assert best in {one.wallet for one in found}
    sizes = [one.volume for one in found]
    assert sizes == sorted(sizes, reverse=True)  # type: ignore[type-var]


def test_where_the_newer_positions_are_refused_the_older_say_the_same(url: str) -> None:
    async def look(api: DataApi) -> tuple[dict[str, float], dict[str, float]]:
        wallet = (await api.leaderboard(limit=1)).rows[0].wallet
        newer, older = await fetch_positions(api, wallet), await api.positions_v1(wallet)
        sizes = [{row.token_id: round(row.size, 2) for row in one.rows} for one in (newer, older)]
        return sizes[0], sizes[1]

    newer, older = run_closing(lambda: DataApi.from_config(venue_config(url)), look)
    assert newer == older
    assert len(newer) > 20


def test_a_refused_listing_falls_back_to_the_older_api() -> None:
    async def gone(request: Request) -> Response:
        return JSONResponse({"error": "gone"}, status_code=410)

    async def none(request: Request) -> Response:
        return JSONResponse([])

    routes = [Route("/v2/positions", gone), Route("/positions", none), Route("/closed-positions", none)]
    with served(Starlette(routes=routes)) as url:
        config = VenueConfig(data_url=url, max_attempts=1)
        found = run_closing(lambda: DataApi.from_config(config), lambda api: fetch_positions(api, WALLET))
    assert (found.rows, found.is_complete) == ((), True)


def test_a_conversion_burns_no_tokens_and_gives_the_other_yes_tokens() -> None:
    event = {name: (f"{name}-yes", f"{name}-no") for name in "abc"}
    step = conversion(NOW, ["a", "b"], 5.0, event)
    assert step is not None
    assert (step.tokens, step.gained) == (("a-no", "b-no"), ("c-yes",))
    assert conversion(NOW, ["a", "z"], 5.0, event) is None
    assert conversion(NOW, ["a"], 5.0, None) is None


def test_conversions_and_splits_of_markets_never_traded_are_placed_by_their_event(warehouse: Warehouse) -> None:
    conditions = ["0xa", "0xb", "0xc"]
    with warehouse.connect() as con:
        con.execute(
            "INSERT INTO raw.events BY NAME SELECT '7' AS event_id, true AS neg_risk, $1 AS condition_ids, "
            "['ay', 'by', 'cy'] AS yes_tokens, ['an', 'bn', 'cn'] AS no_tokens",
            [conditions],
        )
        con.execute(
            "INSERT INTO raw.markets BY NAME SELECT unnest($1) AS condition_id, "
            "unnest([['ay', 'an'], ['by', 'bn'], ['cy', 'cn']]) AS token_ids",
            [conditions],
        )
        for number, (kind, condition) in enumerate(
            [("SPLIT", "0xa"), ("SPLIT", "0xb"), ("CONVERSION", "0xa"), ("CONVERSION", "0xb"), ("SPLIT", "0xz")]
        ):
            con.execute(
                "INSERT INTO raw.activity BY NAME SELECT $1 AS activity_id, $2 AS wallet, $3 AS type, "
                "$4 AS condition_id, '' AS token_id, 10.0 AS size, 10.0 AS usdc_size, $5 AS tx_hash, "
                "TIMESTAMP '2026-01-01' + to_hours($6) AS event_at",
                [f"a{number}", WALLET, kind, condition, kind, 0 if kind == "SPLIT" else 1],
            )
        steps = read_steps(con, [WALLET])
    held = fold(in_order(steps.of(WALLET)))
    assert {token: one.size for token, one in held.by_token.items() if one.size} == {"ay": 10, "by": 10, "cy": 10}
    assert held.cash == pytest.approx(-20 + 10)
    assert steps.unplaced(WALLET) == 1
