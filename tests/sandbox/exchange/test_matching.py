"""Matching, money and settlement, without any transport."""

from __future__ import annotations

import dataclasses

import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.core.pricing import charged_fee
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.exchange.quotes import Depth
from copytrade_live.sandbox.exchange.terms import OrderStatus, Refused, TradeStatus
from tests.sandbox.exchange.stub_quotes import LISTING, NO, NOW, YES, Market, rungs, shares

LATER = NOW + 60 * SECOND


@pytest.fixture
def market() -> Market:
    made = Market()
    made.fund("0xa", yes=500, no=500)
    made.fund("0xb", yes=500, no=500)
    return made


def test_an_immediate_buy_spends_dollars_level_by_level_and_pays_the_fee_on_top(market: Market) -> None:
    placed = market.place("BUY", 0.53, dollars=78.50, kind="FAK")
    prices = [(trade.taker.price, trade.taker.size) for trade in placed.trades]
    assert prices == [(shares(0.52), shares(100)), (shares(0.53), shares(50))]
    market.exchange.advance(LATER)
    fees = charged_fee(shares(100), 0.52, 0.05, 1.0) + charged_fee(shares(50), 0.53, 0.05, 1.0)
    assert market.exchange.account("0xa").cash == shares(1000) - shares(78.50) - fees
    assert market.exchange.account("0xa").holdings[YES] == shares(650)


def test_a_buy_within_the_limit_gets_more_shares_when_the_book_is_better(market: Market) -> None:
    placed = market.place("BUY", 0.90, dollars=52, kind="FOK")
    assert placed.trades[0].taker.size == shares(100)
    assert placed.order.size < shares(100)


def test_shares_bought_can_only_be_sold_once_they_are_mined() -> None:
    market = Market()
    market.fund()
    market.place("BUY", 0.52, dollars=52, kind="FAK")
    with pytest.raises(Refused, match="not enough balance / allowance: the balance is not enough -> balance: 0"):
        market.place("SELL", 0.48, 10, kind="FAK")
    market.place("SELL", 0.48, 10, kind="FAK", at=LATER)


def test_dollars_of_a_match_are_held_before_they_are_moved(market: Market) -> None:
    market.place("BUY", 0.52, dollars=52, kind="FAK")
    account = market.exchange.account("0xa")
    assert account.cash == shares(1000)
    assert account.available("") < shares(948)


def test_a_fok_that_cannot_be_filled_is_killed_and_takes_nothing(market: Market) -> None:
    with pytest.raises(Refused, match="FOK orders are fully filled or killed"):
        market.place("SELL", 0.48, 101, kind="FOK")
    assert market.exchange.shown(YES, NOW) == market.quotes.book
    assert market.exchange.trades == {}


def test_a_fak_with_nothing_to_match_is_refused(market: Market) -> None:
    with pytest.raises(Refused, match="no orders found to match with FAK order"):
        market.place("BUY", 0.51, dollars=10, kind="FAK")


def test_a_fak_takes_what_there_is_and_lets_the_rest_go(market: Market) -> None:
    placed = market.place("SELL", 0.48, 150, kind="FAK")
    assert placed.order.matched == shares(100)
    assert placed.order.status is OrderStatus.MATCHED
    assert market.exchange.open_orders("key-0xa") == []


def test_depth_that_was_taken_stays_gone_for_a_while(market: Market) -> None:
    market.place("SELL", 0.48, 60, kind="FAK")
    shown = market.exchange.shown(YES, NOW)
    assert shown is not None
    assert shown.bids[0] == (shares(0.48), shares(40))
    mirrored = market.exchange.shown(NO, NOW)
    assert mirrored is not None
    assert mirrored.asks[0] == (shares(0.52), shares(40))
    assert market.exchange.shown(YES, LATER) == market.quotes.book


def test_a_resting_order_waits_its_turn_behind_the_world_and_is_met_at_its_price(market: Market) -> None:
    resting = market.place("BUY", 0.48, 50, account="0xb")
    assert resting.order.status is OrderStatus.LIVE
    placed = market.place("SELL", 0.47, 120, account="0xa", kind="FAK")
    assert [trade.taker.price for trade in placed.trades] == [shares(0.48)]
    makers = placed.trades[0].makers
    assert [(leg.account, leg.size) for leg in makers] == [("", shares(100)), ("0xb", shares(20))]
    assert market.exchange.orders[resting.order.order_id].rest == shares(30)


def test_two_buyers_of_opposite_outcomes_are_matched_by_minting(market: Market) -> None:
    market.place("BUY", 0.51, 40, account="0xb", token=NO)
    placed = market.place("BUY", 0.50, 40, account="0xa", token=YES)
    assert [trade.taker.price for trade in placed.trades] == [shares(0.49)]
    maker = placed.trades[0].makers[0]
    assert (maker.account, maker.token_id, maker.price, maker.fee) == ("0xb", NO, shares(0.51), 0)
    assert placed.order.status is OrderStatus.MATCHED
    market.exchange.advance(LATER)
    assert market.exchange.account("0xa").holdings[YES] == shares(540)
    assert market.exchange.account("0xb").holdings[NO] == shares(540)
    assert market.exchange.account("0xb").cash == shares(1000 - 40 * 0.51)


def test_nobody_trades_with_himself(market: Market) -> None:
    market.place("SELL", 0.51, 10)
    assert market.place("BUY", 0.51, 10).trades == ()


def test_a_resting_order_is_filled_when_the_world_moves_through_it(market: Market) -> None:
    placed = market.place("BUY", 0.50, 30)
    market.quotes.book = Depth(rungs((0.44, 100)), rungs((0.49, 20), (0.52, 100)))
    market.exchange.advance(NOW + 1 * SECOND)
    assert placed.order.matched == shares(20)
    trade = next(iter(market.exchange.trades.values()))
    assert (trade.makers[0].price, trade.makers[0].fee, trade.taker.account) == (shares(0.50), 0, "")
    market.exchange.advance(NOW + 2 * SECOND)
    assert placed.order.matched == shares(20)


def test_open_orders_reserve_what_they_may_cost(market: Market) -> None:
    market.place("BUY", 0.40, 2000)
    with pytest.raises(Refused, match="balance: 200000000, order amount: 400000000"):
        market.place("BUY", 0.40, 1000)
    market.exchange.cancel("key-0xa", [order.order_id for order in market.exchange.open_orders("key-0xa")], NOW)
    market.place("BUY", 0.40, 1000)


def test_a_cancel_says_what_it_did_and_what_it_did_not(market: Market) -> None:
    placed = market.place("BUY", 0.40, 10)
    order_id = placed.order.order_id
    assert market.exchange.cancel("key-0xb", [order_id], NOW)[0] == []
    assert market.exchange.cancel("key-0xa", [order_id, "0x1"], NOW) == (
        [order_id],
        {"0x1": "order can't be found - already canceled or matched"},
    )


def test_the_same_order_twice_is_a_duplicate(market: Market) -> None:
    order = market.order("BUY", 0.40, 10)
    market.exchange.place(order, NOW)
    with pytest.raises(Refused, match=rf"order {order.order_id} is invalid. Duplicated."):
        market.exchange.place(order, NOW)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"side": "BUY", "price": 0.405, "size": 10}, r"Price \(0.405\) breaks minimum tick size rule: 0.01"),
        ({"side": "BUY", "price": 0.40, "size": 4}, r"Size \(4\) lower than the minimum: 5"),
        (
            {"side": "BUY", "price": 0.53, "dollars": 0.98, "kind": "FAK"},
            r"marketable BUY order \(\$0.98\), min size: \$1",
        ),
        ({"side": "BUY", "price": 0.53, "size": 10, "post_only": True}, "post-only order: order crosses book"),
        ({"side": "SELL", "price": 0.48, "size": 10.005, "kind": "FAK"}, "max accuracy of 2 decimals"),
        ({"side": "BUY", "price": 0.40, "size": 10, "kind": "GTD", "expiration": NOW + 1000}, "invalid expiration"),
        ({"side": "BUY", "price": 0.40, "size": 10, "expiration": NOW + 1000}, "invalid expiration"),
        ({"side": "BUY", "price": 0.40, "size": 10, "at": NOW + 4_000_000}, "No orderbook exists"),
        ({"side": "BUY", "price": 0.40, "size": 10, "token": "3"}, "No orderbook exists"),
    ],
)
def test_orders_that_break_a_rule_are_refused_in_the_venue_s_words(
    market: Market, terms: dict[str, object], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        market.place(**terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"is_banned": True}, "'0xa' address banned"),
        ({"closed_only": True}, "'0xa' address in closed only mode"),
        ({"default_allowance": 3_000_000}, "the allowance is not enough -> spender: , allowance: 3000000"),
    ],
)
def test_an_account_that_may_not_trade_is_told_so(market: Market, state: dict[str, object], words: str) -> None:
    for name, value in state.items():
        setattr(market.exchange.account("0xa"), name, value)
    with pytest.raises(Refused, match=words):
        market.place("BUY", 0.40, 10)


def test_closing_is_open_to_an_account_that_may_only_close(market: Market) -> None:
    market.exchange.account("0xa").closed_only = True
    assert market.place("SELL", 0.48, 10, kind="FAK").trades


def test_shares_need_an_approval_of_their_own(market: Market) -> None:
    market.exchange.account("0xa").refused_operators.add("")
    with pytest.raises(Refused, match="the allowance is not enough"):
        market.place("SELL", 0.48, 10)


def test_a_market_that_has_not_opened_is_not_ready() -> None:
    market = Market(dataclasses.replace(LISTING, opens_at=NOW + SECOND))
    market.fund()
    with pytest.raises(Refused, match="the market is not yet ready to process new orders"):
        market.place("BUY", 0.40, 10)


def test_a_venue_that_wants_deposit_wallets_refuses_plain_keys() -> None:
    market = Market(options=ExchangeOptions(require_deposit_wallet=True))
    market.fund()
    with pytest.raises(Refused, match="please use the deposit wallet flow"):
        market.place("BUY", 0.40, 10)


def test_a_draw_pays_both_outcomes_half(market: Market) -> None:
    market.quotes.ends = (shares(0.5), shares(0.5))
    redemption = market.exchange.redeem("0xa", LISTING.condition_id, NOW)
    market.exchange.advance(LATER)
    assert redemption.cash == shares(500)


def test_orders_of_a_market_that_closes_are_taken_off(market: Market) -> None:
    order = market.place("BUY", 0.40, 10).order
    market.exchange.advance(NOW + 3_600_000)
    assert (order.status, order.cause) == (OrderStatus.CANCELED, "market closed")


def test_a_gtd_order_is_taken_off_a_minute_before_it_expires(market: Market) -> None:
    placed = market.place("BUY", 0.40, 10, kind="GTD", expiration=NOW + 180 * SECOND)
    market.exchange.advance(NOW + 119 * SECOND)
    assert placed.order.is_open
    market.exchange.advance(NOW + 120 * SECOND)
    assert placed.order.status is OrderStatus.CANCELED


def test_a_taker_delay_holds_an_order_that_would_match_and_lets_others_rest() -> None:
    market = Market(dataclasses.replace(LISTING, taker_delay=150))
    market.fund()
    assert market.place("BUY", 0.40, 10).order.status is OrderStatus.LIVE
    placed = market.place("BUY", 0.52, dollars=10, kind="FAK")
    assert placed.order.status is OrderStatus.DELAYED
    assert market.exchange.cancel("key-0xa", [placed.order.order_id], NOW)[0] == []
    market.exchange.advance(NOW + 150)
    assert placed.order.status is OrderStatus.MATCHED
    assert len(market.exchange.trades) == 1


def test_a_delayed_order_whose_offers_are_gone_is_unmatched() -> None:
    market = Market(dataclasses.replace(LISTING, taker_delay=150))
    market.fund()
    placed = market.place("BUY", 0.52, dollars=10, kind="FAK")
    market.quotes.book = Depth(rungs((0.48, 10)), rungs((0.60, 10)))
    market.exchange.advance(NOW + 150)
    assert placed.order.status is OrderStatus.UNMATCHED


def test_a_trade_is_matched_then_mined_then_confirmed(market: Market) -> None:
    trade = market.place("BUY", 0.52, dollars=10, kind="FAK").trades[0]
    seen = [trade.status]
    for at in range(NOW, LATER, 100):
        market.exchange.advance(at)
        if trade.status is not seen[-1]:
            seen.append(trade.status)
    assert seen == [TradeStatus.MATCHED, TradeStatus.MINED, TradeStatus.CONFIRMED]
    assert trade.transaction


def test_a_ghost_fill_fails_and_moves_nothing() -> None:
    market = Market(options=ExchangeOptions(fail_probability=1.0))
    market.fund()
    trade = market.place("BUY", 0.52, dollars=10, kind="FAK").trades[0]
    market.exchange.advance(LATER)
    assert trade.status is TradeStatus.FAILED
    assert market.exchange.account("0xa").available("") == market.exchange.account("0xa").cash == shares(1000)


def test_a_retried_trade_settles_late_and_once() -> None:
    market = Market(options=ExchangeOptions(retry_probability=1.0))
    market.fund()
    trade = market.place("BUY", 0.52, dollars=10, kind="FAK").trades[0]
    seen = {trade.status}
    for at in range(NOW, LATER, 100):
        market.exchange.advance(at)
        seen.add(trade.status)
    assert TradeStatus.RETRYING in seen
    assert trade.status is TradeStatus.CONFIRMED
    assert market.exchange.account("0xa").holdings[YES] == trade.taker.size


def test_a_resolved_market_pays_winners_once(market: Market) -> None:
    with pytest.raises(Refused, match="not received yet"):
        market.exchange.redeem("0xa", LISTING.condition_id, NOW)
    market.quotes.ends = (shares(1), 0)
    first = market.exchange.redeem("0xa", LISTING.condition_id, NOW)
    second = market.exchange.redeem("0xa", LISTING.condition_id, NOW)
    market.exchange.advance(LATER)
    assert {first.cash, second.cash} == {shares(500), 0}
    assert market.exchange.account("0xa").cash == shares(1500)
    assert market.exchange.account("0xa").holdings == {}


def test_a_heart_that_stops_beating_loses_every_open_order(market: Market) -> None:
    placed = market.place("BUY", 0.40, 10)
    beats = market.exchange.heartbeats
    first = beats.beat("key-0xa", "", NOW)
    assert first is not None
    assert beats.beat("key-0xa", "wrong", NOW + 1) is None
    market.exchange.advance(NOW + 9 * SECOND)
    assert placed.order.is_open
    assert beats.beat("key-0xa", first, NOW + 9 * SECOND)
    market.exchange.advance(NOW + 18 * SECOND)
    assert placed.order.is_open
    market.exchange.advance(NOW + 19 * SECOND)
    assert placed.order.status is OrderStatus.CANCELED
    assert beats.expected("key-0xa") == ""
    assert beats.beat("key-0xa", "", NOW + 30 * SECOND) not in (None, first)


def test_money_is_conserved_between_accounts(market: Market) -> None:
    market.place("SELL", 0.51, 50, account="0xb")
    market.place("BUY", 0.51, 50, account="0xa")
    market.exchange.advance(LATER)
    a, b = market.exchange.account("0xa"), market.exchange.account("0xb")
    assert a.cash + b.cash == shares(2000) - charged_fee(shares(50), 0.51, 0.05, 1.0)
    assert a.holdings[YES] + b.holdings[YES] == shares(1000)
    assert a.held == b.held == {}
