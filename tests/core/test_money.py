"""Money is counted once and for good: provisional fills, voids, late fills, unknown orders, payouts, the account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import CancelOrder, PlaceOrder, Redeem, State, Step, evolve, initial_state, step
from copytrade_live.core.events import (
    AccountDiffered,
    AccountObserved,
    AccountReconciled,
    BookObserved,
    CancelDecided,
    ConditionObserved,
    CopyClosed,
    ExitDecided,
    ExternalChangeAdopted,
    FillConfirmed,
    FillVoided,
    HaltTripped,
    KillSwitchObserved,
    LeaderFillVoided,
    MarketResolved,
    MirrorOwed,
    OperatorCommanded,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderNotPlaced,
    OrderReposted,
    OrderSigned,
    OrderUnknown,
    PositionSettled,
    RedemptionPaid,
    SignalCopied,
    SignalRejected,
    Verb,
)
from copytrade_live.core.exits import Hold, decide_exit
from copytrade_live.core.fills import fill_against
from copytrade_live.core.market import DAY, HOUR, MICRO, Level, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.portfolio import OrderStatus, Position, WorkingOrder
from copytrade_live.core.portfolio_fold import REMEMBERED
from copytrade_live.core.reasons import AbandonReason, Condition, ExitReason, HaltReason, HoldReason, RejectReason
from tests.builders import (
    CONDITION,
    NO,
    NOW,
    WALLET,
    YES,
    at,
    book,
    book_seen,
    config,
    leader_fill,
    market,
    opening,
    order,
)

CONFIG = DecisionConfig()
PAID = ((YES, 1.0), (NO, 0.0))


def run(observations: list[Any], state: State | None = None, settings: DecisionConfig = CONFIG) -> Step:
    taken = Step(state=state or initial_state(), events=(), intents=())
    for observation in observations:
        taken = step(taken.state, observation, settings)
    return taken


def facts(taken: Step, kind: type) -> list[Any]:
    return [event for event in taken.events if isinstance(event, kind)]


def copied(**changes: Any) -> tuple[Order, State]:
    """An entry that works."""
    taken = run([*opening(), leader_fill()], **changes)
    (intent,) = taken.intents
    assert isinstance(intent, PlaceOrder)
    return intent.order, taken.state


def fill(of: Order, shares: float | None = None, number: int = 1, *, is_final: bool = False) -> Fill:
    size = of.size if shares is None else round(shares * MICRO)
    return replace(fill_against(of, size, (Level(of.limit, 9e9),), number)[0], is_final=is_final)


def filled(of: Order, now: int = NOW + 500, **changes: Any) -> OrderFilled:
    return OrderFilled(**at(now), fill=fill(of, **changes))


def confirmed(of: Order, now: int = NOW + 60_000, number: int = 1) -> FillConfirmed:
    return FillConfirmed(**at(now), fill_id=f"{of.order_id}.{number}", order_id=of.order_id)


def voided(of: Order, now: int = NOW + 60_000, number: int = 1) -> FillVoided:
    return FillVoided(**at(now), fill_id=f"{of.order_id}.{number}", order_id=of.order_id, cause="failed")


def command(verb: Verb, now: int = NOW + 1000, **changes: Any) -> OperatorCommanded:
    return OperatorCommanded(**at(now), command_id=f"{verb}-{now}", verb=verb, by="op", **changes)


def held_position(state: State) -> Position:
    return state.portfolio.positions[YES]


def holding() -> tuple[Order, State]:
    """A copy that is final."""
    entry, state = copied()
    return entry, run([filled(entry, is_final=True)], state).state


def leaving(state: State, now: int = NOW + HOUR) -> tuple[Order, State]:
    """A whole exit that works."""
    taken = run([book_seen(now, 0.8, 0.81)], state)
    (exit_fact,) = facts(taken, ExitDecided)
    return exit_fact.order, taken.state


# --- provisional fills ----------------------------------------------------------------------------------------


def test_a_provisional_buy_takes_cash_from_what_is_free_and_gives_nothing_to_sell() -> None:
    entry, working = copied()
    state = run([filled(entry)], working).state
    position = held_position(state)
    assert (position.size, position.coming, position.sellable, position.held) == (0, entry.size, 0, entry.size)
    assert state.portfolio.cash == 1000 * MICRO
    assert state.portfolio.free_cash == 1000 * MICRO - position.coming_cost
    assert state.portfolio.gross_exposure == pytest.approx(position.coming_cost / MICRO)
    answer = decide_exit(position, book(bids=(Level(0.9, 9e3),)), state.portfolio, CONFIG, NOW + HOUR)
    assert answer == Hold(reason=HoldReason.UNSETTLED)
    again = run([leader_fill(NOW + 2000, signal_id="f2")], state)
    assert facts(again, SignalRejected)[0].reason is RejectReason.OWN_POSITION
    final = run([confirmed(entry)], state).state
    assert held_position(final).size == entry.size
    assert final.portfolio.cash == 1000 * MICRO - held_position(final).cost
    assert not final.portfolio.provisional


def test_a_void_undoes_a_buy_once_and_nothing_is_bought_again() -> None:
    entry, working = copied()
    state = run([filled(entry)], working).state
    gone = run([voided(entry)], state)
    assert gone.state.portfolio.positions == {}
    assert gone.state.portfolio.free_cash == gone.state.portfolio.cash == 1000 * MICRO
    assert not gone.intents
    assert not facts(gone, CopyClosed)
    again = run([voided(entry, NOW + 61_000), confirmed(entry, NOW + 62_000), filled(entry, NOW + 63_000)], gone.state)
    assert again.state.portfolio == gone.state.portfolio


def test_what_a_void_took_of_an_order_is_not_posted_again() -> None:
    entry, working = copied()
    half = run([filled(entry, shares=20.0), voided(entry, NOW + 5000)], working).state
    later = OrderExpired(**at(NOW + 15_000), order_id=entry.order_id, book=book(observed_at=NOW + 15_000))
    (repost,) = facts(run([later], half), OrderReposted)
    assert repost.order.size == entry.size - 20 * MICRO


def test_a_provisional_sale_brings_no_cash_and_its_void_gives_the_shares_and_the_debt_back() -> None:
    _, state = holding()
    size = held_position(state).size
    sell = leader_fill(NOW + HOUR, signal_id="s1", side=Side.SELL, size=500.0, leader_size_before=1000.0)
    taken = run([sell], state)
    (exit_fact,) = facts(taken, ExitDecided)
    owed = held_position(taken.state).owed
    sold = run([filled(exit_fact.order, NOW + HOUR + 1)], taken.state).state
    assert sold.portfolio.cash == state.portfolio.cash
    assert held_position(sold).sellable == size - exit_fact.order.size
    assert held_position(sold).owed < 10_000
    assert not run([book_seen(NOW + HOUR + 2000, 0.5, 0.51)], sold).intents
    back = run([voided(exit_fact.order, NOW + HOUR + 3000)], sold).state
    assert held_position(back) == replace(held_position(taken.state), mark=held_position(back).mark)
    assert held_position(back).owed == owed
    again = run([book_seen(NOW + HOUR + 5000, 0.5, 0.51)], back)
    assert facts(again, ExitDecided)[0].order.order_id != exit_fact.order.order_id
    done = run([confirmed(exit_fact.order, NOW + HOUR + 3000)], sold).state
    assert done.portfolio.cash == state.portfolio.cash + fill(exit_fact.order).cash


def test_a_fill_told_twice_counts_once() -> None:
    entry, working = copied()
    once = run([filled(entry, shares=20.0)], working).state
    assert run([filled(entry, shares=20.0)], once).state == once


# --- orders whose fate is unknown, late or strange ------------------------------------------------------------


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


# --- stops ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (command(Verb.HALT), AbandonReason.HALTED),
        (command(Verb.STOP), AbandonReason.STOPPED),
        (command(Verb.CUTOFF, wallet=WALLET), AbandonReason.CUT_OFF),
        (KillSwitchObserved(**at(NOW + 1000), is_active=True), AbandonReason.HALTED),
    ],
)
def test_a_stop_cancels_entries_at_once_and_they_count_until_they_are_dead(stop: Any, reason: AbandonReason) -> None:
    entry, working = copied()
    taken = run([stop], working)
    assert taken.intents == (CancelOrder(order_id=entry.order_id),)
    assert taken.state.portfolio.reserved == working.portfolio.reserved
    assert not run([book_seen(NOW + 2000, 0.5, 0.51)], taken.state).intents
    dead = run([OrderExpired(**at(NOW + 3000), order_id=entry.order_id, book=book())], taken.state)
    assert facts(dead, OrderAbandoned)[0].reason is reason
    assert not dead.intents


def test_a_halt_leaves_exits_alone_and_a_full_stop_lets_only_cancels_go() -> None:
    _, state = holding()
    halted = run([command(Verb.HALT)], state).state
    sell, working = leaving(halted)
    expired = OrderExpired(**at(NOW + HOUR + 15_000), order_id=sell.order_id, book=book(bids=(Level(0.8, 9e3),)))
    assert run([expired], working).intents
    assert not run([command(Verb.CUTOFF, NOW + HOUR + 1, wallet=WALLET)], working).intents
    stopped = run([command(Verb.STOP, NOW + HOUR + 1)], working)
    assert stopped.intents == (CancelOrder(order_id=sell.order_id),)
    dead = run([expired], stopped.state)
    assert facts(dead, OrderAbandoned)[0].reason is AbandonReason.STOPPED
    assert not run([book_seen(NOW + 2 * HOUR, 0.8, 0.81)], dead.state).intents
    resumed = run([command(Verb.RESUME, NOW + 2 * HOUR)], dead.state).state
    assert run([book_seen(NOW + 2 * HOUR + 1, 0.8, 0.81)], resumed).intents


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"gate": None}, AbandonReason.HALTED),
        ({"is_stopped": True}, AbandonReason.STOPPED),
        ({"cut_off": frozenset((WALLET,))}, AbandonReason.CUT_OFF),
    ],
)
def test_an_entry_is_not_posted_again_where_nothing_may_be_bought(change: Any, reason: AbandonReason) -> None:
    entry, working = copied()
    barred = replace(working, standing=replace(working.standing, **change))
    ended = OrderExpired(**at(NOW + 15_000), order_id=entry.order_id, book=book())
    assert facts(run([ended], barred), OrderAbandoned)[0].reason is reason


def test_an_entry_whose_time_is_over_is_not_posted_again() -> None:
    entry, working = copied()
    ended = OrderExpired(**at(NOW + 45_000), order_id=entry.order_id, book=book())
    assert facts(run([ended], working), OrderAbandoned)[0].reason is AbandonReason.STALE


def test_failing_orders_halt_until_an_operator_resumes() -> None:
    failing = ConditionObserved(**at(NOW), kind=Condition.ORDER_ERRORS, is_ok=False, measured=5.0, limit=5.0)
    taken = run([*opening(), failing])
    assert facts(taken, HaltTripped)[0].reason is HaltReason.ORDER_ERRORS
    still = run([failing], taken.state)
    assert not facts(still, HaltTripped)
    well = run([replace(failing, is_ok=True)], taken.state).state
    assert well.standing.broken == {}
    assert well.standing.halt is HaltReason.ORDER_ERRORS


def test_an_operator_closes_a_position_whatever_its_price() -> None:
    _, state = holding()
    closing = run([command(Verb.CLOSE_POSITION, argument=YES)], state).state
    (fact,) = facts(run([book_seen(NOW + HOUR, 0.5, 0.51)], closing), ExitDecided)
    assert (fact.reason, fact.order.size) == (ExitReason.OPERATOR, held_position(state).size)


# --- leaders who leave, or never came -------------------------------------------------------------------------


def test_a_leader_that_sells_while_we_buy_ends_the_entry_and_what_still_comes_is_owed() -> None:
    entry, working = copied()
    sell = leader_fill(NOW + 1000, signal_id="s1", side=Side.SELL, size=500.0, leader_size_before=1000.0)
    taken = run([sell], working)
    (owed,) = facts(taken, MirrorOwed)
    assert (owed.fraction, owed.size) == (0.5, 0)
    assert taken.intents == (CancelOrder(order_id=entry.order_id),)
    again = run([replace(sell, signal=replace(sell.signal, signal_id="s2"))], taken.state)
    assert not again.intents
    late = run([filled(entry, NOW + 2000, shares=20.0, is_final=True)], again.state).state
    assert held_position(late).owed == 15 * MICRO
    over = run([OrderExpired(**at(NOW + 3000), order_id=entry.order_id, book=None)], late).state
    assert facts(run([book_seen(NOW + 5000, 0.5, 0.51)], over), ExitDecided)[0].reason is ExitReason.MIRROR


def test_the_copy_of_a_fill_that_never_settled_is_left() -> None:
    ghost = LeaderFillVoided(**at(NOW + 1000), signal_id="f1", cause="reverted")
    entry, working = copied()
    ended = run([ghost], working)
    assert facts(ended, CancelDecided)[0].reason is AbandonReason.LEADER_VOIDED
    part = run([filled(entry, shares=20.0, is_final=True), ghost], working)
    assert facts(part, MirrorOwed)[0].size == 20 * MICRO
    kept = run([filled(entry, is_final=True), ghost], working, config(exit={"on_leader_void": "keep"}))
    assert not facts(kept, MirrorOwed)


# --- payouts --------------------------------------------------------------------------------------------------


def resolved(now: int = NOW + DAY) -> MarketResolved:
    return MarketResolved(**at(now), condition_id=CONDITION, payouts=PAID)


def test_a_payout_is_owed_until_it_is_redeemed_and_its_difference_is_booked() -> None:
    _, state = holding()
    size = held_position(state).size
    taken = run([resolved()], state)
    assert taken.intents == (Redeem(condition_id=CONDITION),)
    assert taken.state.portfolio.receivable == {CONDITION: size}
    assert taken.state.portfolio.free_cash == state.portfolio.free_cash
    assert taken.state.portfolio.equity == pytest.approx((state.portfolio.cash + size) / MICRO)
    paid = run([RedemptionPaid(**at(NOW + DAY + 1), condition_id=CONDITION, cash=size - 2)], taken.state).state
    assert paid.portfolio.cash == state.portfolio.cash + size - 2
    assert not paid.portfolio.receivable
    assert paid.portfolio.realised == taken.state.portfolio.realised - 2


def test_shares_that_come_after_the_payout_are_settled_when_they_are_final() -> None:
    entry, working = copied()
    state = run([filled(entry, shares=20.0, is_final=True), filled(entry, shares=10.0, number=2)], working).state
    first = run([resolved()], state)
    assert facts(first, PositionSettled)[0].size == 20 * MICRO
    assert not facts(first, CopyClosed)
    # The venue redeems all of it at once.
    paid = run([RedemptionPaid(**at(NOW + DAY + 1), condition_id=CONDITION, cash=30 * MICRO)], first.state).state
    assert paid.portfolio.receivable == {CONDITION: -10 * MICRO}
    final = run([confirmed(entry, NOW + DAY + 2, number=2), resolved(NOW + DAY + 3)], paid)
    assert facts(final, CopyClosed)
    assert not final.state.portfolio.receivable
    assert final.state.portfolio.cash == 1000 * MICRO + final.state.portfolio.realised


def test_shares_on_their_way_out_are_not_paid_out_twice() -> None:
    _, state = holding()
    sell, working = leaving(state)
    sold = run([filled(sell, NOW + HOUR + 1)], working).state
    assert not facts(run([resolved()], sold), PositionSettled)


def test_the_payouts_of_old_journals_were_cash_at_once() -> None:
    _, state = holding()
    size = held_position(state).size
    old = PositionSettled(**at(NOW + DAY), token_id=YES, size=size, payout=1.0, cash=size)
    after = evolve(state, old)
    assert after.portfolio.cash == state.portfolio.cash + size
    assert not after.portfolio.receivable


# --- the account ----------------------------------------------------------------------------------------------


def real(cash: int = 0) -> list[Any]:
    started, *rest = opening()
    return [replace(started, is_real=True, starting_cash=cash), *rest]


def account(now: int, cash: int, yes: int | None = None) -> AccountObserved:
    return AccountObserved(**at(now), cash=cash, holdings=() if yes is None else ((YES, yes),))


def live_holding() -> State:
    """A final copy in a reconciled account of a thousand."""
    taken = run([*real(), account(NOW - 1000, 1000 * MICRO), leader_fill()])
    (intent,) = taken.intents
    assert isinstance(intent, PlaceOrder)
    return run([filled(intent.order, is_final=True)], taken.state).state


def test_a_first_account_is_taken_as_it_stands_and_lets_entries_go() -> None:
    before = run([*real(), leader_fill(NOW - 2000, signal_id="f0")])
    assert facts(before, SignalRejected)[0].reason is RejectReason.NOT_RECONCILED
    first = run([account(NOW - 1000, 1000 * MICRO)], before.state)
    assert facts(first, ExternalChangeAdopted)[0].cash == 1000 * MICRO
    assert facts(first, AccountReconciled)[0].is_exact
    assert not facts(first, HaltTripped)
    assert first.state.portfolio.day_equity == 1000.0
    assert facts(run([leader_fill()], first.state), SignalCopied)


def test_a_new_run_must_find_the_account_equal_again() -> None:
    state = live_holding()
    again = run([replace(real()[0], event_at=NOW + 2000, observed_at=NOW + 2000)], state).state
    refused = run([leader_fill(NOW + 3000, signal_id="f2")], again)
    assert facts(refused, SignalRejected)[0].reason is RejectReason.NOT_RECONCILED


def test_orders_and_fills_on_their_way_explain_what_the_venue_shows() -> None:
    taken = run([*real(), account(NOW - 1000, 1000 * MICRO), leader_fill()])
    (intent,) = taken.intents
    assert isinstance(intent, PlaceOrder)
    worst = taken.state.portfolio.reserved
    for cash, shares in ((1000 * MICRO, 0), (1000 * MICRO - worst, intent.order.size)):
        assert facts(run([account(NOW + 1, cash, yes=shares)], taken.state), AccountReconciled)
    too_little = run([account(NOW + 1, 1000 * MICRO - worst - 20_000)], taken.state)
    (differed,) = facts(too_little, AccountDiffered)
    assert differed.cash == -20_000
    on_its_way = run([filled(intent.order)], taken.state).state
    assert facts(
        run([account(NOW + 2, on_its_way.portfolio.free_cash, yes=intent.order.size)], on_its_way), AccountReconciled
    )


def test_a_change_of_the_owner_stops_entries_then_is_adopted_and_a_loss_halts() -> None:
    state = live_holding()
    cash, size = state.portfolio.cash, held_position(state).size
    drawn = account(NOW + 5000, cash - 100 * MICRO, yes=size)
    differs = run([drawn], state)
    assert facts(differs, AccountDiffered)
    refused = run([leader_fill(NOW + 6000, signal_id="f2")], differs.state)
    assert facts(refused, SignalRejected)[0].reason is RejectReason.NOT_RECONCILED
    soon = run([replace(drawn, **at(NOW + 10_000))], differs.state)
    assert facts(soon, AccountDiffered)
    adopted = run([replace(drawn, **at(NOW + 65_000))], soon.state)
    assert adopted.state.portfolio.cash == cash - 100 * MICRO
    assert adopted.state.portfolio.day_equity == pytest.approx(900.0)
    (halt,) = facts(adopted, HaltTripped)
    assert (halt.reason, halt.measured) == (HaltReason.RECONCILIATION, 100.0)
    more = account(NOW + 200_000, cash, yes=size)
    richer = run([more, replace(more, **at(NOW + 300_000))], run([command(Verb.RESUME)], adopted.state).state)
    assert facts(richer, ExternalChangeAdopted)
    assert not facts(richer, HaltTripped)


def test_shares_that_the_owner_adds_are_never_sold_and_go_first_when_some_go() -> None:
    state = live_holding()
    cash, size = state.portfolio.cash, held_position(state).size
    wider = run(
        [account(NOW + 5000, cash, yes=size + 10 * MICRO), account(NOW + 70_000, cash, yes=size + 10 * MICRO)], state
    ).state
    assert wider.portfolio.foreign == {YES: 10 * MICRO}
    assert held_position(wider).size == size
    fewer = size - 5 * MICRO
    less = run([account(NOW + 80_000, cash, yes=fewer), account(NOW + 150_000, cash, yes=fewer)], wider)
    assert held_position(less.state).size == fewer
    assert not less.state.portfolio.foreign
    assert facts(less, HaltTripped)[0].measured == pytest.approx(5.0)
    portfolio = less.state.portfolio
    assert portfolio.cash + held_position(less.state).cost == portfolio.realised + portfolio.external


def test_what_the_venue_does_not_show_is_not_sold() -> None:
    state = live_holding()
    size = held_position(state).size
    short = run([account(NOW + 5000, state.portfolio.cash, yes=size - 2 * MICRO)], state).state
    assert held_position(short).sellable == size - 2 * MICRO
    sell, working = leaving(short)
    assert sell.size <= size - 2 * MICRO
    # What the exit may sell meanwhile explains a smaller holding.
    seen = run([account(NOW + HOUR + 1, working.portfolio.cash, yes=size - sell.size)], working)
    assert held_position(seen.state).missing == 0
    assert facts(seen, AccountReconciled)


def test_unredeemed_shares_are_not_a_difference() -> None:
    entry_state = live_holding()
    taken = run([resolved()], entry_state).state
    shown = run([account(NOW + DAY + 1, taken.portfolio.cash, yes=60 * MICRO)], taken)
    (fact,) = facts(shown, AccountReconciled)
    assert not fact.is_exact


@pytest.mark.parametrize("payouts", [PAID, ((YES, 0.0), (NO, 1.0))], ids=["won", "lost"])
def test_a_payout_with_shares_still_coming_leaves_that_market_out_of_the_comparison(payouts: Any) -> None:
    taken = run([*real(), account(NOW - 1000, 1000 * MICRO), leader_fill()])
    (intent,) = taken.intents
    assert isinstance(intent, PlaceOrder)
    two = [filled(intent.order, shares=20.0, is_final=True), filled(intent.order, shares=10.0, number=2)]
    state = run([*two, replace(resolved(), payouts=payouts)], taken.state).state
    shown = run([account(NOW + DAY + 1, state.portfolio.cash, yes=999 * MICRO)], state)
    assert facts(shown, AccountReconciled)


def test_a_book_without_a_position_and_a_market_elsewhere_close_nothing() -> None:
    assert not run([BookObserved(**at(NOW), book=book())], run(opening()).state).intents
    assert WorkingOrder(order=order(size=10 * MICRO), market=market(), filled=11 * MICRO).rest == 0
