"""Payouts through the relayer: the official client over HTTP, the key behind its policy, and all that goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from polymarket.errors import SigningError

from copytrade_live.core.market import HOUR, MICRO
from copytrade_live.errors import PolicyRefused
from copytrade_live.keys.opening import OpenAccount
from copytrade_live.ports import RedeemAccepted, RedeemFailed
from copytrade_live.sandbox.exchange.wallets import deposit_wallet, proxy_wallet, safe_wallet
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.live.redeeming import opened, settings, skipping, won_market
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.trading import OTHER_KEY, OWNER, fund, truth
from tests.worlds import default_world

WALLETS = {
    "deposit": deposit_wallet(OWNER.lower()),
    "proxy": proxy_wallet(OWNER.lower()),
    "safe": safe_wallet(OWNER.lower()),
}
Act = Callable[[OpenAccount], Awaitable[None]]


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return default_world()


@pytest.fixture
def venue(world: SyntheticWorld) -> Any:
    with run_server(world, world.start_at, 60.0) as running:
        yield running


def with_account(venue: Sandbox, folder: Path, wallet: str, act: Act, **given: Any) -> None:
    sections = given.pop("sections", {})

    async def main() -> None:
        clock = skipping(venue, 60.0)
        async with opened(settings(venue.url, wallet, **sections), folder, clock, **given) as account:
            await act(account)

    asyncio.run(main())


def paid(venue: Sandbox, wallet: str, count: int = 1) -> list[dict[str, Any]]:
    """Redemptions the venue knows, when so many are over."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        rows = [row for row in truth(venue, "redemptions") if row["state"] != "pending"]
        if len(rows) >= count:
            return rows
        time.sleep(0.05)
    raise AssertionError(f"{count} redemptions never came: {truth(venue, 'redemptions')}")


def cash(venue: Sandbox, wallet: str) -> float:
    [row] = [one for one in truth(venue, "balances") if one["wallet"] == wallet.lower() and not one["token_id"]]
    return float(row["balance"])


def fault(venue: Sandbox, name: str, **more: Any) -> None:
    answer = venue.http.post("/admin/faults", json={"name": name, "probability": 1.0, **more})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", WALLETS)
def test_a_won_market_is_paid_once_for_every_wallet_of_the_relayer(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path, kind: str
) -> None:
    market, token = won_market(world)
    wallet = WALLETS[kind]
    fund(venue, address=wallet, cash=100, holdings={token: 25})

    async def act(account: OpenAccount) -> None:
        answer = await account.venue.redeem(market.condition_id)
        assert isinstance(answer, RedeemAccepted), answer
        assert answer.reference
        await asyncio.to_thread(paid, venue, wallet)
        for _ in range(400):
            if rows := await account.venue.redemptions(after=0):
                break
            await asyncio.sleep(0.05)
        [row] = rows
        assert (row.condition_id, row.cash) == (market.condition_id, 25 * MICRO)

    with_account(venue, tmp_path, wallet, act)
    assert cash(venue, wallet) == 125
    assert not [row for row in truth(venue, "balances") if row["token_id"] and float(row["balance"])]


@pytest.mark.parametrize(
    ("name", "is_carried_out"),
    [("answer_lost", True), ("error_after", True), ("delivered_twice", True), ("disconnect", False),
     ("server_error", False), ("html_body", False), ("rate_limited", False)],
)  # fmt: skip
def test_a_relayer_that_answers_badly_is_asked_again_and_pays_once(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path, name: str, is_carried_out: bool
) -> None:
    market, token = won_market(world)
    wallet = WALLETS["deposit"]
    fund(venue, address=wallet, cash=100, holdings={token: 25})

    async def act(account: OpenAccount) -> None:
        fault(venue, name, paths=["/submit"], most_in_row=1_000)
        first = await account.venue.redeem(market.condition_id)
        venue.http.delete("/admin/faults")
        assert len(truth(venue, "redemptions")) == is_carried_out
        assert isinstance(first, RedeemFailed)
        assert first.may_retry, first
        # Asked again without looking first: a second transaction finds nothing left to pay.
        assert isinstance(await account.venue.redeem(market.condition_id), RedeemAccepted)

    with_account(venue, tmp_path, wallet, act)
    rows = paid(venue, wallet, len(truth(venue, "redemptions")))
    assert sorted(float(row["cash"]) for row in rows)[-1] == 25 == sum(float(row["cash"]) for row in rows)
    assert cash(venue, wallet) == 125


def test_without_a_relayers_key_a_payout_is_left_to_others_and_says_so(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path
) -> None:
    market, token = won_market(world)
    fund(venue, address=WALLETS["deposit"], cash=1, holdings={token: 5})

    async def act(account: OpenAccount) -> None:
        answer = await account.venue.redeem(market.condition_id)
        assert isinstance(answer, RedeemFailed)
        assert not answer.may_retry
        assert "no_relayer_key" in answer.message
        assert "live.relayer_variable" in answer.message

    with_account(venue, tmp_path, WALLETS["deposit"], act, relayer_key="")


def test_a_plain_key_would_pay_gas_and_is_left_to_its_owner(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path
) -> None:
    market, token = won_market(world)
    fund(venue, address=OWNER, cash=1, holdings={token: 5})

    async def act(account: OpenAccount) -> None:
        answer = await account.venue.redeem(market.condition_id)
        assert answer == RedeemFailed(
            message="own_transaction: a wallet that is a plain key would pay gas: redeem by hand", may_retry=False
        )

    with_account(venue, tmp_path, OWNER, act)


def test_a_session_key_asks_for_nothing(venue: Sandbox, world: SyntheticWorld, tmp_path: Path) -> None:
    market, token = won_market(world)
    fund(venue, address=WALLETS["deposit"], cash=1, holdings={token: 5})

    async def act(account: OpenAccount) -> None:
        assert not account.is_owner
        answer = await account.venue.redeem(market.condition_id)
        assert isinstance(answer, RedeemFailed)
        assert (answer.may_retry, answer.message.split(":")[0]) == (False, "session_key")

    with_account(venue, tmp_path, WALLETS["deposit"], act, key=OTHER_KEY)
    assert truth(venue, "redemptions") == []


def test_a_payout_over_the_days_count_waits_for_the_next_day(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path
) -> None:
    market, token = won_market(world)
    fund(venue, address=WALLETS["safe"], cash=1, holdings={token: 5})

    async def act(account: OpenAccount) -> None:
        answer = await account.venue.redeem(market.condition_id)
        assert isinstance(answer, RedeemFailed)
        assert answer.may_retry
        assert "signing.max_daily_redemptions" in answer.message

    with_account(venue, tmp_path, WALLETS["safe"], act, sections={"signing": {"max_daily_redemptions": 0}})


def test_a_market_that_the_listing_does_not_show_as_ended_yet_is_asked_for_again(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path
) -> None:
    live = next(one for one in world.markets if one.opened_at < world.start_at < one.end_at - 48 * HOUR)
    fund(venue, address=WALLETS["safe"], cash=1, holdings={live.token_ids[0]: 5})

    async def act(account: OpenAccount) -> None:
        answer = await account.venue.redeem(live.condition_id)
        assert isinstance(answer, RedeemFailed)
        assert answer.may_retry

    with_account(venue, tmp_path, WALLETS["safe"], act)


@pytest.mark.parametrize("kind", WALLETS)
def test_whatever_else_the_client_could_send_is_refused_before_it_is_signed(
    venue: Sandbox, world: SyntheticWorld, tmp_path: Path, kind: str
) -> None:
    wallet, thief = WALLETS[kind], "0x" + "66" * 20
    live = next(one for one in world.markets if one.opened_at < world.start_at < one.end_at - 48 * HOUR)
    fund(venue, address=wallet, cash=100, holdings=dict.fromkeys(live.token_ids, 10), allowance=0)

    async def act(account: OpenAccount) -> None:
        client: Any = account.venue._client  # type: ignore[attr-defined]
        pusd = client._ctx.environment_config.collateral_token
        attempts = (
            client.transfer_erc20(token_address=pusd, recipient_address=thief, amount=1),
            client.approve_erc20(token_address=pusd, spender_address=thief, amount=1),
            client.split_position(condition_id=live.condition_id, amount=1_000_000),
            client.merge_positions(condition_id=live.condition_id, amount=1_000_000),
            client.setup_trading_approvals(),
        )
        for attempt in attempts:
            with pytest.raises((PolicyRefused, SigningError), match=r"unknown_contract|unknown_selector|opaque"):
                await attempt

    with_account(venue, tmp_path, wallet, act)
    assert cash(venue, wallet) == 100
