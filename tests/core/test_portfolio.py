"""Exposure is what can be lost, and a neg-risk event can lose only once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from copytrade_live.core.market import MICRO, Side
from copytrade_live.core.portfolio import LeaderRecord, Portfolio, WorkingOrder
from copytrade_live.core.reasons import RejectReason, Stage, stage_of
from tests.builders import CONDITION, NOW, WALLET, config, market, order, portfolio, position


def neg_risk(condition: str, side: int) -> dict[str, object]:
    tokens = (condition + "-yes", condition + "-no")
    listed = market(condition_id=condition, token_ids=tokens, neg_risk=True)
    return {tokens[side]: position(token_id=tokens[side], market=listed, size=100 * MICRO, cost=60 * MICRO)}


def test_equity_counts_marks_and_cost_where_there_is_none() -> None:
    held = portfolio(positions={"a": position(mark=0.6), "b": position(mark=None)})
    assert held.equity == pytest.approx(1000.0 + 60.0 + 50.0)


def test_working_buys_reserve_cash_and_sells_do_not() -> None:
    buy = WorkingOrder(order=order(size=10 * MICRO, limit=0.5), market=market())
    sell = WorkingOrder(order=order(order_id="x", side=Side.SELL), market=market())
    working = Portfolio(working={"b": buy, "s": sell})
    assert working.reserved == 5_100_000
    assert working.market_exposure(CONDITION) == working.leader_exposure(WALLET) == pytest.approx(5.1)
    assert working.works_in(CONDITION)
    assert not working.works_in("0xother")


def test_two_no_positions_of_one_event_cannot_both_lose() -> None:
    both = portfolio(positions={**neg_risk("c1", 1), **neg_risk("c2", 1)})
    assert both.gross_exposure == pytest.approx(120.0)
    assert both.event_loss("e1") == pytest.approx(20.0)


def test_two_yes_positions_of_one_event_can_both_lose() -> None:
    both = portfolio(positions={**neg_risk("c1", 0), **neg_risk("c2", 0)})
    assert both.event_loss("e1") == pytest.approx(120.0)


def test_a_yes_and_a_no_of_one_event_are_weighed_by_their_worst_winner() -> None:
    mixed = portfolio(positions={**neg_risk("c1", 0), **neg_risk("c2", 1)})
    # c1 wins: both pay 100; c2 wins: nothing pays; nobody wins: the no pays 100.
    assert mixed.event_loss("e1") == pytest.approx(120.0)


def test_a_shortfall_halves_with_time() -> None:
    record = LeaderRecord(shortfall=40.0, measured_at=NOW)
    assert record.shortfall_at(NOW + 30 * 86_400_000, 30.0) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("filter", {"min_price": 0.9, "max_price": 0.5}),
        ("sizing", {"max_per_trade": 0.2, "max_per_market": 0.1}),
        ("sizing", {"max_per_trade": -0.1}),
        ("filter", {"surprise": 1}),
    ],
)
def test_config_refuses_what_makes_no_sense(section: str, values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(**{section: values})


def test_equal_settings_have_equal_digests() -> None:
    assert config().digest() == config(filter={"max_spread": 0.03}).digest()
    assert config().digest() != config(filter={"max_spread": 0.04}).digest()


def test_every_reason_has_a_stage() -> None:
    assert {stage_of(reason) for reason in RejectReason} == set(Stage)
