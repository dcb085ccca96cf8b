"""Ticks, fees and walks: rounding is against us, and cash folds exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrade_live.core.config import ExecutionConfig
from copytrade_live.core.execution import attempt_limit, price_attempt
from copytrade_live.core.fills import fill_against
from copytrade_live.core.kelly import certainty, expected_edge, kelly_fraction, time_decay
from copytrade_live.core.market import MICRO, Level, Side
from copytrade_live.core.pricing import (
    buy_cash,
    ceil_to_tick,
    charged_fee,
    crosses,
    fee_cash,
    floor_size,
    floor_to_tick,
    furthest_limit,
    sell_cash,
    settle_cash,
    taker_fee,
    to_micro,
    walk_asks,
)
from copytrade_live.core.valuation import value_to_resolution
from tests.builders import book, order

PRICES = st.integers(min_value=1, max_value=999).map(lambda ticks: ticks / 1000)
SIZES = st.integers(min_value=1, max_value=10**6).map(lambda steps: steps * 10_000)


def test_an_attempt_says_what_it_wants_and_is_bounded_once() -> None:
    config = ExecutionConfig(max_slippage=0.015, repost_step=0.01)
    for side, anchor, best in ((Side.BUY, 0.50, 0.60), (Side.SELL, 0.60, 0.50)):
        assert attempt_limit(side, anchor, best, 20, 0.001, config) == best
        limit = price_attempt(side, anchor, best, 20, 0.001, config)
        assert limit == furthest_limit(side, anchor, 0.015, 0.001) != best


@given(PRICES, st.sampled_from([0.03, 0.05, 0.07]))
def test_the_fee_is_the_same_for_both_outcomes(price: float, rate: float) -> None:
    assert taker_fee(price, rate, 1.0) == pytest.approx(taker_fee(1.0 - price, rate, 1.0))


def test_the_fee_of_a_recorded_fill_is_the_venues() -> None:
    # Activity sample of 2026-09-14: 22.84 shares at 0.52 cost 12.16184 with a rate of 0.05.
    assert buy_cash(22_840_000, 0.52, 0.05, 1.0) == 12_161_850
    assert fee_cash(22_840_000, 0.52, 0.05, 1.0) == 285_050
    # What the venue really charged: to the nearest step, and never nothing where there is a fee.
    assert charged_fee(22_840_000, 0.52, 0.05, 1.0) == 285_040
    assert charged_fee(10_000, 0.01, 0.05, 1.0) == 10
    assert charged_fee(10_000, 0.50, 0.0, 1.0) == 0


@given(SIZES, PRICES, st.sampled_from([0.0, 0.04, 0.07]))
def test_a_round_trip_at_one_price_never_earns(size: int, price: float, rate: float) -> None:
    assert sell_cash(size, price, rate, 1.0) <= buy_cash(size, price, rate, 1.0)


@given(PRICES, st.sampled_from([0.01, 0.001, 0.0025]))
def test_the_grid_never_rounds_in_our_favour(price: float, tick: float) -> None:
    assert floor_to_tick(price, tick) <= price + 1e-9
    assert ceil_to_tick(price, tick) >= price - 1e-9
    assert ceil_to_tick(price, tick) - floor_to_tick(price, tick) <= tick + 1e-9


@given(PRICES, st.floats(min_value=0, max_value=0.25))
def test_the_furthest_limit_stays_inside_the_slippage_and_the_market(anchor: float, slippage: float) -> None:
    buy = furthest_limit(Side.BUY, anchor, slippage, 0.001)
    sell = furthest_limit(Side.SELL, anchor, slippage, 0.001)
    assert buy <= min(anchor * (1 + slippage), 0.999) + 1e-9
    assert sell >= max(anchor * (1 - slippage), 0.001) - 1e-9


@given(SIZES, st.lists(st.tuples(PRICES, st.floats(min_value=0, max_value=1e5)), max_size=8))
def test_paper_fills_are_never_better_than_the_book(size: int, rows: list[tuple[float, float]]) -> None:
    asks = tuple(Level(price, shares) for price, shares in sorted(rows))
    wanted = order(size=size, limit=0.6)
    fills = fill_against(wanted, size, asks)
    assert sum(fill.size for fill in fills) <= size
    offered = {level.price: 0.0 for level in asks}
    for level in asks:
        offered[level.price] += level.size
    for fill in fills:
        assert fill.price <= 0.6 + 1e-6
        assert fill.cash >= fill.size * fill.price - 1e-3
    for price in offered:
        taken = sum(fill.size for fill in fills if fill.price == price)
        assert taken <= offered[price] * MICRO + 1e-3


def test_nothing_fills_when_the_rest_is_used_up() -> None:
    assert fill_against(order(), 0, (Level(0.4, 10.0),)) == ()


def test_walking_the_asks_averages_what_was_spent() -> None:
    asks = (Level(0.5, 20.0), Level(0.6, 100.0))
    assert walk_asks(asks, 16.0) == (pytest.approx(16.0 / 30.0), pytest.approx(16.0))
    assert walk_asks(asks, 1e9) == (pytest.approx(70.0 / 120.0), pytest.approx(70.0))
    assert walk_asks((), 25.0) == (0.0, 0.0)


def test_selling_crosses_bids_at_or_above_the_limit() -> None:
    assert crosses(Side.SELL, 0.5, 0.5)
    assert not crosses(Side.SELL, 0.49, 0.5)


def test_sizes_and_payouts_round_down() -> None:
    assert floor_size(5.559) == 5_550_000
    assert settle_cash(1_000_001, 0.5) == 500_000
    assert to_micro(0.1) == 100_000


def test_books_know_their_middle_only_with_both_sides() -> None:
    assert book().mid == pytest.approx(0.495)
    assert book(bids=()).mid is None
    assert book(asks=()).spread is None
    assert book(bids=()).best_bid is None


@given(st.floats(min_value=0, max_value=1), st.floats(min_value=0.001, max_value=0.999))
def test_kelly_is_a_fraction_and_grows_with_belief(belief: float, cost: float) -> None:
    fraction = kelly_fraction(belief, cost)
    assert 0.0 <= fraction <= 1.0
    assert kelly_fraction(min(1.0, belief + 0.01), cost) >= fraction


def test_kelly_without_anything_to_win_is_zero() -> None:
    assert kelly_fraction(1.0, 1.0) == kelly_fraction(0.5, 0.0) == 0.0
    assert certainty(0.0, 0.1) == 0.0
    assert time_decay(1.0, 0.0) == 1.0
    assert expected_edge(0.05, 0.5, 0.6) == 0.05


def test_value_to_resolution_is_signed_by_the_side() -> None:
    assert value_to_resolution(1.0, 0.4, 10.0, 1.0) == pytest.approx(6.0)
    assert value_to_resolution(-1.0, 0.4, 10.0, 1.0) == pytest.approx(-6.0)
