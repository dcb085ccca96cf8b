"""Every endpoint's keys and value types against recorded payloads, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.running import Sandbox

# What recordings carry and the sandbox leaves out: schema links, rewards programmes, series and page furniture.
_FURNITURE = {
    "$schema", "clobRewards", "seriesColor", "showGmpSeries", "showGmpOutcome", "makerRebatesFeeShareBps",
    "eventStartTime", "series", "seriesSlug", "startTime", "gmpChartMode", "countryName", "electionType",
    "estimateValue", "cumulativeMarkets", "deployingTimestamp", "sortBy", "competitive", "volume1wk", "volume1mo",
    "volume1yr", "publishedAt", "createdBy", "updatedBy", "rewards_daily_rate", "asset_address",
}  # fmt: skip


def kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def assert_like(ours: Any, theirs: Any, *, nullable: tuple[str, ...] = (), absent: tuple[str, ...] = ()) -> None:
    """Ours has every key of theirs with a value of the same JSON type; lists are compared by their first item."""
    missing = set(theirs) - set(ours) - _FURNITURE - set(absent)
    assert not missing, f"missing: {sorted(missing)}"
    for key in set(theirs) & set(ours):
        mine, wanted = ours[key], theirs[key]
        if key in nullable and None in (mine, wanted):
            continue
        assert kind_of(mine) == kind_of(wanted), f"{key}: {mine!r} is not like {wanted!r}"
        if isinstance(wanted, dict):
            assert_like(mine, wanted, nullable=("rates",))
        if isinstance(wanted, list) and wanted and mine and isinstance(wanted[0], dict):
            assert_like(mine[0], wanted[0], nullable=nullable, absent=absent)


@pytest.fixture(scope="session")
def token(synthetic: SyntheticWorld) -> str:
    """A token of an open market with fees."""
    return next(
        market.token_ids[0]
        for market in synthetic.markets
        if market.opened_at + HOUR < synthetic.start_at < market.end_at - HOUR and market.has_fees
    )


@pytest.fixture(scope="session")
def resolved(synthetic: SyntheticWorld) -> str:
    """A resolved condition that some collector redeemed."""
    ledger = synthetic.ledger
    rows = np.flatnonzero((ledger.kind == Kind.REDEEM) & (ledger.at < synthetic.start_at - HOUR))
    market = synthetic.markets[int(ledger.market[rows[0]])]
    assert market.resolved_at is not None
    return market.condition_id


def read(samples: Path, name: str) -> Any:
    return json.loads((samples / name).read_text())


def test_v2_trades_look_as_recorded(sandbox: Sandbox, samples: Path) -> None:
    page = sandbox.get("/v2/trades", limit=3)
    for theirs in read(samples, "data_v2_trades_rows.json"):
        assert_like(page["data"][0], theirs)
        assert set(page["data"][0]) == set(theirs)
    assert_like(page, read(samples, "data_v2_activity.json"), absent=("type", "usdc_size"))


def test_v2_activity_looks_as_recorded(sandbox: Sandbox, samples: Path) -> None:
    user = sandbox.get("/v2/trades", limit=1)["data"][0]["proxy_wallet"]
    page = sandbox.get("/v2/activity", user=user, limit=3)
    theirs = read(samples, "data_v2_activity.json")
    assert_like(page, theirs)
    assert set(page["data"][0]) == set(theirs["data"][0])
    assert isinstance(page["data"][0]["timestamp"], int)
    assert page["data"][0]["proxy_wallet"] == page["data"][0]["proxy_wallet"].lower()


def test_v2_positions_look_as_recorded(sandbox: Sandbox, samples: Path) -> None:
    user = sandbox.get("/v2/trades", limit=1)["data"][0]["proxy_wallet"]
    theirs = read(samples, "data_v2_positions_rows.json")
    for status, row in (("OPEN", theirs[0]), ("CLOSED", theirs[1])):
        ours = sandbox.get("/v2/positions", user=user, status=status)["data"][0]
        assert_like(ours, row)
        assert set(ours) == set(row)
        assert ours["status"] == status


def test_v2_resolutions_look_as_recorded(sandbox: Sandbox, samples: Path, resolved: str) -> None:
    page = sandbox.get("/v2/resolutions", condition_id=resolved)
    theirs = read(samples, "data_v2_resolutions.json")
    assert_like(page, theirs)
    assert set(page["data"][0]) == set(theirs["data"][0])
    assert sum(page["data"][0]["payouts"]) == 1_000_000
    assert all(isinstance(payout, int) for payout in page["data"][0]["payouts"])


def test_v2_leaderboard_looks_as_recorded(sandbox: Sandbox, samples: Path) -> None:
    for ours, theirs in zip(
        sandbox.get("/v2/leaderboard", time_period="all")["data"],
        read(samples, "data_v2_leaderboard_rows.json"),
        strict=False,
    ):
        assert_like(ours, theirs)
        assert set(ours) == set(theirs)


def test_v1_rows_look_as_recorded(sandbox: Sandbox, samples: Path) -> None:
    assert_like(sandbox.get("/trades", limit=1)[0], read(samples, "data_v1_trade_row.json"))
    ours = sandbox.get("/v1/leaderboard", timePeriod="ALL")[0]
    assert_like(ours, read(samples, "data_v1_leaderboard_row.json")[0])
    assert ours["rank"] == "1"


def test_v1_activity_rows_carry_the_documented_fields(sandbox: Sandbox, samples: Path) -> None:
    user = sandbox.get("/trades", limit=1)[0]["proxyWallet"]
    row = sandbox.get("/activity", user=user, type="TRADE", limit=1)[0]
    assert_like(row, read(samples, "data_v1_trade_row.json") | {"type": "TRADE", "usdcSize": 1.0})


def test_v1_positions_carry_the_documented_fields(sandbox: Sandbox) -> None:
    user = sandbox.get("/trades", limit=1)[0]["proxyWallet"]
    documented = (
        "proxyWallet asset conditionId size avgPrice initialValue currentValue cashPnl percentPnl totalBought "
        "realizedPnl percentRealizedPnl curPrice redeemable mergeable title slug icon eventSlug outcome outcomeIndex "
        "oppositeOutcome oppositeAsset endDate negativeRisk"
    )
    assert list(sandbox.get("/positions", user=user)[0]) == documented.split()
    assert set(sandbox.get("/value", user=user)[0]) == {"user", "value"}


def test_an_open_gamma_market_looks_as_recorded(sandbox: Sandbox, samples: Path, token: str) -> None:
    ours = sandbox.get("/markets/keyset", clob_token_ids=token)["markets"][0]
    assert_like(ours, read(samples, "gamma_market_open_2026_v1_with_positionIds.json"))
    assert_like(ours, read(samples, "gamma_market_open_crypto5m.json"))
    assert json.loads(ours["clobTokenIds"])[0] == token
    assert ours["closed"] is False
    assert "closedTime" not in ours


def test_a_closed_gamma_market_looks_as_recorded(sandbox: Sandbox, samples: Path, resolved: str) -> None:
    theirs = read(samples, "gamma_market_closed.json")
    ours = sandbox.get("/markets/keyset", condition_ids=resolved, closed="true")["markets"][0]
    assert_like(ours, theirs, nullable=("feeType",), absent=("bestAsk",))
    assert len(ours["closedTime"]) == len(theirs["closedTime"])
    assert sum(float(price) for price in json.loads(ours["outcomePrices"])) == 1.0


def test_gamma_events_and_tags_look_as_recorded(sandbox: Sandbox, samples: Path, synthetic: SyntheticWorld) -> None:
    race = next(
        market for market in reversed(synthetic.markets) if market.neg_risk and market.end_at < synthetic.start_at
    )
    ours = sandbox.get(f"/events/{race.event_id}")
    theirs = read(samples, "gamma_event.json")[0]
    gone = ("bestBid", "bestAsk", "liquidity", "liquidityNum", "liquidityClob")
    assert_like(ours, theirs, nullable=("feeType",), absent=gone)
    assert len(ours["markets"]) in (3, 4)
    assert_like(sandbox.get("/tags")[0], read(samples, "gamma_tags.json")[0])


def test_clob_markets_look_as_recorded(sandbox: Sandbox, samples: Path, token: str, resolved: str) -> None:
    condition = sandbox.get(f"/markets-by-token/{token}")["condition_id"]
    nullable = ("accepting_order_timestamp", "game_start_time", "rates")
    for name, key in (("clob_market_2024.json", condition), ("clob_market_closed.json", resolved)):
        theirs = read(samples, name)
        ours = sandbox.get(f"/markets/{key}")
        assert_like(ours, theirs, nullable=nullable)
        assert set(ours) == set(theirs)
    assert [one["winner"] for one in ours["tokens"]] != [False, False] or ours["is_50_50_outcome"]
    page = sandbox.get("/markets")
    assert_like(page, read(samples, "clob_markets_page_2rows.json"), nullable=nullable)


def test_books_look_as_recorded(sandbox: Sandbox, samples: Path, token: str) -> None:
    ours = sandbox.get("/book", token_id=token)
    for name in ("clob_book_2026_excerpt.json", "clob_book_2024.json"):
        assert_like(ours, read(samples, name))
    frame = read(samples, "ws_market_book.json")
    assert_like(ours, frame[0] if isinstance(frame, list) else frame, absent=("event_type",))


def test_small_clob_answers_have_the_documented_shapes(sandbox: Sandbox, token: str) -> None:
    assert sandbox.get("/") == sandbox.get("/ok") == "OK"
    assert sandbox.get("/time") == sandbox.world.start_at // 1000
    assert sandbox.get("/version") == {"version": 2}
    assert isinstance(sandbox.get("/tick-size", token_id=token)["minimum_tick_size"], float)
    assert sandbox.get("/neg-risk", token_id=token)["neg_risk"] in (True, False)
    assert sandbox.get("/fee-rate", token_id=token) == {"base_fee": 1000}
    for path, key in (("/midpoint", "mid"), ("/spread", "spread"), ("/last-trade-price", "price")):
        assert isinstance(sandbox.get(path, token_id=token)[key], str)
    info = sandbox.get(f"/clob-markets/{sandbox.get(f'/markets-by-token/{token}')['condition_id']}")
    assert set(info["fd"]) == {"r", "e", "to"}
    assert token in [one["t"] for one in info["t"]]


def test_activity_of_other_kinds_has_no_token_and_no_price(sandbox: Sandbox, synthetic: SyntheticWorld) -> None:
    ledger = synthetic.ledger
    row = int(np.flatnonzero((ledger.kind == Kind.REDEEM) & (ledger.at < synthetic.start_at - MINUTE))[0])
    wallet = synthetic.wallets[int(ledger.wallet[row])].address
    redeemed = sandbox.get("/v2/activity", user=wallet, type="REDEEM")["data"][-1]
    assert (redeemed["token_id"], redeemed["side"], redeemed["outcome"]) == ("", "", "")
    assert (redeemed["price"], redeemed["outcome_index"]) == (0, 999)
    assert redeemed["size"] == redeemed["usdc_size"]
    split = [row for row in sandbox.get("/activity", user=maker(synthetic), limit=500) if row["type"] == "SPLIT"]
    assert split
    assert split[0]["asset"] == ""


def maker(world: SyntheticWorld) -> str:
    return next(wallet.address for wallet in world.wallets if wallet.kind == "maker")
