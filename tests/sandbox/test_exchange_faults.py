"""Faults of matching, settlement, resting, payouts and the account itself: each is met, counted and repeatable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.exchange.redeeming import RedemptionState
from copytrade_live.sandbox.exchange.terms import Order, OrderStatus, Trade, TradeStatus
from copytrade_live.sandbox.exchange_faults import CANCEL_REASONS, ExchangeFaults
from copytrade_live.sandbox.fault_settings import Fault, read_faults
from copytrade_live.sandbox.faults import FaultBook
from copytrade_live.sandbox.owner_acts import OwnerActs
from tests.sandbox.exchange.stub_quotes import LISTING, NOW, YES, Market, shares

LATER = NOW + 900 * SECOND


def faulty(name: str, **terms: object) -> tuple[Market, FaultBook]:
    """A market where one fault always happens."""
    faults: list[Fault] = read_faults({"name": name, "probability": 1.0, "delay_seconds": 60, **terms})
    book = FaultBook(faults)
    market = Market()
    market.exchange.mishaps = ExchangeFaults(book)
    market.fund(yes=500)
    return market, book


def met(book: FaultBook) -> dict[str, int]:
    found = book.described()["met"]
    assert isinstance(found, dict)
    return found


def seen(market: Market, trade: Trade) -> list[TradeStatus]:
    statuses = [trade.status]
    for at in range(NOW, LATER, 500):
        market.exchange.advance(at)
        if trade.status is not statuses[-1]:
            statuses.append(trade.status)
    return statuses


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("settlement_failed", ["MATCHED", "RETRYING", "FAILED"]),
        ("settlement_reorged", ["MATCHED", "MINED", "RETRYING", "FAILED"]),
        ("settlement_retried", ["MATCHED", "RETRYING", "MINED", "CONFIRMED"]),
        ("settlement_slow", ["MATCHED", "MINED", "CONFIRMED"]),
    ],
)
def test_a_match_settles_as_the_fault_says(name: str, statuses: list[str]) -> None:
    market, book = faulty(name)
    trade = market.place("SELL", 0.48, 50, kind="FAK").trades[0]
    market.exchange.advance(NOW + 10 * SECOND)
    assert trade.status in (TradeStatus.MATCHED, TradeStatus.MINED)
    assert seen(market, trade)[-1] is TradeStatus(statuses[-1])
    assert met(book) == {name: 1}
    account = market.exchange.account("0xa")
    assert account.held == {}
    assert account.holdings[YES] == shares(500 if statuses[-1] == "FAILED" else 450)


@pytest.mark.parametrize(
    ("name", "is_less"),
    [("partial_fill", lambda matched: matched < shares(99)), ("dust_fill", lambda matched: matched == shares(99.99))],
)
def test_a_fill_is_less_than_the_book_promised(name: str, is_less: Callable[[int], bool]) -> None:
    market, book = faulty(name)
    assert is_less(market.place("SELL", 0.48, 100, kind="FAK").order.matched)
    market.place("SELL", 0.60, 10)
    assert met(book) == {name: 1}


def test_a_delayed_order_ends_in_each_of_three_ways() -> None:
    market, book = faulty("taker_delayed")
    orders: list[Order] = []
    for place in range(30):
        at = NOW + place * 300 * SECOND // 10
        orders.append(market.place("SELL", 0.47, 5, kind="FAK", at=at).order)
        assert orders[-1].status is OrderStatus.DELAYED
    market.exchange.advance(LATER + 900 * SECOND)
    assert {order.status for order in orders} == {OrderStatus.MATCHED, OrderStatus.UNMATCHED, OrderStatus.CANCELED}
    assert met(book) == {"taker_delayed": 30}


def test_the_venue_gives_its_own_reason_for_a_cancel() -> None:
    market, book = faulty("venue_cancelled")
    order = market.place("BUY", 0.40, 10).order
    market.exchange.advance(NOW + 60 * SECOND)
    assert order.status is OrderStatus.CANCELED
    assert order.cause in CANCEL_REASONS
    assert met(book) == {"venue_cancelled": 1}


@pytest.mark.parametrize(("name", "state"), [("redeem_failed", "failed"), ("redeem_silent", "pending")])
def test_a_payout_fails_or_is_silent_for_a_while(name: str, state: str) -> None:
    market, book = faulty(name)
    market.quotes.ends = (shares(1), 0)
    redemption = market.exchange.redeem("0xa", LISTING.condition_id, NOW)
    market.exchange.advance(NOW + 30 * SECOND)
    assert redemption.state is RedemptionState(state)
    market.exchange.advance(LATER)
    assert redemption.state is (RedemptionState.FAILED if state == "failed" else RedemptionState.PAID)
    assert met(book) == {name: 1}


def test_an_owner_withdraws_once_a_window() -> None:
    market, book = faulty("funds_withdrawn", every_seconds=0, window_seconds=60)
    acts, account = OwnerActs(book, market.exchange), market.exchange.account("0xa")
    for second in range(50):
        acts.look(NOW + second * SECOND)
    assert 0 <= account.cash < shares(1000)
    assert met(book) == {"funds_withdrawn": 1}


def test_allowances_are_gone_while_the_window_is_open() -> None:
    market, book = faulty("allowance_revoked", every_seconds=0, window_seconds=60)
    acts, account = OwnerActs(book, market.exchange), market.exchange.account("0xa")
    acts.look(NOW)
    assert account.allowance("0xe") == 0
    acts.look(NOW + 61 * SECOND)
    assert account.allowance("0xe") > shares(1000)
    assert met(book) == {"allowance_revoked": 1}


def test_an_owner_sells_by_hand() -> None:
    market, book = faulty("owner_traded", every_seconds=0, window_seconds=60)
    OwnerActs(book, market.exchange).look(NOW)
    trade = next(iter(market.exchange.trades.values()))
    assert (trade.taker.owner, trade.taker.size) == ("owner-by-hand", shares(100))
    assert met(book) == {"owner_traded": 1}
