"""A payout is owed until it is redeemed, and shares that come late get theirs."""

from __future__ import annotations

import pytest

from copytrade_live.core.engine import Redeem, evolve
from copytrade_live.core.events import (
    CopyClosed,
    PositionSettled,
    RedemptionPaid,
)
from copytrade_live.core.market import DAY, HOUR, MICRO
from tests.builders import (
    CONDITION,
    NOW,
    YES,
    at,
)
from tests.core.copy_story import (
    confirmed,
    copied,
    facts,
    filled,
    held_position,
    holding,
    leaving,
    resolved,
    run,
)


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
