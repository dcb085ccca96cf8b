"""Books, prices, histories, listings and the way a market ends."""

from __future__ import annotations

import hashlib
import json

import pytest

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from copytrade_live.sandbox.synthetic import SyntheticWorld, build_synthetic_world
from copytrade_live.sandbox.world import WorldMarket
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox


def open_markets(world: SyntheticWorld) -> list[WorldMarket]:
    return [one for one in world.markets if one.opened_at + DAY < world.start_at < one.end_at - HOUR]


def test_the_best_price_of_a_book_comes_last_and_its_hash_is_the_documented_one(
    sandbox: Sandbox, synthetic: SyntheticWorld
) -> None:
    market = open_markets(synthetic)[0]
    book = sandbox.get("/book", token_id=market.token_ids[0])
    bids, asks = ([float(level["price"]) for level in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids)
    assert asks == sorted(asks, reverse=True)
    assert bids[-1] < asks[-1]
    assert sandbox.get("/price", token_id=market.token_ids[0], side="BUY") == {"price": book["bids"][-1]["price"]}
    assert sandbox.get("/price", token_id=market.token_ids[0], side="SELL") == {"price": book["asks"][-1]["price"]}
    assert float(sandbox.get("/midpoint", token_id=market.token_ids[0])["mid"]) == pytest.approx(
        (bids[-1] + asks[-1]) / 2
    )
    keys = ("market", "asset_id", "timestamp", "hash", "bids", "asks", "min_order_size", "tick_size", "neg_risk",
            "last_trade_price")  # fmt: skip
    assert tuple(book) == keys
    empty = json.dumps({key: book[key] if key != "hash" else "" for key in keys}, separators=(",", ":"))
    assert book["hash"] == hashlib.sha1(empty.encode()).hexdigest()  # noqa: S324


def test_the_other_outcome_mirrors_the_book(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    market = open_markets(synthetic)[1]
    first, second = sandbox.http.post("/books", json=[{"token_id": token} for token in market.token_ids]).json()
    assert [level["size"] for level in first["bids"]] == [level["size"] for level in second["asks"]]
    assert float(first["bids"][-1]["price"]) + float(second["asks"][-1]["price"]) == pytest.approx(1)
    mids = sandbox.http.post("/midpoints", json=[{"token_id": token} for token in (*market.token_ids, "1")]).json()
    assert sum(float(mid) for mid in mids.values()) == pytest.approx(1)


def test_unknown_closed_and_malformed_tokens_are_refused_in_the_documented_words(
    sandbox: Sandbox, synthetic: SyntheticWorld
) -> None:
    closed = next(one for one in synthetic.markets if one.end_at < synthetic.start_at)
    for token in ("123", closed.token_ids[0], synthetic.markets[-1].token_ids[0]):
        response = sandbox.http.get("/book", params={"token_id": token})
        assert (response.status_code, response.json()) == (
            404, {"error": "No orderbook exists for the requested token id"}
        )  # fmt: skip
    assert sandbox.http.post("/books", json=[{"token_id": closed.token_ids[0]}]).json() == []
    assert sandbox.http.get("/book", params={"token_id": "x"}).status_code == 400
    assert sandbox.http.get("/markets/0x" + "0" * 64).json() == {"error": "market not found"}
    assert sandbox.http.post("/books", content=b"{").status_code == 400


def test_a_market_goes_from_open_to_closed_to_proposed_to_resolved(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    market = next(
        one for one in open_markets(synthetic) if one.disputed_at is None and one.payouts in ((1.0, 0.0), (0.0, 1.0))
    )
    assert market.resolved_at is not None
    assert market.resolved_at - market.end_at == 2 * HOUR
    running = start_sandbox(at=market.end_at - SECOND)

    def gamma() -> dict[str, object]:
        return running.get("/markets/keyset", condition_ids=market.condition_id)["markets"][0]

    def status() -> str:
        return running.get("/v2/resolutions", condition_id=market.condition_id)["data"][0]["status"]

    assert running.get("/book", token_id=market.token_ids[0])["market"] == market.condition_id
    assert (gamma()["closed"], status()) == (False, "initialized")
    running.time.step_to(market.end_at)
    assert running.http.get("/book", params={"token_id": market.token_ids[0]}).status_code == 404
    assert (gamma()["closed"], gamma()["acceptingOrders"], status()) == (True, False, "initialized")
    assert running.get(f"/markets/{market.condition_id}")["accepting_orders"] is False
    running.time.step_to(market.end_at + 10 * MINUTE)
    assert (gamma()["umaResolutionStatuses"], status()) == ('["proposed"]', "proposed")
    assert not any(token["winner"] for token in running.get(f"/markets/{market.condition_id}")["tokens"])
    running.time.step_to(market.resolved_at)
    row = running.get("/v2/resolutions", condition_id=market.condition_id)["data"][0]
    assert row["payouts"] == [round(payout * 1e6) for payout in market.payouts or ()]
    assert gamma()["umaResolutionStatus"] == "resolved"
    assert json.loads(str(gamma()["outcomePrices"])) == [str(int(payout)) for payout in market.payouts or ()]
    tokens = running.get(f"/markets/{market.condition_id}")["tokens"]
    assert [token["winner"] for token in tokens] == [payout == 1.0 for payout in market.payouts or ()]


def test_a_dispute_takes_a_day_longer_and_leaves_its_marks(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    market = next(one for one in synthetic.markets if one.disputed_at and one.opened_at > synthetic.first_at)
    assert market.disputed_at is not None
    assert market.resolved_at is not None
    running = start_sandbox(at=market.disputed_at)
    row = running.get("/v2/resolutions", condition_id=market.condition_id)["data"][0]
    assert (row["status"], row["was_disputed"]) == ("disputed", True)
    assert "payouts" not in row
    running.time.step_to(market.resolved_at)
    gamma = running.get("/markets/keyset", condition_ids=market.condition_id)["markets"][0]
    assert "disputed" in json.loads(gamma["umaResolutionStatuses"])
    assert gamma["umaResolutionStatus"] == "resolved"


def test_a_void_pays_a_half_each(start_sandbox: StartSandbox, synthetic: SyntheticWorld) -> None:
    market = next(one for one in synthetic.markets if one.payouts == (0.5, 0.5))
    running = start_sandbox(at=(market.resolved_at or 0) + SECOND)
    row = running.get("/v2/resolutions", condition_id=market.condition_id)["data"][0]
    assert row["payouts"] == [500_000, 500_000]
    clob = running.get(f"/markets/{market.condition_id}")
    assert clob["is_50_50_outcome"] is True
    assert [token["winner"] for token in clob["tokens"]] == [False, False]
    gamma = running.get("/markets/keyset", condition_ids=market.condition_id)["markets"][0]
    assert json.loads(gamma["outcomePrices"]) == ["0.5", "0.5"]


def test_price_histories_are_mids_on_a_grid_and_respect_the_venues_limits(
    sandbox: Sandbox, synthetic: SyntheticWorld
) -> None:
    market = open_markets(synthetic)[2]
    now = synthetic.start_at // SECOND
    history = sandbox.get("/prices-history", market=market.token_ids[0], startTs=now - 86_400, endTs=now, fidelity=10)
    points = history["history"]
    assert len(points) == 145
    assert [point["t"] % 600 for point in points] == [0] * len(points)
    assert len({point["p"] for point in points}) > 20
    other = sandbox.get("/prices-history", market=market.token_ids[1], startTs=now - 86_400, endTs=now, fidelity=10)
    assert [round(1 - point["p"], 4) for point in other["history"]] == [point["p"] for point in points]
    mid = float(sandbox.get("/midpoint", token_id=market.token_ids[0])["mid"])
    assert points[-1]["p"] == pytest.approx(mid, abs=0.012)
    refused = sandbox.http.get("/prices-history", params={"market": market.token_ids[0], "startTs": now - 16 * 86_400,
                                                          "endTs": now})  # fmt: skip
    assert refused.status_code == 400
    assert refused.json() == {"error": "invalid filters: 'startTs' and 'endTs' interval is too long"}
    assert sandbox.http.get("/prices-history", params={"market": market.token_ids[0]}).status_code == 400
    assert sandbox.get("/prices-history", market=market.token_ids[0], interval="1d")["history"]


def test_a_resolved_market_has_history_only_for_an_explicit_range(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    market = next(
        one for one in synthetic.markets
        if one.opened_at > synthetic.first_at and (one.resolved_at or synthetic.start_at) < synthetic.start_at
    )  # fmt: skip
    token = market.token_ids[0]
    assert sandbox.get("/prices-history", market=token, interval="max") == {"history": []}
    start, end = market.opened_at // SECOND, market.end_at // SECOND
    points = sandbox.get("/prices-history", market=token, startTs=start, endTs=end, fidelity=60)["history"]
    assert points
    assert all(0 < point["p"] < 1 for point in points)


def test_keyset_pages_lead_through_every_listed_market_once(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    seen: list[str] = []
    cursor: dict[str, object] = {}
    while True:
        page = sandbox.get("/markets/keyset", limit=1000, **cursor)
        assert len(page["markets"]) <= 100
        seen += [market["id"] for market in page["markets"]]
        if "next_cursor" not in page:
            break
        cursor = {"after_cursor": page["next_cursor"]}
    assert seen == [one.market_id for one in synthetic.markets if one.opened_at <= synthetic.start_at]


def test_gamma_filters(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    closed = next(one for one in synthetic.markets if one.end_at < synthetic.start_at)
    live = open_markets(synthetic)[0]
    ids = [("condition_ids", closed.condition_id), ("condition_ids", live.condition_id)]
    rows = sandbox.http.get("/markets/keyset", params=ids).json()["markets"]
    assert {row["conditionId"] for row in rows} == {closed.condition_id, live.condition_id}
    rows = sandbox.http.get("/markets/keyset", params=[*ids, ("closed", "false")]).json()["markets"]
    assert [row["conditionId"] for row in rows] == [live.condition_id]
    assert sandbox.get("/markets", slug=closed.slug) == []
    assert sandbox.get("/markets", slug=closed.slug, closed="true")[0]["id"] == closed.market_id
    assert sandbox.get(f"/markets/{closed.market_id}")["slug"] == closed.slug
    assert sandbox.get(f"/markets/slug/{closed.slug}")["id"] == closed.market_id
    assert sandbox.get(f"/events/slug/{closed.event_slug}")["id"] == closed.event_id
    assert sandbox.http.get("/markets", params={"offset": 2001}).status_code == 422
    assert sandbox.http.get("/markets/99").status_code == 404
    assert {row["closed"] for row in sandbox.get("/events/keyset", closed="true", limit=100)["events"]} == {True}


def test_clob_market_pages_end_with_the_end_marker(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    page = sandbox.get("/markets")
    listed = sum(one.opened_at <= synthetic.start_at for one in synthetic.markets)
    assert page["count"] == len(page["data"]) == min(listed, 1000)
    assert page["next_cursor"] == "LTE="
    assert sandbox.http.get("/markets", params={"next_cursor": "?"}).status_code == 400


def test_a_stepped_driver_can_skip_idle_time(start_sandbox: StartSandbox) -> None:
    running = start_sandbox()
    clock = running.get("/admin/clock")
    assert clock == {"now_ms": running.world.start_at, "speed": None, "mode": "stepped"}
    leader = next(iter(running.get("/admin/world")["truth"]))
    ahead = running.get("/admin/next", after_ms=clock["now_ms"], wallets=leader)
    assert ahead["visible_ms"] == ahead["at_ms"] + 10_000
    assert running.get("/admin/next")["at_ms"] <= ahead["at_ms"]
    stepped = running.http.post("/admin/step", json={"to_ms": ahead["visible_ms"]})
    assert stepped.json()["now_ms"] == ahead["visible_ms"]
    newest = running.get("/v2/activity", user=leader, limit=1)["data"][0]
    assert newest["timestamp"] == ahead["at_ms"] // 1000
    assert running.http.post("/admin/step", json={"seconds": 1.5}).json()["now_ms"] == ahead["visible_ms"] + 1500
    assert running.http.post("/admin/step", json={"to_ms": 0}).status_code == 409
    assert running.http.post("/admin/step", json={"hours": 1}).status_code == 400
    fast = start_sandbox(speed=60.0)
    assert fast.http.post("/admin/step", json={"seconds": 1}).status_code == 409
    assert fast.get("/admin/clock")["mode"] == "accelerated"
    assert running.get("/admin/next", after_ms=10**14) == {"at_ms": None, "visible_ms": None}


def test_two_sandboxes_of_one_seed_serve_the_same_bytes_at_the_same_time(
    sandbox: Sandbox, start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    twin = start_sandbox(build_synthetic_world(synthetic.seed))
    other = start_sandbox(build_synthetic_world(synthetic.seed + 1))
    token = open_markets(synthetic)[0].token_ids[0]
    paths = ("/v2/trades?limit=1000&taker_only=false", "/markets/keyset?limit=100", "/markets", "/events/keyset",
             "/v2/leaderboard?time_period=all", "/trades?limit=500", "/admin/world")  # fmt: skip
    for path in (*paths, f"/book?token_id={token}", f"/prices-history?market={token}&interval=1w"):
        ours = sandbox.http.get(path)
        assert ours.status_code == 200
        assert twin.http.get(path).content == ours.content
        assert other.http.get(path).content != ours.content
