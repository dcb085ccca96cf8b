"""The official SDK, unmodified but for its addresses, trades on a really started sandbox."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient, SecureClient
from polymarket.errors import RequestRejectedError

from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, step, trading_environment, truth


@pytest.fixture
def trading(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox()


@pytest.mark.parametrize("neg_risk", [False, True])
def test_the_sync_client_buys_settles_and_sells(trading: Sandbox, synthetic: SyntheticWorld, neg_risk: bool) -> None:
    market = open_market(synthetic, neg_risk=neg_risk)
    token = market.token_ids[0]
    fund(trading, address=OWNER, cash=1000)
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(trading.url)) as client:
        _, ask = best(trading, token)
        signed = client.create_market_order(asset_id=token, side="BUY", amount=50, max_price=ask)
        bought = client.post_order(signed)
        assert bought.ok, bought
        assert bought.status == "matched"
        assert Decimal(49) < bought.making_amount <= Decimal(50)
        trade = client.list_account_trades().first_page().items[0]
        assert (trade.status, trade.trader_side, trade.transaction_hash) == ("MATCHED", "TAKER", None)
        assert trade.taker_order_id == bought.order_id
        assert client.get_balance_allowance(asset_type="CONDITIONAL", asset_id=token).balance == 0
        step(trading, 10)
        trade = client.list_account_trades().first_page().items[0]
        assert trade.status == "CONFIRMED"
        held = client.get_balance_allowance(asset_type="CONDITIONAL", asset_id=token).balance
        assert held == int(trade.size * 1_000_000)
        bid, _ = best(trading, token)
        sold = client.post_order(
            client.create_market_order(asset_id=token, side="SELL", shares=Decimal(held) / 1_000_000, min_price=bid)
        )
        assert sold.ok, sold
        step(trading, 10)
        cash = client.get_balance_allowance(asset_type="COLLATERAL").balance
    fills = truth(trading, "own_fills")
    flows = sum(Decimal(row["cash"]) * (1 if row["side"] == "SELL" else -1) for row in fills)
    assert Decimal(cash) / 1_000_000 == 1000 + flows
    assert {row["status"] for row in fills} == {"CONFIRMED"}


def test_the_sync_client_rests_finds_and_cancels_orders(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)
    token = market.token_ids[1]
    fund(trading, address=OWNER, cash=1000)
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(trading.url)) as client:
        orders = [
            client.create_limit_order(asset_id=token, price=price, size=20, side="BUY")
            for price in (market.tick_size * 3, market.tick_size * 4, market.tick_size * 5)
        ]
        answers = client.post_orders(orders)
        assert [one.status for one in answers] == ["live", "live", "live"]
        single = client.post_order(
            client.create_limit_order(asset_id=token, price=market.tick_size * 2, size=20, side="BUY", post_only=True)
        )
        found = client.list_open_orders().first_page().items
        assert {one.id for one in found} == {single.order_id, *(one.order_id for one in answers)}
        assert found[0].original_size == 20
        assert client.get_order(order_id=single.order_id).condition_id == market.condition_id
        with pytest.raises(RequestRejectedError, match="Duplicated"):
            client.post_order(orders[0])
        assert client.cancel_order(order_id=single.order_id).canceled == (single.order_id,)
        refused = client.cancel_order(order_id=single.order_id)
        assert single.order_id in refused.not_canceled
        assert len(client.cancel_orders(order_ids=[answers[0].order_id]).canceled) == 1
        assert len(client.cancel_market_orders(asset_id=token).canceled) == 2
        assert client.cancel_all().canceled == ()


def test_the_async_client_trades_too(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)
    token = market.token_ids[0]
    fund(trading, address=OWNER, cash=100)

    async def trade() -> None:
        async with await AsyncSecureClient.create(
            private_key=KEY, wallet=OWNER, environment=trading_environment(trading.url)
        ) as client:
            _, ask = best(trading, token)
            order = await client.create_market_order(
                asset_id=token, side="BUY", amount=20, max_price=ask, order_type="FOK"
            )
            bought = await client.post_order(order)
            assert bought.ok, bought
            poor = await client.create_limit_order(asset_id=token, price=0.1, size=5000, side="BUY")
            with pytest.raises(RequestRejectedError, match="the balance is not enough"):
                await client.post_order(poor)
            page = await client.list_account_trades().first_page()
            assert {one.taker_order_id for one in page.items} == {bought.order_id}

    asyncio.run(trade())


def test_everybody_sees_what_was_taken_and_what_rests(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)
    first, second = market.token_ids
    fund(trading, address=OWNER, cash=1000)
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(trading.url)) as client:
        before = client.get_order_book(asset_id=first)
        ask = before.asks[-1]
        bought = client.post_order(
            client.create_market_order(asset_id=first, side="BUY", amount=10, max_price=ask.price)
        )
        shares = bought.taking_amount
        after = client.get_order_book(asset_id=first)
        assert after.asks[-1].size == ask.size - shares
        assert client.get_last_trade_price(asset_id=first).price == ask.price
        inside = before.bids[-1].price + Decimal(str(market.tick_size))
        if inside < ask.price:
            client.post_order(client.create_limit_order(asset_id=first, price=inside, size=7, side="BUY"))
            assert client.get_order_book(asset_id=first).bids[-1].price == inside
            mirrored = client.get_order_book(asset_id=second).asks[-1]
            assert (mirrored.price, mirrored.size) == (1 - inside, 7)


def test_the_client_waits_for_settlement_and_asks_how_its_account_stands(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    sandbox = start_sandbox(speed=30.0)
    token = open_market(synthetic).token_ids[0]
    fund(sandbox, address=OWNER, cash=100)
    with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(sandbox.url)) as client:
        _, ask = best(sandbox, token)
        bought = client.post_order(
            client.create_market_order(asset_id=token, side="BUY", amount=20, max_price=round(ask + 0.02, 2))
        )
        assert bought.ok, bought
        settled = client.wait_for_order_fill_settlement(bought, timeout_s=20)
        assert len(settled) == len(bought.trade_ids)
        trades = client.list_account_trades().first_page().items
        assert {trade.status for trade in trades} == {"CONFIRMED"}
        assert client.get_closed_only_mode() is False
        assert client.fetch_api_keys() == (client.credentials.key,)
        beat = client.send_order_heartbeat()
        assert client.send_order_heartbeat(heartbeat_id=beat.heartbeat_id).heartbeat_id != beat.heartbeat_id
        fund(sandbox, address=OWNER, closed_only=True)
        assert client.get_closed_only_mode() is True
        with pytest.raises(RequestRejectedError, match="address in closed only mode"):
            client.post_order(client.create_limit_order(asset_id=token, price=0.05, size=20, side="BUY"))
        client.delete_api_key()
        with pytest.raises(RequestRejectedError, match="Unauthorized/Invalid api key"):
            client.fetch_api_keys()
