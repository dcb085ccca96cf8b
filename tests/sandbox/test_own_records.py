"""What an account traded shows where everybody's trades show: data API, positions, and the chain's logs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from polymarket import SecureClient
from websockets.sync.client import connect

from copytrade_live.sandbox.chain_logs import EXCHANGE, ORDER_FILLED, padded
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.world import WorldMarket
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, step, trading_environment, truth


@pytest.fixture
def market(synthetic: SyntheticWorld) -> WorldMarket:
    return open_market(synthetic)


@pytest.fixture
def traded(start_sandbox: StartSandbox, market: WorldMarket) -> Sandbox:
    """Bought twice, sold once, all settled and indexed."""
    sandbox = start_sandbox()
    fund(sandbox, address=OWNER, cash=500)
    token = market.token_ids[0]
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(sandbox.url)) as client:
        for amount in (40, 20):
            _, ask = best(sandbox, token)
            order = client.create_market_order(
                asset_id=token, side="BUY", amount=amount, max_price=round(ask + 0.02, 2)
            )
            assert client.post_order(order).ok
            step(sandbox, 30)
        bid, _ = best(sandbox, token)
        order = client.create_market_order(asset_id=token, side="SELL", shares=15, min_price=round(bid - 0.03, 2))
        assert client.post_order(order).ok
    step(sandbox, 120)
    return sandbox


def test_the_data_api_lists_what_the_venue_settled(traded: Sandbox) -> None:
    fills = truth(traded, "own_fills")
    for rows, cash, size, transaction in (
        (traded.get("/v2/activity", user=OWNER)["data"], "usdc_size", "size", "transaction_hash"),
        (traded.get("/activity", user=OWNER), "usdcSize", "size", "transactionHash"),
    ):
        assert sorted((row[transaction], row["side"], row[size], row[cash]) for row in rows) == sorted(
            (fill["tx"], fill["side"], float(fill["size"]), float(fill["cash"])) for fill in fills
        )
    assert len(traded.get("/v2/trades", user=OWNER, taker_only="false")["data"]) == len(fills)
    assert len(traded.get("/trades", user=OWNER, side="SELL")) == sum(fill["side"] == "SELL" for fill in fills)


def test_pages_of_own_activity_join_up(traded: Sandbox) -> None:
    whole = traded.get("/v2/activity", user=OWNER)["data"]
    first = traded.get("/v2/activity", user=OWNER, limit=1)
    rest = traded.get("/v2/activity", user=OWNER, limit=1000, cursor=first["pagination"]["next_cursor"])
    # Another limit is no other question.
    assert first["data"] + rest["data"] == whole
    assert rest["pagination"]["has_more"] is False


def test_positions_are_what_the_account_holds(traded: Sandbox, market: WorldMarket) -> None:
    held = {row["token_id"]: row["balance"] for row in truth(traded, "balances") if row["token_id"]}
    (row,) = traded.get("/v2/positions", user=OWNER)["data"]
    assert Decimal(str(row["current_size"])) == Decimal(held[market.token_ids[0]])
    assert traded.get("/positions", user=OWNER)[0]["asset"] == market.token_ids[0]
    value = traded.get("/v2/value", user=OWNER)["data"]["value"]
    assert value == pytest.approx(row["current_value"], abs=0.001)


def test_every_leg_is_a_log_once_and_names_its_wallet(traded: Sandbox) -> None:
    def logs(**wish: object) -> list[dict[str, Any]]:
        head = rpc(traded, "eth_blockNumber")
        query = {"fromBlock": hex(int(head, 16) - 400), "toBlock": "latest", **wish}
        found: list[dict[str, Any]] = rpc(traded, "eth_getLogs", query)
        return found

    fills = truth(traded, "own_fills")
    mine = logs(address=EXCHANGE, topics=[ORDER_FILLED, None, padded(OWNER.lower())])
    assert [log["transactionHash"] for log in mine] == [fill["tx"] for fill in fills]
    for log, fill in zip(mine, fills, strict=True):
        words = [int(log["data"][2 + 64 * at : 66 + 64 * at], 16) for at in range(5)]
        assert words[0] == (0 if fill["side"] == "BUY" else 1)
        assert str(words[1]) == fill["token_id"]
        assert words[3 if fill["side"] == "BUY" else 2] == round(Decimal(fill["size"]) * 1_000_000)
        assert words[4] == round(Decimal(fill["fee"]) * 1_000_000)
    everything = logs()
    keys = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in everything]
    assert keys == sorted(set(keys))
    block = rpc(traded, "eth_getBlockByNumber", mine[0]["blockNumber"], False)
    assert mine[0]["transactionHash"] in block["transactions"]


def test_a_match_that_was_not_mined_is_nowhere(start_sandbox: StartSandbox, market: WorldMarket) -> None:
    sandbox = start_sandbox()
    fund(sandbox, address=OWNER, cash=500)
    fault = {"name": "settlement_failed", "probability": 1.0, "delay_seconds": 20}
    assert sandbox.http.post("/admin/faults", json=fault).status_code == 200
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(sandbox.url)) as client:
        _, ask = best(sandbox, market.token_ids[0])
        client.post_order(
            client.create_market_order(asset_id=market.token_ids[0], side="BUY", amount=20, max_price=ask)
        )
        step(sandbox, 120)
        assert client.list_account_trades().first_page().items[0].status == "FAILED"
    assert sandbox.get("/v2/activity", user=OWNER)["data"] == []
    assert sandbox.get("/v2/positions", user=OWNER)["data"] == []
    assert sandbox.get("/admin/faults")["met"]["settlement_failed"] >= 1


def rpc(sandbox: Sandbox, method: str, *params: object) -> Any:
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    answered = sandbox.http.post("/rpc", json=asked).json()
    assert "error" not in answered, answered
    return answered["result"]


def test_the_activity_stream_tells_what_an_account_took_once_it_is_mined(
    start_sandbox: StartSandbox, market: WorldMarket
) -> None:
    sandbox, token = start_sandbox(), market.token_ids[0]
    fund(sandbox, address=OWNER, cash=500)
    with connect(sandbox.url.replace("http", "ws") + "/", proxy=None) as socket:
        socket.send(json.dumps({"action": "subscribe", "subscriptions": [{"topic": "activity", "type": "trades"}]}))
        with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(sandbox.url)) as client:
            _, ask = best(sandbox, token)
            order = client.create_market_order(asset_id=token, side="BUY", amount=40, max_price=round(ask + 0.02, 2))
            assert client.post_order(order).ok
        step(sandbox, 30)
        ours = None
        while ours is None:
            told = socket.recv(timeout=5)
            payload = json.loads(told)["payload"] if told.startswith("{") else {}
            ours = payload if payload.get("proxyWallet") == OWNER else None
    (fill,) = truth(sandbox, "own_fills")
    assert (ours["transactionHash"], ours["asset"], ours["side"]) == (fill["tx"], token, "BUY")
    assert Decimal(str(ours["size"])) == Decimal(fill["size"])
