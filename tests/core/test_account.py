"""The account is explained by orders and fills before it is adopted, and what cannot be explained stops entries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from copytrade_live.core.engine import PlaceOrder, State
from copytrade_live.core.events import (
    AccountDiffered,
    AccountObserved,
    AccountReconciled,
    BookObserved,
    ExternalChangeAdopted,
    HaltTripped,
    SignalCopied,
    SignalRejected,
    Verb,
)
from copytrade_live.core.market import DAY, HOUR, MICRO
from copytrade_live.core.portfolio import WorkingOrder
from copytrade_live.core.reasons import HaltReason, RejectReason
from tests.builders import (
    NO,
    NOW,
    YES,
    at,
    book,
    leader_fill,
    market,
    opening,
    order,
)
from tests.core.copy_story import (
    PAID,
    command,
    facts,
    filled,
    held_position,
    leaving,
    resolved,
    run,
)


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
