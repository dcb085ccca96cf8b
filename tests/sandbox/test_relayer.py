"""Wallets of owners: deployed, used through session keys, approved, split, merged and redeemed by the official SDK."""

from __future__ import annotations

import dataclasses
import time
from decimal import Decimal

import pytest
from polymarket import SecureClient
from polymarket._internal.environment import get_environment_config, with_environment_config
from polymarket.auth import RelayerApiKey
from polymarket.environments import Environment
from polymarket.errors import RequestRejectedError, TransactionFailedError, UserInputError

from copytrade_live.core.market import HOUR
from copytrade_live.sandbox.exchange.wallets import deposit_wallet, proxy_wallet, safe_wallet
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.world import WorldMarket
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import (
    KEY,
    OTHER_KEY,
    OTHER_OWNER,
    OWNER,
    best,
    fund,
    open_market,
    trading_environment,
    truth,
)

PAYER = RelayerApiKey(key="sandbox-relayer-key", address=OWNER)
DEPOSIT = deposit_wallet(OWNER.lower())


@pytest.fixture
def trading(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox(speed=60.0)


def quick(url: str) -> Environment:
    """Polls often: the sandbox's time runs sixty times as fast."""
    environment = trading_environment(url)
    config = dataclasses.replace(get_environment_config(environment), relayer_poll_frequency_ms=20)
    return with_environment_config(environment, config=config)


def connect(sandbox: Sandbox, wallet: str | None, key: str = KEY) -> SecureClient:
    return SecureClient.create(private_key=key, wallet=wallet, environment=quick(sandbox.url), api_key=PAYER)


def done_market(world: SyntheticWorld) -> WorldMarket:
    return next(
        one
        for one in world.markets
        if one.resolved_at is not None and one.resolved_at < world.start_at and one.payouts in ((1.0, 0.0), (0.0, 1.0))
    )


def test_an_owner_without_a_wallet_gets_a_deposit_wallet(trading: Sandbox) -> None:
    with connect(trading, None) as client:
        assert str(client.wallet).lower() == DEPOSIT
        assert trading.get("/deployed", address=DEPOSIT, type="WALLET") == {"deployed": True}


@pytest.mark.parametrize("wallet", [DEPOSIT, proxy_wallet(OWNER.lower()), safe_wallet(OWNER.lower()), OWNER.lower()])
def test_every_wallet_redeems_splits_and_merges(trading: Sandbox, synthetic: SyntheticWorld, wallet: str) -> None:
    done, live = done_market(synthetic), open_market(synthetic)
    winner = done.token_ids[0 if done.payouts == (1.0, 0.0) else 1]
    fund(trading, address=wallet, cash=100, holdings={token: 25 for token in done.token_ids})
    with connect(trading, wallet) as client:
        client.redeem_positions(condition_id=done.condition_id).wait()
        assert client.get_balance_allowance(asset_type="COLLATERAL").balance == 125_000_000
        assert client.get_balance_allowance(asset_type="CONDITIONAL", asset_id=winner).balance == 0
        client.split_position(condition_id=live.condition_id, amount=10_000_000).wait()
        held = [client.get_balance_allowance(asset_type="CONDITIONAL", asset_id=one).balance for one in live.token_ids]
        assert held == [10_000_000, 10_000_000]
        client.merge_positions(condition_id=live.condition_id, amount="max").wait()
        assert client.get_balance_allowance(asset_type="COLLATERAL").balance == 125_000_000
    deadline = time.monotonic() + 30
    while len(rows := trading.get("/v2/activity", user=wallet)["data"]) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [(row["type"], row["usdc_size"]) for row in rows] == [("MERGE", 10.0), ("SPLIT", 10.0), ("REDEEM", 25.0)]
    paid = truth(trading, "redemptions")
    assert [(row["condition_id"], row["state"], row["cash"]) for row in paid] == [(done.condition_id, "paid", "25")]


def test_an_allowance_that_ran_out_is_refused_and_can_be_renewed(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    token = open_market(synthetic).token_ids[0]
    fund(trading, address=DEPOSIT, cash=100, allowance=0)
    with connect(trading, DEPOSIT) as client:
        order = client.create_limit_order(asset_id=token, price=0.05, size=20, side="BUY")
        with pytest.raises(RequestRejectedError, match="the allowance is not enough -> spender: 0x"):
            client.post_order(order)
        handle = client.setup_trading_approvals()
        if handle is not None:
            handle.wait()
        assert client.get_trading_approvals_state().is_fully_approved
        assert client.post_order(order).ok


def test_a_session_key_trades_but_cannot_take_money_out(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    token = open_market(synthetic).token_ids[0]
    fund(trading, address=DEPOSIT, cash=100)
    environment = quick(trading.url)
    with SecureClient.create(private_key=KEY, wallet=DEPOSIT, environment=environment, api_key=PAYER) as owner:
        builder = owner.create_builder_api_key()
    with SecureClient.create(private_key=KEY, wallet=DEPOSIT, environment=environment, api_key=builder) as owner:
        authorised = owner.authorize_session_key(address=OTHER_OWNER, scopes=["CLOB"])
        assert [one.address for one in owner.fetch_session_keys()] == [authorised.session_key.address]
        with connect(trading, DEPOSIT, OTHER_KEY) as session:
            _, ask = best(trading, token)
            bought = session.post_order(
                session.create_market_order(asset_id=token, side="BUY", amount=20, max_price=round(ask + 0.02, 2))
            )
            assert bought.ok, bought
            assert session.list_account_trades().first_page().items[0].maker_address.lower() == DEPOSIT
            assert session.get_balance_allowance(asset_type="COLLATERAL").balance <= 100_000_000
            with pytest.raises(RequestRejectedError, match="invalid signature"):
                session.split_position(condition_id=open_market(synthetic).condition_id, amount=1_000_000)
        owner.revoke_session_key(address=OTHER_OWNER)
        with (
            connect(trading, DEPOSIT, OTHER_KEY) as session,
            pytest.raises(RequestRejectedError, match="the order signer address has to be the address of the API KEY"),
        ):
            session.post_order(session.create_limit_order(asset_id=token, price=0.05, size=20, side="BUY"))


def test_an_unresolved_market_pays_nothing(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    live = next(one for one in synthetic.markets if one.opened_at < synthetic.start_at < one.end_at - 48 * HOUR)
    fund(trading, address=DEPOSIT, cash=1, holdings={live.token_ids[0]: 5})
    with connect(trading, DEPOSIT) as client, pytest.raises((TransactionFailedError, UserInputError)):
        client.redeem_positions(condition_id=live.condition_id).wait()
    assert Decimal(truth(trading, "accounts")[0]["cash"]) == 1


def test_a_transaction_without_a_payer_is_refused(trading: Sandbox) -> None:
    assert trading.http.post("/submit", json={}).status_code == 401
