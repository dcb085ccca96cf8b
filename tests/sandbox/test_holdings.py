"""Holders, closed positions, status, batches of histories and the documented limits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import httpx
import pytest
from polymarket import PublicClient

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import DAY, HOUR, SECOND
from copytrade_live.sandbox.answers import answer
from copytrade_live.sandbox.request_limits import LimitMiddleware, limit_of
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.sandbox.world import WorldMarket
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.test_data_api import all_pages, wallet_of
from tests.sandbox.test_official_client import environment


@pytest.fixture(scope="module")
def held(sandbox: Sandbox) -> dict[str, dict[str, float]]:
    """Shares by token and wallet, as the truth has them."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for one in sandbox.get("/admin/truth", parts="positions")["positions"]:
        if one["size"] > 0.01:
            found[one["token_id"]][one["wallet"]] = one["size"]
    return found


@pytest.fixture(scope="module")
def crowded(synthetic: SyntheticWorld, held: dict[str, dict[str, float]]) -> WorldMarket:
    """The market most wallets hold."""
    return max(synthetic.markets, key=lambda market: sum(len(held[token]) for token in market.token_ids))


def test_holders_are_those_who_hold_largest_first(
    sandbox: Sandbox, crowded: WorldMarket, held: dict[str, dict[str, float]]
) -> None:
    groups = sandbox.get("/holders", market=crowded.condition_id, minBalance=0)
    assert [group["token"] for group in groups] == [token for token in crowded.token_ids if held[token]]
    for group in groups:
        amounts = [one["amount"] for one in group["holders"]]
        assert amounts == sorted(amounts, reverse=True)
        assert {one["proxyWallet"] for one in group["holders"]} <= set(held[group["token"]])
        assert len(amounts) == min(20, len(held[group["token"]]))
    few = sandbox.get("/holders", market=crowded.condition_id, limit=1, minBalance=1)
    assert all(len(group["holders"]) == 1 for group in few)
    assert sandbox.http.get("/holders").status_code == 400


def test_pages_of_holders_lead_through_all_of_both_outcomes(
    sandbox: Sandbox, crowded: WorldMarket, held: dict[str, dict[str, float]]
) -> None:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for group in all_pages(sandbox, "/v2/holders", condition_id=crowded.condition_id, limit=2):
        found[group["token_id"]] |= {one["proxy_wallet"]: one["amount"] for one in group["holders"]}
    assert found == {token: held[token] for token in crowded.token_ids if held[token]}
    gains = sandbox.get("/v2/holders", condition_id=crowded.condition_id, include_pnl="true")["data"]
    assert all(isinstance(one["total_pnl"], float) for group in gains for one in group["holders"])
    assert sandbox.http.get("/v2/holders", params={"condition_id": "0x1", "include_pnl": "true"}).status_code == 400


def test_the_official_client_reads_holders(
    sandbox: Sandbox, crowded: WorldMarket, held: dict[str, dict[str, float]]
) -> None:
    with PublicClient(environment=environment(sandbox.url)) as client:
        pages = client.list_market_holders(condition_ids=crowded.condition_id, include_pnl=True)
        wallets = {one.wallet.lower() for page in pages for group in page.items for one in group.holders}
    assert wallets == {wallet for token in crowded.token_ids for wallet in held[token]}


def test_closed_positions_are_those_of_the_second_generation(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "noise")
    closed = {row["token_id"]: row for row in all_pages(sandbox, "/v2/positions", user=user, status="CLOSED")}
    rows: list[dict[str, Any]] = []
    while page := sandbox.get("/closed-positions", user=user, limit=50, offset=len(rows)):
        rows += page
    assert {row["asset"] for row in rows} == set(closed)
    assert all(row["realizedPnl"] == closed[row["asset"]]["realized_pnl"] for row in rows)
    assert all(row["timestamp"] == closed[row["asset"]]["last_event_at"] for row in rows)
    gains = [row["realizedPnl"] for row in rows]
    assert gains == sorted(gains, reverse=True)
    oldest = sandbox.get("/closed-positions", user=user, sortBy="TIMESTAMP", sortDirection="ASC")
    assert len(oldest) == 10
    assert oldest[0]["timestamp"] == min(row["timestamp"] for row in rows)
    assert "size" not in oldest[0]
    assert sandbox.http.get("/closed-positions").status_code == 400
    assert sandbox.http.get("/closed-positions", params={"user": user, "offset": 100_001}).status_code == 400


def test_closed_positions_carry_what_was_won_and_lost_in_all(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "skilled_taker")
    for row in all_pages(sandbox, "/v2/positions", user=user, status="CLOSED"):
        assert (row["current_size"], row["unrealized_pnl"]) == (0.0, 0.0)
        assert row["total_pnl"] == row["realized_pnl"]


def test_status_says_how_far_the_index_is_behind_the_chain(sandbox: Sandbox) -> None:
    told = sandbox.get("/v2/status")["data"]
    assert told["serving"]["lag_seconds"] == sandbox.options.index_lag // SECOND == 10
    head = int(sandbox.http.post("/rpc", json={"id": 1, "method": "eth_blockNumber"}).json()["result"], 16)
    assert told["ingestion"]["max_synced_block"] == head
    assert head - told["ingestion"]["min_synced_block"] in (6, 7)


def test_a_batch_of_histories_is_each_of_them(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    now = synthetic.start_at
    tokens = [market.token_ids[0] for market in synthetic.markets if market.opened_at + DAY < now < market.end_at][:3]
    window = {"start_ts": (now - DAY) // SECOND, "end_ts": now // SECOND, "fidelity": 60}
    asked = {"markets": [*tokens, "7"], **window}
    told = sandbox.http.post("/batch-prices-history", json=asked).json()["history"]
    assert set(told) == set(tokens)
    for token in tokens:
        query = {"market": token, "startTs": window["start_ts"], "endTs": window["end_ts"], "fidelity": 60}
        assert told[token] == sandbox.get("/prices-history", **query)["history"]
        assert len(told[token]) == DAY // HOUR + 1
    assert sandbox.http.post("/batch-prices-history", json={"markets": ["1"] * 21}).status_code == 400
    assert sandbox.http.post("/batch-prices-history", json=[]).status_code == 400


def test_documented_limits_refuse_what_is_over_them(start_sandbox: StartSandbox) -> None:
    running = start_sandbox(options=VenueOptions(enforce_limits=True))
    answers = [running.http.get("/ok") for _ in range(120)]
    refused = [one for one in answers if one.status_code == 429]
    assert 10 <= len(refused) <= 20
    assert refused[-1].json() == {"error": "Too Many Requests"}
    assert 1 <= int(refused[-1].headers["retry-after"]) <= 10
    assert running.http.get("/time").status_code == 200


def test_a_limit_is_a_sliding_window_by_family() -> None:
    clock = ManualClock(0)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer("OK")(scope, receive, send)

    async def play() -> None:
        transport = httpx.ASGITransport(LimitMiddleware(app, clock))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            statuses = [(await client.get("/positions")).status_code for _ in range(151)]
            assert statuses == [200] * 150 + [429]
            clock.set(4 * SECOND)
            assert (await client.get("/positions")).headers["retry-after"] == "6"
            assert (await client.get("/v2/positions")).status_code == 200
            clock.set(10 * SECOND)
            assert (await client.get("/positions")).status_code == 200

    asyncio.run(play())


def test_each_path_counts_against_its_own_family() -> None:
    paths = ("/trades", "/v2/trades", "/v2/value", "/book", "/books", "/v1/leaderboard", "/rpc")
    limits = [limit_of(path) for path in paths]
    assert [limit and limit.family for limit in limits] == [
        "trades", "trades", "data", "book", "books", "data", None
    ]  # fmt: skip
