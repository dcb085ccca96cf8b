"""Paging, caps, defaults and delays of the data API."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox


def all_pages(sandbox: Sandbox, path: str, **params: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: dict[str, object] = {}
    while True:
        page = sandbox.get(path, **params, **cursor)
        rows += page["data"]
        assert page["pagination"]["has_more"] is (page["pagination"]["next_cursor"] is not None)
        if not page["pagination"]["has_more"]:
            return rows
        cursor = {"cursor": page["pagination"]["next_cursor"]}


def wallet_of(world: SyntheticWorld, kind: str) -> str:
    return next(wallet.address for wallet in world.wallets if wallet.kind == kind)


def visible_fills(world: SyntheticWorld, address: str, *, taker_only: bool) -> int:
    ledger = world.ledger
    number = [wallet.address for wallet in world.wallets].index(address)
    is_counted = (ledger.kind == Kind.TRADE) & (ledger.wallet == number) & (ledger.at <= world.start_at - 10 * SECOND)
    return int((is_counted & ledger.is_taker).sum() if taker_only else is_counted.sum())


@pytest.mark.parametrize("limit", [7, 100, 1000])
def test_cursors_lead_through_every_fill_once(sandbox: Sandbox, synthetic: SyntheticWorld, limit: int) -> None:
    user = wallet_of(synthetic, "skilled_taker")
    rows = all_pages(sandbox, "/v2/trades", user=user, taker_only="false", limit=limit)
    assert len(rows) == visible_fills(synthetic, user, taker_only=False)
    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)
    assert rows == all_pages(sandbox, "/v2/trades", user=user, takerOnly="false")


def test_ascending_activity_is_the_descending_one_reversed(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "maker")
    newest_first = all_pages(sandbox, "/v2/activity", user=user, limit=37)
    oldest_first = all_pages(sandbox, "/v2/activity", user=user, limit=37, sort_direction="ASC")
    assert oldest_first == newest_first[::-1]
    assert {row["type"] for row in newest_first} >= {"TRADE", "SPLIT", "MERGE"}


def test_a_maker_is_hidden_unless_asked_for(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "maker")
    assert visible_fills(synthetic, user, taker_only=False) > 0
    assert sandbox.get("/v2/trades", user=user)["data"] == []
    assert sandbox.get("/trades", user=user) == []
    assert len(sandbox.get("/v2/trades", user=user, taker_only="false")["data"]) > 0
    assert len(sandbox.get("/trades", user=user, takerOnly="false")) > 0


def test_a_cursor_is_refused_with_other_filters_or_when_tampered_with(sandbox: Sandbox) -> None:
    cursor = sandbox.get("/v2/trades", limit=5)["pagination"]["next_cursor"]
    for params in (
        {"cursor": cursor, "side": "SELL"},
        {"cursor": cursor[:-3] + "AAA"},
        {"cursor": "not a cursor"},
        {"offset": 5},
    ):
        response = sandbox.http.get("/v2/trades", params=params)
        assert response.status_code == 400
        assert set(response.json()) == {"error", "code", "retryable", "trace_id", "parameter"}
    assert sandbox.http.get("/v2/leaderboard", params={"cursor": cursor}).status_code == 400
    assert sandbox.http.get("/v2/trades", params={"cursor": cursor, "bust": "7"}).status_code == 200


def test_v1_offsets_are_capped(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    refused = sandbox.http.get("/trades", params={"offset": 10_001})
    assert (refused.status_code, refused.json()) == (400, {"error": "max historical trades offset of 10000 exceeded"})
    assert len(sandbox.get("/trades", offset=10_000, limit=500)) == 500
    user = wallet_of(synthetic, "noise")
    refused = sandbox.http.get("/activity", params={"user": user, "offset": 3_001})
    assert (refused.status_code, refused.json()) == (400, {"error": "max historical activity offset of 3000 exceeded"})
    assert sandbox.http.get("/activity").status_code == 400
    assert len(sandbox.get("/trades", limit=9999)) == 500
    assert len(sandbox.get("/trades")) == 100
    assert len(sandbox.get("/v2/trades", limit=9999)["data"]) == 1000


def test_v1_offsets_and_v2_cursors_show_the_same_fills(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "noise")
    v2 = all_pages(sandbox, "/v2/trades", user=user, taker_only="false", filter_amount="0")
    v1: list[dict[str, Any]] = []
    while page := sandbox.get("/trades", user=user, takerOnly="false", limit=90, offset=len(v1)):
        v1 += page
    assert [(row["transactionHash"], row["size"], row["asset"]) for row in v1] == [
        (row["transaction_hash"], row["size"], row["token_id"]) for row in v2
    ]


def test_time_windows_include_both_ends(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "skilled_taker")
    rows = all_pages(sandbox, "/v2/activity", user=user)
    newest, oldest = rows[10]["timestamp"], rows[40]["timestamp"]
    inside = [row for row in rows if oldest <= row["timestamp"] <= newest]
    assert all_pages(sandbox, "/v2/activity", user=user, start=oldest, end=newest) == inside
    v1 = sandbox.get("/activity", user=user, start=oldest, end=newest, sortDirection="ASC", limit=500)
    assert [row["timestamp"] for row in v1] == [row["timestamp"] for row in inside][::-1]


def test_sides_types_and_markets_filter(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    user = wallet_of(synthetic, "skilled_taker")
    sides = Counter(row["side"] for row in all_pages(sandbox, "/v2/trades", user=user, side="SELL"))
    assert set(sides) == {"SELL"}
    rows = all_pages(sandbox, "/v2/activity", user=user, type="REDEEM")
    condition = rows[0]["condition_id"] if rows else all_pages(sandbox, "/v2/trades", user=user)[0]["condition_id"]
    of_market = all_pages(sandbox, "/v2/trades", condition_id=condition, taker_only="false")
    assert of_market
    assert {row["condition_id"] for row in of_market} == {condition}
    assert sandbox.get("/v2/trades", user="0x" + "1" * 40)["data"] == []
    assert sandbox.http.get("/v2/trades", params={"user": "0x12"}).status_code == 400
    assert sandbox.http.get("/v2/activity", params={"user": user, "type": "WISH"}).status_code == 400


def test_a_fill_shows_ten_seconds_late_and_its_index_a_minute_late(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    ledger = synthetic.ledger
    is_later = (ledger.at > synthetic.start_at) & (ledger.kind == Kind.TRADE) & ledger.is_taker
    row = int(np.flatnonzero(is_later)[0])
    happens, tx = int(ledger.at[row]), ledger.tx[row]
    running = start_sandbox(at=happens)
    shown = {"user": synthetic.wallets[int(ledger.wallet[row])].address, "limit": 3}

    def transactions() -> list[str]:
        return [row["transaction_hash"] for row in running.get("/v2/trades", **shown)["data"]]

    assert tx not in transactions()
    running.time.step_to(happens + 10 * SECOND - 1)
    assert tx not in transactions()
    running.time.step_to(happens + 10 * SECOND)
    assert transactions()[0] == tx
    assert running.get("/v2/trades", **shown)["data"][0]["outcome_index"] == 999
    assert running.get("/trades", **shown)[0]["outcomeIndex"] == 999
    running.time.step_to(happens + 60 * SECOND)
    fresh = next(one for one in running.get("/v2/trades", **shown)["data"] if one["transaction_hash"] == tx)
    assert fresh["outcome_index"] == int(ledger.outcome[row])


def test_the_leaderboard_lists_every_wallet_once_in_order(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    rows = all_pages(sandbox, "/v2/leaderboard", time_period="all", limit=10)
    assert {row["user_id"] for row in rows} == {wallet.address for wallet in synthetic.wallets}
    assert [row["rank"] for row in rows] == list(range(1, 65))
    keys = [(-row["pnl"], row["user_id"]) for row in rows]
    assert keys == sorted(keys)
    standing = sandbox.get("/v2/leaderboard", time_period="all", user=rows[4]["user_id"])["data"]
    assert standing["rank_pnl"] == 5
    assert len(all_pages(sandbox, "/v2/leaderboard", limit=50)) == 64


def test_positions_are_the_fold_of_the_activity(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    for kind in ("skilled_taker", "maker", "noise"):
        user = wallet_of(synthetic, kind)
        held: Counter[str] = Counter()
        tokens = {market.condition_id: market.token_ids for market in synthetic.markets}
        for row in all_pages(sandbox, "/v2/activity", user=user, sort_direction="ASC"):
            if row["type"] == "TRADE":
                held[row["token_id"]] += row["size"] if row["side"] == "BUY" else -row["size"]
                held[row["token_id"]] = max(held[row["token_id"]], 0)
            for token in tokens[row["condition_id"]] if row["type"] != "TRADE" else ():
                change = row["size"] if row["type"] == "SPLIT" else -row["size"]
                held[token] = 0.0 if row["type"] == "REDEEM" else max(held[token] + change, 0.0)
        shown = {row["token_id"]: row["current_size"] for row in all_pages(sandbox, "/v2/positions", user=user)}
        assert {token: size for token, size in shown.items() if size} == pytest.approx(
            {token: size for token, size in held.items() if size > 0.01}, abs=1e-5
        )
        statuses = Counter(row["status"] for row in all_pages(sandbox, "/v2/positions", user=user))
        assert statuses["OPEN"] or kind == "maker"
        assert statuses["CLOSED"]


def test_the_taker_pays_the_fee_on_top_of_a_buy(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    rates = {market.condition_id: market.fee_rate for market in synthetic.markets}
    rows = sandbox.get("/v2/activity", user=wallet_of(synthetic, "noise"), type="TRADE")["data"]
    assert any(rates[row["condition_id"]] for row in rows)
    for row in rows:
        fee = row["size"] * rates[row["condition_id"]] * row["price"] * (1 - row["price"])
        sign = 1 if row["side"] == "BUY" else -1
        assert row["usdc_size"] == pytest.approx(row["size"] * row["price"] + sign * fee, abs=2e-5)
