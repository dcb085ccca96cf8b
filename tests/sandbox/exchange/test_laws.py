"""What must hold whatever is done: nothing appears, vanishes or is owed, no limit is broken, and a seed repeats."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from contextlib import suppress
from itertools import pairwise

import pytest

from copytrade_live.core.market import MICRO, SECOND, Instant
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.exchange.quotes import Depth
from copytrade_live.sandbox.exchange.terms import Change, Order, Refused, Side, Trade, TradeStatus
from tests.sandbox.exchange.stub_quotes import LISTING, NO, NOW, YES, Market, rungs, shares

ACCOUNTS = ("0xa", "0xb", "0xc")
GIVEN = {"": shares(300), YES: shares(200), NO: shares(200)}


def book(rng: random.Random) -> Depth:
    bid = rng.randint(5, 90)
    ask = bid + rng.randint(1, 4)
    bids = ((bid - step, rng.randint(1, 80)) for step in range(3) if bid > step)
    asks = ((ask + step, rng.randint(1, 80)) for step in range(3))
    return Depth(
        rungs(*((price / 100, size) for price, size in bids)), rungs(*((price / 100, size) for price, size in asks))
    )


class Story:
    """A random life of three accounts in one market, ending long after everything has settled."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, random.Random(seed)
        delay = self.rng.choice((0, 0, 150))
        options = ExchangeOptions(seed=seed, fail_probability=0.15, retry_probability=0.2)
        self.market = Market(dataclasses.replace(LISTING, taker_delay=delay, closes_at=None), options)
        self.changes: list[Change] = []
        self.exchange.listeners.append(self.changes.append)
        for account in ACCOUNTS:
            self.market.fund(account, cash=300, yes=200, no=200)
        self.now: Instant = NOW
        for _ in range(120):
            self.step()
        self.exchange.advance(self.now + 1000 * SECOND)

    @property
    def exchange(self):  # type: ignore[no-untyped-def]
        return self.market.exchange

    def step(self) -> None:
        self.now += self.rng.randint(1, 3000)
        roll = self.rng.random()
        if roll < 0.2:
            self.market.quotes.book = book(self.rng)
        if roll < 0.3:
            owner = f"key-{self.rng.choice(ACCOUNTS)}"
            wanted = [order.order_id for order in self.exchange.open_orders(owner)][:2]
            self.exchange.cancel(owner, wanted, self.now)
            return
        with suppress(Refused):
            self.place()
        for account in self.exchange.accounts.values():
            for token in GIVEN:
                assert account.available(token) >= 0, (account, token)

    def place(self) -> None:
        rng = self.rng
        side, kind = rng.choice(("BUY", "SELL")), rng.choice(("GTC", "GTC", "FAK", "FOK", "GTD"))
        is_by_dollars = side == "BUY" and kind in ("FAK", "FOK")
        self.market.place(
            side,
            rng.randint(2, 98) / 100,
            0.0 if is_by_dollars else rng.randint(500, 8000) / 100,
            account=rng.choice(ACCOUNTS),
            token=rng.choice((YES, NO)),
            kind=kind,
            dollars=float(rng.randint(1, 60)) if is_by_dollars else 0.0,
            expiration=self.now // SECOND * SECOND + 200 * SECOND if kind == "GTD" else 0,
            at=self.now,
        )


@pytest.fixture(scope="module", params=range(25))
def story(request: pytest.FixtureRequest) -> Story:
    return Story(request.param)


def settled(story: Story) -> list[Trade]:
    return [trade for trade in story.exchange.trades.values() if trade.status is TradeStatus.CONFIRMED]


def test_balances_are_what_was_given_and_what_settled_trades_moved(story: Story) -> None:
    for address in ACCOUNTS:
        expected = Counter(GIVEN)
        for trade in settled(story):
            for leg in trade.legs_of(address):
                sign = 1 if leg.side is Side.BUY else -1
                expected[""] -= sign * leg.cash
                expected[leg.token_id] += sign * leg.size
        account = story.exchange.account(address)
        assert {token: account.balance(token) for token in GIVEN} == dict(expected)
        assert account.held == {}


def test_every_trade_has_ended(story: Story) -> None:
    assert {trade.status for trade in story.exchange.trades.values()} <= {TradeStatus.CONFIRMED, TradeStatus.FAILED}


def test_a_trade_s_sides_meet_in_size_and_price(story: Story) -> None:
    for trade in story.exchange.trades.values():
        assert sum(leg.size for leg in trade.makers) == trade.taker.size
        for maker in trade.makers:
            is_same = maker.token_id == trade.taker.token_id
            assert (maker.side is trade.taker.side) is not is_same
            assert maker.price == (trade.taker.price if is_same else MICRO - trade.taker.price)
            assert maker.fee == 0


def test_no_fill_is_beyond_its_order_s_limit_or_size(story: Story) -> None:
    filled: Counter[str] = Counter()
    for trade in story.exchange.trades.values():
        for leg in trade.legs:
            if leg.account:
                order: Order = story.exchange.orders[leg.order_id]
                filled[leg.order_id] += leg.size
                assert leg.price <= order.price if order.is_buy else leg.price >= order.price
    for order in story.exchange.orders.values():
        assert order.matched == filled[order.order_id]
        if order.is_buy and order.new.order_type.is_immediate:
            assert order.spent <= order.new.making
        else:
            assert order.matched <= order.size


def test_nothing_is_told_out_of_order(story: Story) -> None:
    assert len(story.changes) > 50
    assert all(before.at <= after.at for before, after in pairwise(story.changes))


def test_a_story_repeats_itself(story: Story) -> None:
    again = Story(story.seed)
    assert repr(list(again.exchange.trades.values())) == repr(list(story.exchange.trades.values()))
