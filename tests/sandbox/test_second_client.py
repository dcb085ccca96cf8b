"""py-clob-client-v2, unmodified, trades on a really started sandbox: any order type with share-sized orders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from py_clob_client_v2 import http_helpers
from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import (
    AssetType,
    BalanceAllowanceParams,
    MarketOrderArgs,
    OpenOrderParams,
    OrderArgs,
    OrderMarketCancelParams,
    OrderPayload,
    OrderType,
    PostOrdersV2Args,
    TradeParams,
)
from py_clob_client_v2.exceptions import PolyApiException

from copytrade_live.sandbox.exchange.wallets import deposit_wallet, proxy_wallet, safe_wallet
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, truth

CHAIN = 137


@pytest.fixture
def trading(start_sandbox: StartSandbox) -> Iterator[Sandbox]:
    """Ten times as fast, since this client waits until a match has a transaction."""
    yield start_sandbox(speed=10.0)
    http_helpers.helpers._http_client.close()
    http_helpers.helpers._http_client = type(http_helpers.helpers._http_client)(http2=True)


def connected(url: str, **wallet: object) -> ClobClient:
    client = ClobClient(host=url, chain_id=CHAIN, key=KEY, **wallet)
    client.set_api_creds(client.create_or_derive_api_key())
    return client


def test_it_trades_rests_and_cancels_with_its_own_key(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    token = open_market(synthetic).token_ids[0]
    fund(trading, address=OWNER, cash=500)
    client = connected(trading.url)
    assert client.create_or_derive_api_key() == client.creds
    _, ask = best(trading, token)
    bought = client.create_and_post_market_order(
        MarketOrderArgs(token_id=token, amount=50, side="BUY", price=round(ask + 0.03, 2)), order_type=OrderType.FAK
    )
    assert (bought["success"], bought["status"]) == (True, "matched")
    trade = client.get_trades(TradeParams(id=bought["tradeIDs"][0]))[0]
    assert trade["status"] in ("MINED", "CONFIRMED")
    held = client.get_balance_allowance(BalanceAllowanceParams(AssetType.CONDITIONAL, token))
    assert int(held["balance"]) == round(float(bought["takingAmount"]) * 1_000_000)
    resting = client.create_and_post_order(OrderArgs(token_id=token, price=0.05, size=20, side="BUY"))
    assert resting["status"] == "live"
    assert [one["id"] for one in client.get_open_orders(OpenOrderParams())] == [resting["orderID"]]
    assert client.get_order(resting["orderID"])["price"] == "0.05"
    assert client.cancel_order(OrderPayload(resting["orderID"]))["canceled"] == [resting["orderID"]]
    signed = [client.create_order(OrderArgs(token_id=token, price=0.03, size=size, side="BUY")) for size in (10, 11)]
    legs = client.post_orders([PostOrdersV2Args(one, OrderType.GTC) for one in signed])
    assert [leg["status"] for leg in legs] == ["live", "live"]
    assert len(client.cancel_market_orders(OrderMarketCancelParams(asset_id=token))["canceled"]) == 2
    assert client.cancel_all() == {"canceled": [], "not_canceled": {}}


def test_a_share_sized_sell_is_filled_or_killed(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    token = open_market(synthetic).token_ids[0]
    fund(trading, address=OWNER, cash=500, holdings={token: 50})
    client = connected(trading.url)
    bid, _ = best(trading, token)
    sold = client.post_order(
        client.create_order(OrderArgs(token_id=token, price=round(bid - 0.03, 2), size=12.5, side="SELL")),
        OrderType.FOK,
    )
    assert (sold["status"], sold["makingAmount"]) == ("matched", "12.5")
    too_dear = client.create_order(OrderArgs(token_id=token, price=0.98, size=12.5, side="SELL"))
    with pytest.raises(PolyApiException, match="FOK orders are fully filled or killed") as killed:
        client.post_order(too_dear, OrderType.FOK)
    assert killed.value.status_code == 400


@pytest.mark.parametrize(
    ("signature_type", "wallet"),
    [(1, proxy_wallet(OWNER.lower())), (2, safe_wallet(OWNER.lower())), (3, deposit_wallet(OWNER.lower()))],
)
def test_every_kind_of_wallet_trades(
    trading: Sandbox, synthetic: SyntheticWorld, signature_type: int, wallet: str
) -> None:
    token = open_market(synthetic, neg_risk=True).token_ids[1]
    fund(trading, owner=OWNER, signature_type=signature_type, cash=100)
    client = connected(trading.url, signature_type=signature_type, funder=wallet)
    _, ask = best(trading, token)
    bought = client.create_and_post_market_order(
        MarketOrderArgs(token_id=token, amount=20, side="BUY", price=round(ask + 0.02, 2)), order_type=OrderType.FOK
    )
    assert bought["status"] == "matched"
    assert {row["wallet"] for row in truth(trading, "own_fills")} == {wallet}


def test_a_wallet_of_somebody_else_is_refused(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    token = open_market(synthetic).token_ids[0]
    client = connected(trading.url, signature_type=2, funder="0x" + "11" * 20)
    with pytest.raises(PolyApiException, match="maker address not allowed, please use the deposit wallet flow"):
        client.create_and_post_order(OrderArgs(token_id=token, price=0.05, size=20, side="BUY"))
