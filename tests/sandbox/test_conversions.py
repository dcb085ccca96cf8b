"""In worlds of another size makers also convert No shares and earn rewards, and what they hold follows from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from polymarket import PublicClient

from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import Scale, SyntheticWorld, build_synthetic_world
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.test_data_api import all_pages
from tests.sandbox.test_official_client import environment


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return build_synthetic_world(5, Scale(wallets=24, fills=2_000))


@pytest.fixture(scope="module")
def running(world: SyntheticWorld) -> Iterator[Sandbox]:
    with run_server(world, world.start_at, None) as served:
        yield served


@pytest.fixture(scope="module")
def makers(world: SyntheticWorld) -> list[str]:
    return [one.address for one in world.wallets if one.kind == "maker"]


def test_the_ledger_has_every_kind_of_row(world: SyntheticWorld) -> None:
    assert {Kind(int(kind)) for kind in set(world.ledger.kind.tolist())} == set(Kind)


def test_a_conversion_burns_no_shares_of_one_event_in_one_transaction(
    running: Sandbox, world: SyntheticWorld, makers: list[str]
) -> None:
    events = {market.condition_id: market.event_id for market in world.markets if market.neg_risk}
    burnt: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for user in makers:
        for row in all_pages(running, "/v2/activity", user=user, type="CONVERSION"):
            burnt[row["transaction_hash"]].append(row)
    assert len(burnt) > 10
    assert {len(rows) for rows in burnt.values()} == {1, 2}
    for rows in burnt.values():
        assert len({events[row["condition_id"]] for row in rows}) == 1
        assert len({row["size"] for row in rows}) == 1
        assert sum(row["usdc_size"] for row in rows) == pytest.approx(rows[0]["size"] * (len(rows) - 1))
        assert {(row["token_id"], row["side"], row["price"]) for row in rows} == {("", "", 0)}


def test_a_reward_is_collateral_of_no_market(running: Sandbox, makers: list[str]) -> None:
    rows = all_pages(running, "/v2/activity", user=makers[0], type="REWARD")
    assert len(rows) == 44
    assert {(row["condition_id"], row["token_id"], row["title"], row["outcome_index"]) for row in rows} == {
        ("", "", "", 999)
    }
    assert all(row["usdc_size"] == row["size"] > 0 for row in rows)
    told = running.get("/admin/truth", wallets=makers[0], parts="activity")["activity"]
    assert Counter(one["type"] for one in told)["REWARD"] == 44
    assert {one["condition_id"] for one in told if one["type"] == "REWARD"} == {""}
    v1 = running.get("/activity", user=makers[0], type="REWARD", limit=500)
    assert [row["usdcSize"] for row in v1] == [row["usdc_size"] for row in rows]


def test_positions_are_the_fold_of_all_that_happened(
    running: Sandbox, world: SyntheticWorld, makers: list[str]
) -> None:
    tokens = {market.condition_id: market.token_ids for market in world.markets}
    events: dict[str, list[str]] = defaultdict(list)
    for market in world.markets:
        events[market.event_id].append(market.condition_id)
    event_of = {market.condition_id: market.event_id for market in world.markets}
    for user in makers:
        rows = all_pages(running, "/v2/activity", user=user, sort_direction="ASC")
        burnt: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row["type"] == "CONVERSION":
                burnt[row["transaction_hash"]].add(row["condition_id"])
        held: Counter[str] = Counter()
        for row in rows:
            kind, size = row["type"], row["size"]
            if kind == "TRADE":
                change = size if row["side"] == "BUY" else -size
                held[row["token_id"]] = max(held[row["token_id"]] + change, 0.0)
            elif kind == "CONVERSION":
                held[tokens[row["condition_id"]][1]] -= size
                gone = burnt.pop(row["transaction_hash"], set())
                for other in set(events[event_of[row["condition_id"]]]) - gone if gone else ():
                    held[tokens[other][0]] += size
            elif kind != "REWARD":
                for token in tokens[row["condition_id"]]:
                    change = size if kind == "SPLIT" else -size
                    held[token] = 0.0 if kind == "REDEEM" else max(held[token] + change, 0.0)
        shown = {row["token_id"]: row["current_size"] for row in all_pages(running, "/v2/positions", user=user)}
        assert {token: size for token, size in shown.items() if size} == pytest.approx(
            {token: size for token, size in held.items() if size > 0.01}, abs=1e-5
        )


def test_collateral_is_conserved(running: Sandbox, makers: list[str]) -> None:
    """What was paid, less what came back, is the cost of what is held less what was gained."""
    for user in makers:
        told = running.get("/admin/truth", wallets=user)
        paid = sum(
            (one["cash"] - one["fee"] if one["side"] == "BUY" else -one["cash"] - one["fee"]) for one in told["fills"]
        )
        signs = {"SPLIT": 1, "MERGE": -1, "REDEEM": -1, "CONVERSION": -1, "REWARD": 0}
        paid += sum(signs[one["type"]] * one["cash"] for one in told["activity"])
        cost = sum(one["cost"] for one in told["positions"])
        gained = sum(one["realised_pnl"] for one in told["positions"])
        assert paid == pytest.approx(cost - gained, abs=max(1.0, 0.02 * abs(paid)))


def test_the_official_client_reads_conversions_and_rewards(running: Sandbox, makers: list[str]) -> None:
    with PublicClient(environment=environment(running.url)) as client:
        pages = client.list_activity(user=makers[0], full_history=True)
        kinds = {type(one).__name__ for page in pages for one in page.items}
    assert kinds >= {"TradeActivity", "SplitActivity", "ConversionActivity", "RewardActivity"}
