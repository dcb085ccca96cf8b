"""Every point at which a fault or a simulation can make the exchange misbehave."""

from __future__ import annotations

import pytest

from copytrade_live.core.market import SECOND, Instant, Micro
from copytrade_live.sandbox.exchange.mishaps import Delay, DelayEnd, Mishaps, RedemptionFate, VenueCancel
from copytrade_live.sandbox.exchange.options import Fate
from copytrade_live.sandbox.exchange.redeeming import Redemption, RedemptionState
from copytrade_live.sandbox.exchange.terms import NewOrder, Order, OrderStatus, Refused, Trade, TradeStatus
from tests.sandbox.exchange.stub_quotes import LISTING, NOW, YES, Market, shares

LATER = NOW + 120 * SECOND


class Scripted(Mishaps):
    """Misbehaves as its fields say."""

    share: float = 1.0
    missing: Micro = 0
    held_back: Delay | None = None
    ends: Fate | None = None
    taken_off: VenueCancel | None = None
    pays: RedemptionFate = RedemptionFate.PAYS
    closed: bool = False

    def refuse(self, order: NewOrder, now: Instant) -> None:
        if self.closed:
            raise Refused(503, "Trading is currently disabled. Check polymarket.com for updates")

    def depth_share(self, order: Order) -> float:
        return self.share

    def dust(self, order: Order) -> Micro:
        return self.missing

    def delay(self, order: Order) -> Delay | None:
        return self.held_back

    def fate(self, trade: Trade, planned: Fate) -> Fate:
        return self.ends or planned

    def venue_cancel(self, order: Order) -> VenueCancel | None:
        return self.taken_off

    def redemption(self, redemption: Redemption) -> RedemptionFate:
        return self.pays


@pytest.fixture
def script() -> Scripted:
    return Scripted()


@pytest.fixture
def market(script: Scripted) -> Market:
    made = Market()
    made.exchange.mishaps = script
    made.fund(yes=500)
    return made


def test_thin_depth_fills_in_part(market: Market, script: Scripted) -> None:
    script.share = 0.25
    assert market.place("SELL", 0.48, 100, kind="FAK").order.matched == shares(25)


def test_a_fill_short_by_dust_ends_the_order(market: Market, script: Scripted) -> None:
    script.missing = 10_000
    order = market.place("SELL", 0.48, 100).order
    assert (order.matched, order.status) == (shares(99.99), OrderStatus.MATCHED)
    assert market.exchange.open_orders("key-0xa") == []


@pytest.mark.parametrize(
    ("end", "kind", "status"),
    [
        (DelayEnd.MATCHED, "FAK", OrderStatus.MATCHED),
        (DelayEnd.UNMATCHED, "FAK", OrderStatus.UNMATCHED),
        (DelayEnd.UNMATCHED, "GTC", OrderStatus.LIVE),
        (DelayEnd.KILLED, "GTC", OrderStatus.CANCELED),
    ],
)
def test_a_delayed_order_comes_out_as_it_is_told(
    market: Market, script: Scripted, end: DelayEnd, kind: str, status: OrderStatus
) -> None:
    script.held_back = Delay(3 * SECOND, end)
    order = market.place("SELL", 0.48, 10, kind=kind, at=NOW + 1).order
    market.exchange.advance(NOW + 2 * SECOND)
    assert order.status is OrderStatus.DELAYED
    market.exchange.advance(NOW + 3 * SECOND + 1)
    assert order.status is status


def test_a_reorganised_match_is_mined_taken_back_and_fails(market: Market, script: Scripted) -> None:
    script.ends = Fate(mined_after=2 * SECOND, final_after=10 * SECOND, fails=True, reorgs=True)
    trade = market.place("SELL", 0.48, 100, kind="FAK").trades[0]
    account = market.exchange.account("0xa")
    market.exchange.advance(NOW + 2 * SECOND)
    assert (trade.status, account.holdings[YES]) == (TradeStatus.MINED, shares(400))
    first = trade.transaction
    market.exchange.advance(NOW + 6 * SECOND)
    assert (trade.status, account.holdings[YES], account.available(YES)) == (
        TradeStatus.RETRYING,
        shares(500),
        shares(400),
    )
    assert trade.transaction != first
    market.exchange.advance(NOW + 10 * SECOND)
    assert (trade.status, account.cash, account.available(YES)) == (TradeStatus.FAILED, shares(1000), shares(500))


def test_the_venue_takes_a_resting_order_off_by_itself(market: Market, script: Scripted) -> None:
    script.taken_off = VenueCancel(5 * SECOND, "CANCELED_NOT_ENOUGH_BALANCE")
    order = market.place("BUY", 0.40, 10).order
    market.exchange.advance(NOW + 5 * SECOND)
    assert (order.status, order.cause) == (OrderStatus.CANCELED, "CANCELED_NOT_ENOUGH_BALANCE")


@pytest.mark.parametrize(
    ("fate", "state"),
    [
        (RedemptionFate.PAYS, RedemptionState.PAID),
        (RedemptionFate.FAILS, RedemptionState.FAILED),
        (RedemptionFate.SILENT, RedemptionState.PENDING),
    ],
)
def test_a_redemption_pays_fails_or_stays_silent(
    market: Market, script: Scripted, fate: RedemptionFate, state: RedemptionState
) -> None:
    script.pays, market.quotes.ends = fate, (shares(1), 0)
    redemption = market.exchange.redeem("0xa", LISTING.condition_id, NOW)
    market.exchange.advance(LATER)
    assert redemption.state is state
    assert market.exchange.account("0xa").cash == shares(1500 if state is RedemptionState.PAID else 1000)


def test_an_order_can_be_turned_away_before_anything_else(market: Market, script: Scripted) -> None:
    script.closed = True
    with pytest.raises(Refused) as refused:
        market.place("BUY", 0.40, 10)
    assert refused.value.status == 503
