"""Orders from signing to their proven end, at a venue that loses answers, books late and settles when it likes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from copytrade_live.core.events import (
    AccountObserved,
    ConditionObserved,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderSigned,
    OrderUnknown,
)
from copytrade_live.core.market import MICRO, SECOND, Instant, Side
from copytrade_live.core.reasons import Condition
from copytrade_live.core.state import initial_state
from copytrade_live.ports import PostRefused, VenueRestriction, VenueTrade
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from tests.live.exchange_venue import WALLET, ExchangeVenue
from tests.live.stage import Stage, until
from tests.sandbox.exchange.stub_quotes import NOW, YES


def filled(stage: Stage) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for event in stage.record.of(OrderFilled):
        sizes[event.fill.order_id] = sizes.get(event.fill.order_id, 0) + event.fill.size
    return sizes


def test_an_order_is_signed_committed_sent_once_filled_and_confirmed() -> None:
    stage = Stage()

    async def act() -> None:
        stage.place(stage.order())
        await until(lambda: bool(stage.record.of(FillConfirmed)), stage.clock)

    stage.play(act)
    kinds = [type(event) for event in stage.record.events if not isinstance(event, ConditionObserved | AccountObserved)]
    assert kinds[:3] == [OrderSigned, OrderAccepted, OrderFilled]
    assert [order_id for _, order_id in stage.venue.posted] == ["s1-1"]
    assert filled(stage) == stage.own_fills() == {"s1-1": 20 * MICRO}
    account = stage.exchange.account("0xa")
    assert stage.record.state.portfolio.cash == account.cash - 1000 * MICRO
    assert stage.record.state.portfolio.positions[YES].size == account.holdings[YES]
    assert stage.working == []


def test_what_rests_too_long_is_cancelled_and_only_then_expired_with_the_book_of_that_moment() -> None:
    stage = Stage()

    async def act() -> None:
        stage.place(stage.order(limit=0.40))
        await until(lambda: not stage.working, stage.clock)
        assert stage.exchange.open_orders("key") == []

    stage.play(act)
    (expired,) = stage.record.of(OrderExpired)
    assert expired.book is not None
    assert 18 * SECOND <= expired.observed_at - NOW <= 19 * SECOND
    assert stage.venue.cancels[0][0] >= NOW + 15 * SECOND


def test_an_order_whose_answer_was_lost_is_found_and_never_sent_again() -> None:
    stage = Stage()
    stage.venue.mood.posts = ["lost"]

    async def act() -> None:
        stage.place(stage.order())
        await until(lambda: not stage.working, stage.clock)

    stage.play(act)
    assert stage.record.of(OrderUnknown)
    assert filled(stage) == stage.own_fills() == {"s1-1": 20 * MICRO}
    assert len(stage.venue.posted) == 1


def test_an_order_that_never_arrived_is_given_up_only_after_a_minute_of_silence() -> None:
    stage = Stage()
    stage.venue.mood.posts = ["dropped"]

    async def act() -> None:
        stage.place(stage.order())
        await until(lambda: bool(stage.record.of(OrderUnknown)), stage.clock)
        await asyncio.sleep(59.0)
        assert stage.working == ["s1-1"]
        await until(lambda: not stage.working, stage.clock)

    stage.play(act)
    assert len(stage.record.of(OrderNotPlaced)) == 1
    began = stage.venue.posted[0][0]
    assert [round((at - began) / SECOND) for at, _ in stage.venue.cancels] == [0, 2, 5, 15, 60]


@pytest.mark.parametrize("late", [1.0, 7.0, 40.0, 59.0])
def test_an_order_that_arrives_late_is_cancelled_or_its_fills_adopted(late: float) -> None:
    stage = Stage()
    stage.venue.mood.posts, stage.venue.mood.late_seconds = ["late", "late"], late

    async def act() -> None:
        stage.place(stage.order(1, limit=0.53))
        stage.place(stage.order(2, limit=0.40))
        await until(lambda: not stage.working, stage.clock)
        await asyncio.sleep(60.0)
        assert stage.exchange.open_orders("key") == []

    stage.play(act)
    assert filled(stage) == stage.own_fills() == {"s1-1": 20 * MICRO}


def test_an_order_that_is_booked_after_it_was_given_up_is_still_cancelled_and_its_fill_still_counted() -> None:
    stage = Stage()
    stage.venue.mood.posts, stage.venue.mood.late_seconds = ["late", "late"], 100.0

    async def act() -> None:
        stage.place(stage.order(1, limit=0.53))
        stage.place(stage.order(2, limit=0.40))
        await until(lambda: not stage.working, stage.clock)
        await asyncio.sleep(120.0)
        assert stage.exchange.open_orders("key") == []

    stage.play(act)
    assert len(stage.record.of(OrderNotPlaced)) == 2
    assert filled(stage) == stage.own_fills() == {"s1-1": 20 * MICRO}


def test_failed_cancels_and_looks_prove_nothing() -> None:
    stage = Stage()
    stage.venue.mood.posts = ["dropped"]
    stage.venue.mood.cancels_fail = 5

    async def act() -> None:
        stage.place(stage.order())
        await asyncio.sleep(80.0)
        assert stage.working == ["s1-1"]
        await until(lambda: not stage.working, stage.clock)

    stage.play(act)
    assert len(stage.record.of(OrderNotPlaced)) == 1


def test_a_refusal_ends_the_order_and_a_restriction_is_told_and_lifted() -> None:
    stage = Stage()
    stage.venue.mood.posts = [
        PostRefused(code="restarting", message="", restriction=VenueRestriction.RESTARTING, retry_after=20.0)
    ]

    async def act() -> None:
        stage.place(stage.order(1))
        await until(lambda: not stage.working, stage.clock)
        # An exit waits for its turn instead of knocking again and again.
        stage.place(stage.order(2, limit=0.53, expires_at=stage.clock.now() + 30 * SECOND))
        await until(lambda: not stage.working, stage.clock)
        await asyncio.sleep(2.0)

    stage.play(act)
    told = [event.is_ok for event in stage.record.of(ConditionObserved) if event.kind is Condition.VENUE_RESTRICTED]
    assert told == [True, False, True]
    assert [event.code for event in stage.record.of(OrderRefusedByVenue)] == ["restarting"]
    first, second = (at for at, _ in stage.venue.posted)
    assert second - first >= 20 * SECOND


def test_a_match_that_fails_is_voided_once_and_nothing_is_bought_again() -> None:
    stage = Stage(options=ExchangeOptions(fail_probability=1.0))

    async def act() -> None:
        stage.place(stage.order())
        await until(lambda: bool(stage.record.of(FillVoided)), stage.clock)
        await asyncio.sleep(60.0)

    stage.play(act)
    assert len(stage.record.of(FillVoided)) == len(stage.record.of(OrderFilled)) == 1
    assert stage.record.state.portfolio.positions == {}
    assert stage.record.state.portfolio.cash == 0
    assert len(stage.venue.posted) == 1


@pytest.mark.parametrize("mood", ["ok", "lost", "dropped", "late"])
@pytest.mark.parametrize("after", [0.0, 0.03, 0.2, 3.0, 20.0])
def test_a_crash_at_any_moment_neither_loses_a_fill_nor_sends_a_second_order(mood: str, after: float) -> None:
    stage = Stage()
    stage.venue.mood.posts = [mood, mood]

    async def act() -> None:
        stage.place(stage.order(1, limit=0.53))
        stage.place(stage.order(2, limit=0.40))
        await asyncio.sleep(after)
        await stage.crash()
        await until(lambda: not stage.working, stage.clock)
        await asyncio.sleep(30.0)
        assert stage.exchange.open_orders("key") == []

    stage.play(act)
    assert filled(stage) == stage.own_fills()
    assert len({order_id for _, order_id in stage.venue.posted}) == len(stage.venue.posted)


def test_an_order_that_was_decided_long_before_a_restart_is_not_sent_after_it() -> None:
    stage = Stage()

    async def act() -> None:
        late = stage.order(1, submitted_at=NOW - 60 * SECOND, expires_at=NOW - 45 * SECOND)
        stage.record.work(late)
        await stage.crash()
        await until(lambda: not stage.working, stage.clock)

    stage.play(act)
    assert stage.venue.posted == []
    assert len(stage.record.of(OrderNotPlaced)) == 1


def test_orders_wait_for_no_other_order() -> None:
    stage = Stage()
    stage.venue.mood.post_seconds = 9.0

    async def act() -> None:
        for number in range(1, 5):
            stage.place(stage.order(number, size=5 * MICRO))
        await asyncio.sleep(0.5)
        assert len(stage.venue.posted) == 4

    stage.play(act)


def test_entries_are_held_to_the_ceiling_and_an_exit_is_not() -> None:
    stage = Stage()
    stage.exchange.account("0xa").give(YES, 100 * MICRO)

    async def act() -> None:
        for number in range(1, 31):
            stage.place(stage.order(number, size=5 * MICRO, limit=0.40))
        from copytrade_live.core.market import Side
        from copytrade_live.core.reasons import ExitReason

        stage.place(stage.order(99, side=Side.SELL, limit=0.60, exit_reason=ExitReason.STOP_LOSS))
        await asyncio.sleep(0.9)
        sent = [order_id for _, order_id in stage.venue.posted]
        assert "s99-1" in sent
        assert len(sent) <= 1 + 2 * 5

    stage.play(act)


def test_an_order_that_is_stopped_by_the_commit_of_its_signature_is_not_sent() -> None:
    stage = Stage()

    async def act() -> None:
        heard = stage.record.listener

        def stop(event: JournalEvent) -> None:
            heard(event)
            if isinstance(event, OrderSigned):
                stage.executor.cancel(event.order_id)

        stage.record.listener = stop
        stage.place(stage.order())
        await until(lambda: not stage.working, stage.clock)

    stage.play(act)
    assert stage.venue.posted == []
    assert len(stage.record.of(OrderNotPlaced)) == 1


def test_what_would_replace_an_order_while_the_runner_ends_is_not_sent() -> None:
    stage = Stage()

    async def act() -> None:
        stage.place(stage.order(1, limit=0.10))
        await until(lambda: bool(stage.record.of(OrderAccepted)), stage.clock)
        ending = asyncio.create_task(stage.executor.end(cancels=True))
        await asyncio.sleep(0.01)
        stage.place(stage.order(2, limit=0.10))
        await ending

    stage.play(act)
    assert [order_id for _, order_id in stage.venue.posted] == ["s1-1"]
    assert stage.working == []


class ForgetfulVenue(ExchangeVenue):
    """Does not tell the terms of any market any more, so what a taker paid in fees is not in its trades."""

    async def trades(self, *, after: Instant) -> list[VenueTrade]:
        return [_without_fee(trade) for trade in await super().trades(after=after)]


def _without_fee(trade: VenueTrade) -> VenueTrade:
    fee = trade.fee or 0
    return replace(trade, fee=None, cash=trade.cash - fee if trade.side is Side.BUY else trade.cash + fee)


def forgetful_stage() -> Stage:
    stage = Stage()
    stage.venue = ForgetfulVenue(stage.exchange, stage.clock)
    stage.executor = stage.make()
    return stage


def test_what_a_market_that_is_not_told_any_more_took_is_known_from_our_own_order() -> None:
    stage = forgetful_stage()
    stage.venue.mood.posts, stage.venue.mood.late_seconds = ["lost", "late"], 100.0

    async def act() -> None:
        stage.place(stage.order(1))
        await until(lambda: bool(stage.venue.posted), stage.clock)
        await stage.crash()
        # Its fill comes when the order is over.
        stage.place(stage.order(2))
        await until(lambda: len(filled(stage)) == 2, stage.clock)
        await asyncio.sleep(60.0)

    stage.play(act)
    assert filled(stage) == stage.own_fills() == {"s1-1": 20 * MICRO, "s2-1": 20 * MICRO}
    assert all(one.fill.fee > 0 for one in stage.record.of(OrderFilled))
    assert -stage.record.state.portfolio.cash == 1000 * MICRO - stage.exchange.account(WALLET).cash
    assert "look" not in stage.health.failures


def test_a_fill_of_an_order_that_nobody_remembers_is_kept_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    stage = forgetful_stage()
    stage.venue.mood.posts, stage.venue.mood.late_seconds = ["late"], 20.0

    async def act() -> None:
        stage.place(stage.order())
        await until(lambda: bool(stage.venue.posted), stage.clock)
        stage.record.state = initial_state()
        await asyncio.sleep(120.0)

    with caplog.at_level("WARNING"):
        stage.play(act)
    (kept,) = stage.record.of(OrderFilled)
    assert (kept.fill.size, kept.fill.fee) == (20 * MICRO, 0)
    (told,) = [one for one in caplog.messages if "fees are not told" in one]
    assert kept.fill.trade_id in told
    assert "look" not in stage.health.failures
