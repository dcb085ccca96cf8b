"""A live runner redeems what it won by itself: its ledger is the venue's, whatever the relayer does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polymarket import SecureClient
from polymarket.auth import RelayerApiKey

from copytrade_live.core.events import JournalEvent, OrderFilled, RedemptionFailed, RedemptionPaid
from copytrade_live.core.market import MICRO, MINUTE, SECOND
from copytrade_live.keys import sessions as keys
from copytrade_live.runner.app import LiveAccount, Runner, Sources
from copytrade_live.sandbox.exchange.wallets import deposit_wallet, proxy_wallet, safe_wallet
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.secret import Secret
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from tests.live.live_run import FAST, Deed, OpenGate, Script
from tests.live.redeeming import RELAYER_KEY, ending_market, opened, settings, skipping
from tests.live.redeeming_life import Excellent, live_config
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.trading import KEY, OTHER_KEY, OTHER_OWNER, OWNER, best, fund, trading_environment, truth
from tests.worlds import default_world

SPEED = 15.0
DEPOSIT = deposit_wallet(OWNER.lower())


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return default_world()


def won_and_waited(
    world: SyntheticWorld,
    folder: Path,
    wallet: str,
    *,
    neg_risk: bool,
    until: Callable[[Runner], bool],
    before_the_end: Callable[[Sandbox], object] = lambda venue: None,
    at_first: Callable[[Sandbox], object] = lambda venue: None,
    **given: Any,
) -> tuple[list[JournalEvent], Runner, dict[str, list[dict[str, Any]]]]:
    """Copy a leader into the side that wins, let the market end, and run on. Returns: journal, runner, the truth."""
    market, won, at = ending_market(world, neg_risk=neg_risk)
    token = market.token_ids[won]

    async def main(venue: Sandbox) -> Runner:
        clock = skipping(venue, SPEED)
        _, ask = best(venue, token)
        deeds = [
            Deed(at=at, token_id=token, condition_id=market.condition_id, side="BUY", price=price, size=400.0)
            for at, price in ((5, round(ask + 0.1, 2)), (45, round(ask + 0.12, 2)), (100, round(ask + 0.14, 2)))
        ]
        config, home = live_config(venue.url, wallet), Home(folder)
        data, clob = DataApi.from_config(config.venue, clock=clock), ClobApi.from_config(config.venue, clock=clock)
        gamma = GammaApi.from_config(config.venue)
        leader = Script(deeds, folder / "began", clock)
        async with opened(config, folder, clock, **given) as account:
            sources = Sources(
                leaders=leader, books=clob, markets=gamma, resolutions=data, snapshots=Excellent(clock),
                gates=OpenGate(clock),
            )  # fmt: skip
            live = LiveAccount(name=account.wallet, venue=account.venue, options=FAST)
            runner = Runner(config, home.live(), clock, sources, live)
            await runner.start()
            leader.begin()
            running = asyncio.ensure_future(runner.run_forever())
            try:
                await reached(running, lambda: bool(holding(runner)), runner)
                assert market.resolved_at is not None
                await asyncio.to_thread(before_the_end, venue)
                clock.skip(market.end_at + SECOND)
                await asyncio.sleep(0.5)
                clock.skip(market.resolved_at + MINUTE)
                await reached(running, lambda: until(runner), runner)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await runner.stop()
                for one in (data, clob, gamma):
                    await one.close()
        return runner

    with run_server(world, at, SPEED) as venue:
        fund(venue, address=wallet, cash=1000)
        at_first(venue)
        runner = asyncio.run(main(venue))
        told = {part: truth(venue, part) for part in ("balances", "redemptions", "own_fills")}
    with Journal.open_reader(Home(folder).live().state) as journal:
        events = list(journal.events())
    runner.close()
    return events, runner, told


def holding(runner: Runner) -> bool:
    portfolio = runner.state.portfolio
    return bool(portfolio.positions) and not portfolio.working and not portfolio.provisional


def is_paid(runner: Runner) -> bool:
    portfolio = runner.state.portfolio
    return not portfolio.positions and not portfolio.receivable


async def reached(running: asyncio.Future[None], is_done: Callable[[], bool], runner: Runner) -> None:
    for _ in range(400):
        if is_done():
            return
        if running.done():
            running.result()
        await asyncio.sleep(0.05)
    raise AssertionError(f"never reached: {runner.state.portfolio} {runner.health.failures}")


def of(kind: type, events: list[JournalEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def cash_of(told: dict[str, list[dict[str, Any]]], wallet: str) -> int:
    [row] = [one for one in told["balances"] if one["wallet"] == wallet and not one["token_id"]]
    return round(float(row["balance"]) * MICRO)


@pytest.mark.parametrize(
    ("wallet", "neg_risk"),
    [
        pytest.param(DEPOSIT, False, id="deposit"),
        pytest.param(safe_wallet(OWNER.lower()), True, id="safe-neg-risk", marks=pytest.mark.slow),
        pytest.param(proxy_wallet(OWNER.lower()), False, id="proxy", marks=pytest.mark.slow),
    ],
)
def test_what_was_won_is_redeemed_and_the_ledger_is_the_venues(
    world: SyntheticWorld, tmp_path: Path, wallet: str, neg_risk: bool
) -> None:
    events, runner, told = won_and_waited(world, tmp_path, wallet, neg_risk=neg_risk, until=is_paid)
    [paid] = of(RedemptionPaid, events)
    [redemption] = told["redemptions"]
    assert redemption["state"] == "paid"
    bought = sum(event.fill.size for event in of(OrderFilled, events))
    assert paid.cash == round(float(redemption["cash"]) * MICRO) == bought
    assert runner.state.portfolio.cash == cash_of(told, wallet)
    assert not [row for row in told["balances"] if row["token_id"] and float(row["balance"])]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("redeem_failed", {}, "has not paid"),
        ("redeem_silent", {"delay_seconds": 120.0}, "has not paid"),
        ("answer_lost", {"paths": ["/submit"]}, "TransportError"),
        # Longer than the client waits for an answer, which is 10 seconds, and paid meanwhile or not.
        ("answer_late", {"paths": ["/submit"], "seconds": 12.0}, None),
        ("delivered_twice", {"paths": ["/submit"]}, "nonce"),
        ("server_error", {"paths": ["/submit"]}, ""),
    ],
)
def test_whatever_the_relayer_does_the_payout_is_booked_once_and_each_failure_is_said(
    world: SyntheticWorld, tmp_path: Path, name: str, more: dict[str, Any], said: str | None
) -> None:
    running: list[Sandbox] = []

    def spoil(venue: Sandbox) -> None:
        running.append(venue)
        answer = venue.http.post("/admin/faults", json={"name": name, "probability": 1.0, "most_in_row": 9} | more)
        assert answer.status_code == 200, answer.text

    def until(runner: Runner) -> bool:
        if running and failures(runner.home):
            running.pop().http.delete("/admin/faults")
        return is_paid(runner)

    events, runner, told = won_and_waited(world, tmp_path, DEPOSIT, neg_risk=False, until=until, before_the_end=spoil)
    assert said is None or any(said in event.message for event in of(RedemptionFailed, events))
    assert sum(one.cash for one in of(RedemptionPaid, events)) == sum(
        event.fill.size for event in of(OrderFilled, events)
    )
    assert runner.state.portfolio.cash == cash_of(told, DEPOSIT)


@pytest.mark.slow
def test_a_session_key_leaves_the_payout_a_receivable_says_so_once_and_books_it_when_the_owner_redeems(
    world: SyntheticWorld, tmp_path: Path
) -> None:
    running: list[Sandbox] = []

    def authorise(venue: Sandbox) -> None:
        keys.authorise(settings(venue.url, DEPOSIT).venue, Secret(KEY), DEPOSIT, OTHER_OWNER, 30)

    def until(runner: Runner) -> bool:
        if running and failures(runner.home):
            assert sum(runner.state.portfolio.receivable.values()) > 0
            [condition] = runner.state.portfolio.receivable
            by_hand(running.pop(), condition)
        return is_paid(runner)

    events, runner, told = won_and_waited(
        world, tmp_path, DEPOSIT, neg_risk=False, until=until, before_the_end=running.append, at_first=authorise,
        key=OTHER_KEY,
    )  # fmt: skip
    [failed] = of(RedemptionFailed, events)
    assert failed.message.startswith("session_key: ")
    assert "by hand (docs/going-live.md)" in failed.message
    [paid] = of(RedemptionPaid, events)
    assert paid.cash == round(float(told["redemptions"][0]["cash"]) * MICRO)
    assert runner.state.portfolio.cash == cash_of(told, DEPOSIT)


def by_hand(venue: Sandbox, condition: str) -> None:
    """What the owner does in the venue's interface."""
    with SecureClient.create(
        private_key=KEY,
        wallet=DEPOSIT,
        environment=trading_environment(venue.url),
        api_key=RelayerApiKey(key=RELAYER_KEY, address=OWNER),
    ) as owner:
        owner.redeem_positions(condition_id=condition)


def failures(home: Home) -> list[RedemptionFailed]:
    with Journal.open_reader(home.state) as journal:
        return of(RedemptionFailed, list(journal.events()))
