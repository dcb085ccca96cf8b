"""What ends copies before their time: stops, operators, and leaders who leave or whose fills never settled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from copytrade_live.core.engine import CancelOrder
from copytrade_live.core.events import (
    CancelDecided,
    ConditionObserved,
    ExitDecided,
    HaltTripped,
    KillSwitchObserved,
    LeaderFillVoided,
    MirrorOwed,
    OrderAbandoned,
    OrderExpired,
    Verb,
)
from copytrade_live.core.market import HOUR, MICRO, Level, Side
from copytrade_live.core.reasons import AbandonReason, Condition, ExitReason, HaltReason
from tests.builders import (
    NOW,
    WALLET,
    YES,
    at,
    book,
    book_seen,
    config,
    leader_fill,
    opening,
)
from tests.core.copy_story import (
    command,
    copied,
    facts,
    filled,
    held_position,
    holding,
    leaving,
    run,
)


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
