"""Shares count as they become final: provisional fills, and voids that undo them once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytrade_live.core.events import (
    CopyClosed,
    ExitDecided,
    OrderExpired,
    OrderReposted,
    SignalRejected,
)
from copytrade_live.core.exits import Hold, decide_exit
from copytrade_live.core.market import HOUR, MICRO, Level, Side
from copytrade_live.core.reasons import HoldReason, RejectReason
from tests.builders import (
    NOW,
    at,
    book,
    book_seen,
    leader_fill,
)
from tests.core.copy_story import (
    CONFIG,
    confirmed,
    copied,
    facts,
    fill,
    filled,
    held_position,
    holding,
    run,
    voided,
)


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
