"""The chain tells every fill the data API tells, to a reader who knows how to read it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from copytrade_live.core.market import DAY, SECOND
from copytrade_live.sandbox.chain_logs import (
    CONDITION_RESOLUTION,
    CONDITIONAL_TOKENS,
    EXCHANGE,
    NEG_RISK_EXCHANGE,
    ORDER_FILLED,
    padded,
)
from copytrade_live.sandbox.recorded import RecordedWorld
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.venue_options import VenueOptions
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.test_data_api import wallet_of

EXCHANGES = [EXCHANGE, NEG_RISK_EXCHANGE]
Filled = tuple[str, str, str, str, int, int]


def call(sandbox: Sandbox, method: str, *params: object) -> dict[str, Any]:
    body = {"jsonrpc": "2.0", "id": 9, "method": method, "params": list(params)}
    response = sandbox.http.post("/rpc", json=body)
    assert response.status_code == 200
    answered: dict[str, Any] = response.json()
    assert (answered["jsonrpc"], answered["id"]) == ("2.0", 9)
    return answered


def result(sandbox: Sandbox, method: str, *params: object) -> Any:
    answered = call(sandbox, method, *params)
    assert "error" not in answered, answered
    return answered["result"]


def head(sandbox: Sandbox) -> int:
    return int(result(sandbox, "eth_blockNumber"), 16)


def logs(sandbox: Sandbox, topics: list[object], first: int, last: int, address: object = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for start in range(first, last + 1, 5_000):
        wanted = {"fromBlock": hex(start), "toBlock": hex(min(start + 4_999, last)), "topics": topics}
        found += result(sandbox, "eth_getLogs", wanted | ({} if address is None else {"address": address}))
    return found


def read(log: dict[str, Any]) -> Filled:
    """Transaction, wallet, token, side, micro-shares, micro-collateral with the fee."""
    side, token, given, taken, fee, builder, metadata = (
        int(log["data"][2 + 64 * place : 66 + 64 * place], 16) for place in range(7)
    )
    assert (builder, metadata) == (0, 0)
    shares, dollars = (taken, given) if side == 0 else (given, taken)
    cash = dollars + fee if side == 0 else dollars - fee
    wallet = "0x" + log["topics"][2][-40:]
    return log["transactionHash"], wallet, str(token), ("BUY", "SELL")[side], shares, cash


def true_fills(sandbox: Sandbox, users: list[str], since: int) -> Counter[Filled]:
    told = sandbox.get("/admin/truth", wallets=",".join(users), parts="fills", until_ms=sandbox.world.start_at)
    return Counter(
        (one["tx"], one["wallet"], one["token_id"], one["side"], round(one["size"] * 1e6), round(one["cash"] * 1e6))
        for one in told["fills"]
        if since <= one["at_ms"] < (sandbox.world.start_at // SECOND) * SECOND
    )


@pytest.fixture(scope="module")
def users(synthetic: SyntheticWorld) -> list[str]:
    return [wallet_of(synthetic, kind) for kind in ("noise", "maker", "skilled_taker", "pump")]


@pytest.fixture(scope="module")
def week(sandbox: Sandbox) -> int:
    """The first block of the last week."""
    return head(sandbox) - 7 * DAY // 1_500


def test_makers_of_both_exchanges_are_every_fill_once(
    sandbox: Sandbox, synthetic: SyntheticWorld, users: list[str], week: int
) -> None:
    last = head(sandbox)
    found = logs(sandbox, [ORDER_FILLED, None, [padded(user) for user in users]], week, last, EXCHANGES)
    since = int(result(sandbox, "eth_getBlockByNumber", hex(week), False)["timestamp"], 16) * SECOND
    assert Counter(map(read, found)) == true_fills(sandbox, users, since)
    assert len(found) > 100
    neg_risk = {token for market in synthetic.markets if market.neg_risk for token in market.token_ids}
    assert {log["address"] for log in found} == set(EXCHANGES)
    assert all((log["address"] == NEG_RISK_EXCHANGE) is (read(log)[2] in neg_risk) for log in found)


def test_the_exchange_stands_as_taker_where_the_wallet_took(sandbox: Sandbox, users: list[str], week: int) -> None:
    found = logs(sandbox, [[ORDER_FILLED], [], [padded(user) for user in users]], week, head(sandbox))
    roles = {one["tx"]: one["role"] for one in sandbox.get("/admin/truth", parts="fills")["fills"]}
    takers = [log["topics"][3] == padded(log["address"]) for log in found]
    assert takers == [roles[log["transactionHash"]] == "taker" for log in found]
    assert {True, False} == set(takers)


def test_who_also_matches_takers_counts_twice(sandbox: Sandbox, users: list[str], week: int) -> None:
    wanted = [padded(user) for user in users]
    makers = logs(sandbox, [ORDER_FILLED, None, wanted], week, head(sandbox))
    counterparts = logs(sandbox, [ORDER_FILLED, None, None, wanted], week, head(sandbox))
    taken = [log for log in makers if log["topics"][3] == padded(log["address"])]
    assert Counter(log["transactionHash"] for log in counterparts) == Counter(log["transactionHash"] for log in taken)
    assert all(log["topics"][2] not in wanted for log in counterparts)
    shares = Counter({True: 0, False: 0})
    tokens = {(log["transactionHash"], read(log)[2]) for log in taken}
    shares.update((log["transactionHash"], read(log)[2]) in tokens for log in counterparts)
    assert 0.1 < shares[False] / len(counterparts) < 0.4


def test_blocks_come_every_second_and_a_half_at_their_fills_seconds(sandbox: Sandbox, week: int) -> None:
    last = head(sandbox)
    told = {one["tx"]: one["timestamp"] for one in sandbox.get("/admin/truth", parts="fills")["fills"]}
    some = logs(sandbox, [ORDER_FILLED], last - 4_000, last)
    asked = [
        {"jsonrpc": "2.0", "id": place, "method": "eth_getBlockByNumber", "params": [log["blockNumber"], False]}
        for place, log in enumerate(some)
    ]
    blocks = [one["result"] for one in sandbox.http.post("/rpc", json=asked).json()]
    for log, block in zip(some, blocks, strict=True):
        assert block["hash"] == log["blockHash"]
        assert log["transactionHash"] in block["transactions"]
        if log["transactionHash"] in told:
            assert int(block["timestamp"], 16) == told[log["transactionHash"]]
    ends = [int(result(sandbox, "eth_getBlockByNumber", hex(one), False)["timestamp"], 16) for one in (week, last)]
    assert (ends[1] - ends[0]) / (last - week) == pytest.approx(1.5, abs=0.01)
    assert ends[1] in (sandbox.world.start_at // SECOND - 1, sandbox.world.start_at // SECOND - 2)
    assert result(sandbox, "eth_getBlockByNumber", hex(last + 1), False) is None
    seconds = [
        int(result(sandbox, "eth_getBlockByNumber", hex(last - back), False)["timestamp"], 16) for back in (0, 1, 2)
    ]
    assert seconds == sorted(set(seconds), reverse=True)


def test_logs_have_one_place_each_in_order(sandbox: Sandbox, week: int) -> None:
    found = logs(sandbox, [], week, head(sandbox))
    places = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in found]
    assert places == sorted(set(places))
    inside = [(int(log["blockNumber"], 16), int(log["transactionIndex"], 16), log["transactionHash"]) for log in found]
    assert len({one[:2] for one in inside}) == len({one[2] for one in inside})
    assert len({log["topics"][1] for log in found}) == len(found)


def test_resolutions_are_on_the_chain_with_their_payouts(
    sandbox: Sandbox, synthetic: SyntheticWorld, week: int
) -> None:
    found = logs(sandbox, [CONDITION_RESOLUTION], week, head(sandbox), CONDITIONAL_TOKENS.upper().replace("X", "x"))
    by_condition = {market.condition_id: market for market in synthetic.markets}
    assert len(found) > 20
    for log in found:
        market = by_condition[log["topics"][1]]
        paid = [int(log["data"][start : start + 64], 16) for start in (2 + 3 * 64, 2 + 4 * 64)]
        assert market.payouts == tuple(number / sum(paid) for number in paid)
        stamp = result(sandbox, "eth_getBlockByNumber", log["blockNumber"], False)["timestamp"]
        assert int(stamp, 16) == (market.resolved_at or 0) // SECOND


def test_a_provider_limits_blocks_and_logs(start_sandbox: StartSandbox) -> None:
    running = start_sandbox(options=VenueOptions(rpc_most_logs=20))
    last = head(running)
    wide = call(running, "eth_getLogs", {"fromBlock": hex(last - 5_000), "toBlock": "latest"})["error"]
    assert (wide["code"], wide["message"]) == (-32005, "block range is too wide: at most 5000 blocks, was 5001")
    many = call(running, "eth_getLogs", {"fromBlock": hex(last - 4_999), "toBlock": "latest"})["error"]
    assert (many["code"], many["message"]) == (-32005, "query returned more than 20 results")
    assert result(running, "eth_getLogs", {"fromBlock": hex(last + 5), "toBlock": hex(last + 9)}) == []


def test_calls_come_alone_or_in_batches_and_wrong_ones_are_named(sandbox: Sandbox) -> None:
    assert result(sandbox, "eth_chainId") == "0x89"
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}, {"jsonrpc": "2.0", "id": 2, "method": "eth_wish"}, 7]
    codes = [one.get("error", {}).get("code") for one in sandbox.http.post("/rpc", json=batch).json()]
    assert codes == [None, -32601, -32600]
    assert sandbox.http.post("/rpc", content=b"{").json()["error"]["code"] == -32700
    for method, params in (
        ("eth_getLogs", []),
        ("eth_getLogs", [{"fromBlock": "7"}]),
        ("eth_getLogs", [{"topics": "0x1"}]),
        ("eth_getBlockByNumber", []),
        ("eth_getBlockByNumber", ["0xzz", False]),
    ):
        assert call(sandbox, method, *params)["error"]["code"] == -32602


def test_a_chain_that_disagrees_lacks_some_fills_and_resizes_others(
    start_sandbox: StartSandbox, users: list[str], week: int
) -> None:
    running = start_sandbox()
    running.http.post("/admin/faults", json={"name": "chain_disagrees", "probability": 0.1, "seed": 4})
    wanted = [ORDER_FILLED, None, [padded(user) for user in users]]
    found = Counter(map(read, logs(running, wanted, week, head(running))))
    again = Counter(map(read, logs(running, wanted, week, head(running))))
    since = int(result(running, "eth_getBlockByNumber", hex(week), False)["timestamp"], 16) * SECOND
    truth = true_fills(running, users, since)
    told = [
        one for one in running.get("/admin/truth", wallets=",".join(users))["disagreements"] if one["at_ms"] >= since
    ]
    missing = [one for one in told if one["change"] == "missing"]
    assert found == again
    assert (truth - found).total() == len(told) > len(missing) > 0
    assert (found - truth).total() == len(told) - len(missing)
    assert running.get("/admin/faults")["met"]["chain_disagrees"] == 2 * len(told)


def test_a_recorded_world_has_a_chain_too(start_sandbox: StartSandbox, eval1: RecordedWorld) -> None:
    running = start_sandbox(eval1)
    at = int(eval1.ledger.at[len(eval1.ledger) // 2]) // SECOND
    last = head(running)
    now = eval1.start_at // SECOND
    block = last - round((now - at) / 1.5)
    found = logs(running, [ORDER_FILLED], block - 100, block + 100)
    stamps = {log["transactionHash"] for log in found}
    near = [one["tx"] for one in running.get("/admin/truth", parts="fills")["fills"] if abs(one["timestamp"] - at) < 60]
    assert near
    assert stamps >= set(near)
