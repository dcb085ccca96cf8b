"""Orders whose fate is unknown, fills that come late, and what is told of orders that are not ours."""

from __future__ import annotations

from dataclasses import replace

from copytrade_live.core.engine import CancelOrder, PlaceOrder
from copytrade_live.core.events import (
    CancelDecided,
    FillConfirmed,
    HaltTripped,
    LeaderFillVoided,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderNotPlaced,
    OrderReposted,
    OrderSigned,
    OrderUnknown,
    SignalRejected,
    Verb,
)
from copytrade_live.core.market import HOUR, MICRO
from copytrade_live.core.portfolio import OrderStatus
from copytrade_live.core.portfolio_fold import REMEMBERED
from copytrade_live.core.reasons import AbandonReason, HaltReason, RejectReason
from tests.builders import (
    NO,
    NOW,
    at,
    book,
    config,
    leader_fill,
)
from tests.core.copy_story import (
    command,
    confirmed,
    copied,
    facts,
    fill,
    filled,
    held_position,
    holding,
    leaving,
    run,
    voided,
)


def test_an_order_of_unknown_fate_keeps_its_reservation_and_blocks_its_market() -> None:
    entry, working = copied()
    signed = OrderSigned(**at(NOW + 1), order_id=entry.order_id, venue_order_id="0xhash")
    lost = OrderUnknown(**at(NOW + 2), order_id=entry.order_id, cause="timeout")
    state = run([signed, lost], working).state
    unknown = state.portfolio.working[entry.order_id]
    assert (unknown.status, unknown.venue_order_id) == (OrderStatus.UNKNOWN, "0xhash")
    assert state.portfolio.reserved == working.portfolio.reserved > 0
    refused = run([leader_fill(NOW + 3000, signal_id="f2")], state)
    assert facts(refused, SignalRejected)[0].reason is RejectReason.UNKNOWN_ORDER
    found = run([OrderAccepted(**at(NOW + 4000), order_id=entry.order_id)], state).state
    assert not found.portfolio.unknown_orders
    gone = run([OrderNotPlaced(**at(NOW + 60_000), order_id=entry.order_id)], state)
    assert facts(gone, OrderAbandoned)[0].reason is AbandonReason.NOT_PLACED
    assert gone.state.portfolio.reserved == 0


def test_an_order_of_unknown_fate_that_ends_is_not_posted_again() -> None:
    entry, working = copied()
    lost = OrderUnknown(**at(NOW + 2), order_id=entry.order_id, cause="timeout")
    ended = OrderExpired(**at(NOW + 15_000), order_id=entry.order_id, book=book())
    assert facts(run([lost, ended], working), OrderAbandoned)[0].reason is AbandonReason.UNCERTAIN


def test_too_many_unknown_orders_halt_entries() -> None:
    entry, working = copied()
    lost = OrderUnknown(**at(NOW + 2), order_id=entry.order_id, cause="timeout")
    halted = run([lost], working, config(risk={"max_unknown_orders": 1}))
    (fact,) = facts(halted, HaltTripped)
    assert (fact.reason, fact.measured, fact.limit) == (HaltReason.UNKNOWN_ORDERS, 1.0, 1.0)
    assert facts(halted, CancelDecided)[0].reason is AbandonReason.HALTED


def test_a_late_fill_is_adopted_and_ends_what_works_in_its_place() -> None:
    entry, working = copied()
    first = OrderExpired(**at(NOW + 15_000), order_id=entry.order_id, book=book())
    reposted = run([first], working)
    (repost,) = facts(reposted, OrderReposted)
    late = run([filled(entry, NOW + 16_000, shares=30.0)], reposted.state)
    assert held_position(late.state).coming == 30 * MICRO
    assert late.intents == (CancelOrder(order_id=repost.order.order_id),)
    assert late.state.portfolio.working[repost.order.order_id].reserved > 0
    over = OrderExpired(**at(NOW + 17_000), order_id=repost.order.order_id, book=None)
    assert facts(run([over], late.state), OrderAbandoned)[0].reason is AbandonReason.OVERTAKEN


def test_a_late_fill_of_a_copy_that_was_left_has_exits_with_new_ids() -> None:
    entry, working = copied()
    part = run([filled(entry, shares=30.0, is_final=True)], working).state
    ended = run([OrderExpired(**at(NOW + 15_000), order_id=entry.order_id, book=None)], part).state
    sell, state = leaving(ended)
    left = run([filled(sell, NOW + HOUR + 500, is_final=True)], state).state
    assert not left.portfolio.positions
    late = run([filled(entry, NOW + HOUR + 900, shares=10.0, number=2, is_final=True)], left).state
    again, _ = leaving(late, NOW + 2 * HOUR)
    assert again.order_id != sell.order_id


def test_an_order_is_remembered_for_hours_and_a_fill_of_a_forgotten_one_halts() -> None:
    entry, working = copied()
    ended = run([OrderExpired(**at(NOW + 15_000), order_id=entry.order_id, book=None)], working).state
    assert entry.order_id in ended.portfolio.retired
    reopened = leader_fill(NOW + 1000, signal_id="f2")
    taken = run([reopened], ended)
    (other,) = (intent.order for intent in taken.intents if isinstance(intent, PlaceOrder))
    much_later = NOW + REMEMBERED + HOUR
    gone = run([OrderExpired(**at(much_later), order_id=other.order_id, book=None)], taken.state).state
    assert set(gone.portfolio.retired) == {other.order_id}
    strange = run([filled(entry, much_later + 1)], gone)
    assert facts(strange, HaltTripped)[0].reason is HaltReason.STRANGE_FILL
    assert strange.state.portfolio == gone.portfolio


def test_what_is_said_of_orders_and_positions_we_do_not_know_changes_nothing() -> None:
    _, state = holding()
    strangers = [
        OrderSigned(**at(NOW + HOUR), order_id="x", venue_order_id="0x"),
        OrderUnknown(**at(NOW + HOUR), order_id="x", cause="timeout"),
        OrderNotPlaced(**at(NOW + HOUR), order_id="x"),
        OrderAbandoned(**at(NOW + HOUR), order_id="x", reason=AbandonReason.REFUSED, rest=0),
        FillConfirmed(**at(NOW + HOUR), fill_id="x", order_id="x"),
        command(Verb.CLOSE_POSITION, NOW + HOUR, argument=NO),
        command(Verb.RELOAD, NOW + HOUR),
        LeaderFillVoided(**at(NOW + HOUR), signal_id="x", cause="reverted"),
    ]
    assert run(strangers, state).state.portfolio == state.portfolio


def test_shares_sold_that_the_books_do_not_hold_still_bring_their_cash() -> None:
    _, state = holding()
    sell, working = leaving(state)
    emptied = replace(working, portfolio=replace(working.portfolio, positions={}))
    at_once = run([filled(sell, NOW + HOUR + 1, is_final=True)], emptied).state
    later = run([filled(sell, NOW + HOUR + 1), confirmed(sell, NOW + HOUR + 2)], emptied).state
    assert at_once.portfolio.cash == later.portfolio.cash == working.portfolio.cash + fill(sell).cash
    void = run([filled(sell, NOW + HOUR + 1), voided(sell, NOW + HOUR + 2)], emptied).state
    assert void.portfolio.cash == working.portfolio.cash


def test_a_late_sale_ends_another_exit_of_the_same_token() -> None:
    _, state = holding()
    first, working = leaving(state)
    ended = run([OrderExpired(**at(NOW + HOUR + 15_000), order_id=first.order_id, book=None)], working).state
    second, again = leaving(ended, NOW + HOUR + 20_000)
    assert second.root_id != first.root_id
    late = run([filled(first, NOW + HOUR + 21_000, shares=10.0)], again)
    assert late.intents == (CancelOrder(order_id=second.order_id),)
