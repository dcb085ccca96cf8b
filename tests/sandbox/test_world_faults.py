"""Faults of the world that is shown: stalled index, failed fills, early closes, hostile wallets; over real sockets."""

from __future__ import annotations

import json

import pytest
from websockets.sync.client import connect

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.test_stream_faults import ACTIVITY, heard, met, ping, switch_on
from tests.sandbox.trading import open_market, step

ALL = {"taker_only": "false", "limit": 1000}
ORDER_FILLED = "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"


@pytest.fixture
def running(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox()


def newest(sandbox: Sandbox) -> int:
    stamp: int = sandbox.get("/v2/trades", taker_only="false", limit=1)["data"][0]["timestamp"]
    return stamp


def made_by(sandbox: Sandbox, wallet: str) -> int:
    """How many logs the chain has of a wallet's fills in the last hour."""
    head = int(sandbox.http.post("/rpc", json=call("eth_blockNumber")).json()["result"], 16)
    topics = [ORDER_FILLED, None, "0x" + wallet[2:].rjust(64, "0")]
    asked = {"fromBlock": hex(head - 2300), "toBlock": hex(head), "topics": topics}
    return len(sandbox.http.post("/rpc", json=call("eth_getLogs", asked)).json()["result"])


def call(method: str, *params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}


def test_a_stalled_index_shows_nothing_new_until_it_catches_up(running: Sandbox) -> None:
    before = newest(running)
    switch_on(running, "index_stalled", window_seconds=3600)
    step(running, 3000)
    assert newest(running) == before
    assert met(running, "index_stalled") >= 1
    step(running, 700)
    assert newest(running) > before + 1800


def test_a_leaders_failed_fill_is_shown_then_gone_and_never_on_chain(
    running: Sandbox, synthetic: SyntheticWorld
) -> None:
    rows = running.get("/v2/trades", **ALL)["data"]
    wallet = rows[0]["proxy_wallet"] if "proxy_wallet" in rows[0] else rows[0]["wallet"]
    clean = running.get("/v2/trades", user=wallet, **ALL)["data"]
    switch_on(running, "fill_reverted", wallets=[wallet], delay_seconds=600)
    shown = running.get("/v2/trades", user=wallet, **ALL)["data"]
    now = synthetic.start_at // SECOND
    assert shown == [row for row in clean if row["timestamp"] > now - 610]
    assert made_by(running, wallet) == 0
    told = running.get("/admin/truth", wallets=wallet, parts="disagreements")["disagreements"]
    assert len(told) >= len(clean)
    assert {one["change"] for one in told} == {"reverted"}
    running.http.delete("/admin/faults")
    assert running.get("/v2/trades", user=wallet, **ALL)["data"] == clean
    assert made_by(running, wallet) > 0


def test_a_market_may_close_early_and_open_again(running: Sandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)
    token = market.token_ids[0]
    switch_on(running, "market_closed_early", window_seconds=600)
    assert running.http.get("/book", params={"token_id": token}).status_code == 404
    assert running.get(f"/markets/{market.condition_id}")["accepting_orders"] is False
    step(running, 700)
    assert running.get("/book", token_id=token)["asks"]
    assert running.get(f"/markets/{market.condition_id}")["accepting_orders"] is True


def test_a_hostile_wallet_trades_dust_in_every_feed_alike(running: Sandbox, synthetic: SyntheticWorld) -> None:
    wallet = synthetic.wallets[3].address
    before = running.get("/v2/trades", user=wallet, **ALL)["data"]
    with connect(running.url.replace("http", "ws") + "/", proxy=None, max_queue=None) as socket:
        socket.send(json.dumps(ACTIVITY))
        ping(socket)
        switch_on(running, "hostile_leader", wallets=[wallet], window_seconds=60, fills_a_minute=600)
        assert met(running, "hostile_leader") == 600
        step(running, 120)
        heard_of = [one for one in heard(socket, 1.0) if one["payload"]["proxyWallet"].lower() == wallet]
    assert len(heard_of) >= 600
    rows = running.get("/v2/trades", user=wallet, **ALL)["data"]
    dust = [row for row in rows if row["size"] == 1.0 and row["timestamp"] >= synthetic.start_at // SECOND]
    assert len(dust) >= 600
    assert {"BUY", "SELL"} == {row["side"] for row in dust}
    assert made_by(running, wallet) >= 600
    # What had happened before is told as it was.
    older = [row for row in rows if row["timestamp"] < synthetic.start_at // SECOND - 10]
    assert older
    assert older == before[: len(older)]


def test_a_wallet_that_nobody_knows_turns_nothing_hostile(running: Sandbox) -> None:
    switch_on(running, "hostile_leader", wallets=["0x" + "1" * 40])
    assert met(running, "hostile_leader") == 0
