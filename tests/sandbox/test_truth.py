"""What the sandbox says it holds is what its APIs show, page by page."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from copytrade_live.core.market import HOUR, SECOND
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.test_data_api import all_pages, wallet_of

Key = tuple[object, ...]


@pytest.fixture(scope="module")
def users(synthetic: SyntheticWorld) -> list[str]:
    return [wallet_of(synthetic, kind) for kind in ("noise", "maker", "skilled_taker")]


@pytest.fixture(scope="module")
def truth(sandbox: Sandbox, users: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = sandbox.get("/admin/truth", wallets=",".join(users))
    return told


def test_its_fills_and_activity_are_those_of_the_data_api(
    sandbox: Sandbox, users: list[str], truth: dict[str, Any]
) -> None:
    shown = [row for user in users for row in all_pages(sandbox, "/v2/activity", user=user, limit=1000, start=1)]
    fills = Counter(
        (row["proxy_wallet"], row["token_id"], row["side"], row["price"], row["size"], row["usdc_size"],
         row["timestamp"], row["transaction_hash"]) for row in shown if row["type"] == "TRADE"
    )  # fmt: skip
    names = ("wallet", "token_id", "side", "price", "size", "cash", "timestamp", "tx")
    assert fills == Counter(tuple(one[name] for name in names) for one in truth["fills"])
    other = Counter(
        (row["proxy_wallet"], row["type"], row["condition_id"], row["size"], row["timestamp"], row["transaction_hash"])
        for row in shown if row["type"] != "TRADE"
    )  # fmt: skip
    names = ("wallet", "type", "condition_id", "size", "timestamp", "tx")
    assert other == Counter(tuple(one[name] for name in names) for one in truth["activity"])


def test_roles_and_fees_tell_who_took(sandbox: Sandbox, users: list[str], truth: dict[str, Any]) -> None:
    taken = Counter((one["tx"], one["size"]) for one in truth["fills"] if one["role"] == "taker")
    shown = Counter(
        (row["transaction_hash"], row["size"])
        for user in users
        for row in all_pages(sandbox, "/v2/trades", user=user, filter_amount="0", limit=1000)
    )
    assert taken == shown
    assert 0 < len(taken) < len(truth["fills"])
    for one in truth["fills"]:
        sign = 1 if one["side"] == "BUY" else -1
        assert one["cash"] == pytest.approx(one["price"] * one["size"] + sign * one["fee"], abs=1e-6)
        assert one["fee"] == 0 or one["role"] == "taker"


def test_its_positions_are_those_of_the_data_api(sandbox: Sandbox, users: list[str], truth: dict[str, Any]) -> None:
    shown = {
        (row["proxy_wallet"], row["token_id"]): (row["status"], row["current_size"], row["realized_pnl"])
        for user in users
        for row in all_pages(sandbox, "/v2/positions", user=user, limit=1000)
    }
    assert len(shown) == len(truth["positions"])
    for one in truth["positions"]:
        status, size, realised = shown[one["wallet"], one["token_id"]]
        assert (one["status"], round(one["realised_pnl"], 4)) == (status, realised)
        assert size in (one["size"], 0.0)


def test_its_resolutions_carry_their_history(
    sandbox: Sandbox, truth: dict[str, Any], synthetic: SyntheticWorld
) -> None:
    now = synthetic.start_at
    assert len(truth["resolutions"]) == sum(market.opened_at <= now for market in synthetic.markets)
    by_length = Counter(tuple(status for status, _ in one["history"]) for one in truth["resolutions"])
    assert {(), ("proposed", "resolved"), ("proposed", "disputed", "resolved")} <= set(by_length)
    for one in truth["resolutions"]:
        times = [at for _, at in one["history"]]
        assert times == sorted(times)
        assert (one["payouts"] is not None) is (one["status"] == "resolved")
    ask = [one for one in truth["resolutions"] if one["history"]][:40]
    shown = sandbox.get("/v2/resolutions", condition_id=",".join(one["condition_id"] for one in ask))["data"]
    assert {row["condition_id"]: row["status"] for row in shown} == {one["condition_id"]: one["status"] for one in ask}
    assert [0.5, 0.5] in [one["payouts"] for one in truth["resolutions"]]


def test_the_whole_is_every_wallet_up_to_when_one_likes(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    ledger, until = synthetic.ledger, synthetic.start_at - HOUR
    told = sandbox.get("/admin/truth", until_ms=until, parts="fills,activity")
    assert set(told) == {"now_ms", "until_ms", "fills", "activity"}
    is_past = ledger.at <= until
    assert len(told["fills"]) == int(np.sum(is_past & (ledger.kind == Kind.TRADE)))
    assert len(told["activity"]) == int(np.sum(is_past & (ledger.kind != Kind.TRADE)))
    assert told["fills"][-1]["at_ms"] // SECOND == told["fills"][-1]["timestamp"]
    assert sandbox.http.get("/admin/truth", params={"parts": "wishes"}).status_code == 400


def test_no_fault_touches_it_and_it_names_what_the_chain_gets_wrong(
    start_sandbox: StartSandbox, users: list[str], truth: dict[str, Any]
) -> None:
    running = start_sandbox()
    faults = [{"name": name, "probability": 1.0} for name in ("server_error", "late_rows")]
    running.http.post("/admin/faults", json=[*faults, {"name": "chain_disagrees", "probability": 0.1, "seed": 2}])
    told = json.loads(running.http.get("/admin/truth", params={"wallets": ",".join(users)}).content)
    assert told["fills"] == truth["fills"]
    changes = Counter(one["change"] for one in told["disagreements"])
    assert set(changes) == {"missing", "resized"}
    assert 0.05 < changes.total() / len(truth["fills"]) < 0.15
