"""The recorded world: every row once, honest about what was not recorded, clear about bad files."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.errors import InputFileError
from copytrade_live.sandbox.recorded import RecordedWorld, build_recorded_world
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import shared
from tests.sandbox.test_data_api import all_pages

WALLET = "0x" + "ab" * 20
START = datetime(2025, 12, 26, 10, 30)
TRADE = {
    "wallet": WALLET, "market_key": "btc-updown-15m-1766745000", "condition_id": None, "asset": None, "outcome": "Up",
    "side_assumed": "BUY", "price": 0.4, "size": 10.0, "ts_utc": START, "tx": None,
}  # fmt: skip
MARKET = {
    "market_key": "btc-updown-15m-1766745000", "condition_id": None, "title": "Bitcoin Up or Down", "winner": "Down",
    "end_utc": datetime(2025, 12, 26, 10, 45),
}  # fmt: skip
QUOTE = {
    "market_key": "btc-updown-15m-1766745000", "ts_utc": START, "UpBid": 0.39, "UpAsk": 0.4, "DownBid": 0.6,
    "DownAsk": 0.61, "UpBidTop5Size": 500.0, "UpAskTop5Size": 250.0, "DownBidTop5Size": 250.0, "DownAskTop5Size": 500.0,
}  # fmt: skip
_SCHEMA = {
    "ts_utc": pa.timestamp("us"), "end_utc": pa.timestamp("us"), "condition_id": pa.string(), "asset": pa.string(),
    "tx": pa.string(), "winner": pa.string(),
}  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    columns = {name: pa.array([row[name] for row in rows], _SCHEMA.get(name)) for name in rows[0]}
    pq.write_table(pa.table(columns), path)


def folder(
    path: Path, *, trades: list[dict[str, Any]], quotes: list[dict[str, Any]] | None = None, **market: Any
) -> Path:
    write(path / "trades.parquet", trades)
    write(path / "markets.parquet", [MARKET | market])
    if quotes:
        write(path / "quotes_1hz.parquet", quotes)
    return path


def test_eval1_through_http_gives_the_reference_counts(start_sandbox: StartSandbox, eval1: RecordedWorld) -> None:
    oracles = json.loads(shared("data", "ORACLES.json").read_text())
    running = start_sandbox(eval1)
    wallets = [row["user_id"] for row in all_pages(running, "/v2/leaderboard", time_period="all", limit=1000)]
    rows = [
        row
        for wallet in wallets
        for row in all_pages(running, "/v2/trades", user=wallet, taker_only="false", limit=1000, filter_amount=0)
    ]
    markets: list[dict[str, Any]] = []
    cursor: dict[str, object] = {}
    while page := running.get("/markets/keyset", limit=100, **cursor):
        markets += page["markets"]
        if "next_cursor" not in page:
            break
        cursor = {"after_cursor": page["next_cursor"]}
    conditions = [market["conditionId"] for market in markets]
    resolved = [
        row
        for place in range(0, len(conditions), 20)
        for row in running.get("/v2/resolutions", condition_id=",".join(conditions[place : place + 20]))["data"]
        if row["status"] == "resolved"
    ]
    assert [len(rows), len(set(wallets)), len(conditions), len(resolved)] == oracles["eval1_rows"]
    assert len({row["transaction_hash"] for row in rows}) == len(rows)
    pnl: dict[str, float] = defaultdict(float)
    payouts = {row["condition_id"]: row["payouts"] for row in resolved}
    for row in rows:
        if row["condition_id"] in payouts and row["timestamp"] > 1_767_800_000:
            worth = payouts[row["condition_id"]][row["outcome_index"]] / 1e6
            pnl[row["proxy_wallet"]] += (1 if row["side"] == "BUY" else -1) * (worth - row["price"]) * row["size"]
    best = sorted(pnl.items(), key=lambda item: -item[1])[:5]
    assert [[wallet, round(gain, 2)] for wallet, gain in best] == oracles["multi_wallet_event"]["top5"]
    assert round(sum(pnl.values()), 2) == oracles["multi_wallet_event"]["sum_pnl"]


def test_a_market_without_a_winner_is_closed_and_unresolved(start_sandbox: StartSandbox, eval1: RecordedWorld) -> None:
    running = start_sandbox(eval1)
    unknown = next(market for market in eval1.markets if market.payouts is None)
    gamma = running.get("/markets/keyset", condition_ids=unknown.condition_id)["markets"][0]
    assert gamma["closed"] is True
    assert "umaResolutionStatus" not in gamma
    assert running.get("/v2/resolutions", condition_id=unknown.condition_id)["data"][0]["status"] == "initialized"


def test_equal_rows_are_all_served_each_in_its_own_transaction(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    world = build_recorded_world(folder(tmp_path, trades=[TRADE, TRADE, TRADE | {"price": 0.5}]))
    running = start_sandbox(world)
    rows = running.get("/v2/activity", user=WALLET)["data"]
    assert sorted(row["price"] for row in rows) == [0.4, 0.4, 0.5]
    assert len({row["transaction_hash"] for row in rows}) == 3
    assert all(len(row["token_id"]) == 77 and row["token_id"].isdecimal() for row in rows)
    assert len(rows[0]["condition_id"]) == 66
    again = build_recorded_world(tmp_path)
    assert (again.markets, again.ledger.tx) == (world.markets, world.ledger.tx)


@pytest.mark.parametrize(
    ("outcome", "winner", "names"),
    [("Up", None, ("Up", "Down")), ("No", "No", ("Yes", "No")), ("Under", None, ("Over", "Under")),
     ("Lynx", None, ("Lynx", "Not Lynx")), ("Lynx", "Owls", ("Lynx", "Owls"))],
)  # fmt: skip
def test_a_market_always_has_two_outcomes(
    tmp_path: Path, outcome: str, winner: str | None, names: tuple[str, str]
) -> None:
    world = build_recorded_world(folder(tmp_path, trades=[TRADE | {"outcome": outcome}], winner=winner))
    market = world.markets[0]
    assert market.outcomes == names
    assert market.payouts == (None if winner is None else tuple(float(name == winner) for name in names))


def test_recorded_quotes_become_books_and_an_empty_side_is_no_price(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    later = datetime(2025, 12, 26, 10, 31)
    quotes = [QUOTE, QUOTE | {"ts_utc": START, "UpBid": 0.1}, QUOTE | {"ts_utc": later, "UpAsk": 0.0}]
    world = build_recorded_world(folder(tmp_path, trades=[TRADE], quotes=quotes))
    market = world.markets[0]
    running = start_sandbox(world, at=world.first_at)
    token = {"token_id": market.token_ids[0]}
    assert running.http.get("/book", params=token).status_code == 404
    running.time.step_to(world.first_at + 60 * SECOND)
    book = running.get("/book", **token)
    assert book["bids"][-1] == {"price": "0.39", "size": "100"}
    assert book["asks"][-1] == {"price": "0.4", "size": "50"}
    assert sum(float(level["size"]) for level in book["asks"]) == 250
    assert running.get("/midpoint", **token) == {"mid": "0.395"}
    running.time.step_to(world.first_at + 120 * SECOND)
    assert running.get("/book", **token)["asks"] == []
    assert running.http.get("/midpoint", params=token).status_code == 404
    points = running.get("/prices-history", market=market.token_ids[0], startTs=0, endTs=1, interval="")["history"]
    assert points == []
    start = world.first_at // 1000
    points = running.get("/prices-history", market=market.token_ids[0], startTs=start, endTs=start + 120)["history"]
    assert {point["p"] for point in points} == {0.395}


def test_without_quotes_there_is_no_book_and_no_history(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    world = build_recorded_world(folder(tmp_path, trades=[TRADE]))
    running = start_sandbox(world, at=world.first_at + 61 * SECOND)
    assert running.http.get("/book", params={"token_id": world.markets[0].token_ids[0]}).status_code == 404
    history = running.get("/prices-history", market=world.markets[0].token_ids[0], interval="1h")
    assert history == {"history": []}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"price": 1.4}, "column price in row 0 must be between 0 and 1, was 1.4"),
     ({"size": 0.0}, "column size in row 0 must be above 0, was 0.0"),
     ({"wallet": "me"}, "column wallet in row 0 must be a 0x address"),
     ({"side_assumed": "HOLD"}, "column side_assumed in row 0 must be BUY or SELL, was 'HOLD'"),
     ({"market_key": "other"}, "row 0 trades 'other'"),
     ({"price": "0.4"}, "column price must be number, was string"),
     ({"outcome": None}, "column outcome is empty in row 0")],
)  # fmt: skip
def test_a_bad_value_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    folder(tmp_path, trades=[TRADE | change])
    with pytest.raises(InputFileError, match=r"trades\.parquet") as raised:
        build_recorded_world(tmp_path)
    assert said in str(raised.value)


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"trades\.parquet does not exist"):
        build_recorded_world(tmp_path)
    folder(tmp_path, trades=[{name: value for name, value in TRADE.items() if name != "size"}])
    with pytest.raises(InputFileError, match="lacks the column size"):
        build_recorded_world(tmp_path)
    (tmp_path / "trades.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputFileError, match="cannot be read as Parquet"):
        build_recorded_world(tmp_path)
    three = [TRADE, TRADE | {"outcome": "Down"}, TRADE | {"outcome": "Sideways"}]
    folder(tmp_path, trades=three)
    with pytest.raises(InputFileError, match="more than two outcomes"):
        build_recorded_world(tmp_path)
    folder(tmp_path, trades=[TRADE])
    write(tmp_path / "markets.parquet", [MARKET, MARKET])
    with pytest.raises(InputFileError, match="appears twice"):
        build_recorded_world(tmp_path)
