"""Luck looks like luck, and false discoveries stay as rare as they are said to be."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import binom, kstest

from copytrade_pipelines.scoring.kernels.chances import EXACT_EVENTS
from copytrade_pipelines.scoring.significance import best_by_luck, luck_of_outcomes, luck_of_wallets, q_values
from copytrade_pipelines.scoring.study.ours import sum_trades
from copytrade_pipelines.scoring.study.population import Kind, Population, Settings, Trades, draw_population


def starts_of(trades: Trades) -> np.ndarray:
    return np.append(trades.starts, len(trades.mid)).astype(np.int64)


def luck_in(population: Population) -> np.ndarray:
    past = population.past
    return luck_of_wallets(sum_trades(past), past.later, past.y, starts_of(past))


@pytest.fixture(scope="module")
def population() -> Population:
    return draw_population(11, Settings())


def test_outcomes_permuted_by_their_price_give_uniform_p_values(population: Population) -> None:
    past = population.past
    flipped = (np.random.default_rng(4).random(len(past.mid)) < past.mid).astype(float)
    p = luck_of_outcomes(past.mid, flipped, starts_of(past))
    mixed = p[np.isin(population.kinds, [Kind.NOISE, Kind.SKILLED, Kind.MAKER])]
    assert kstest(mixed, "uniform").pvalue > 0.01


def test_the_tail_of_equal_chances_is_the_binomial_one() -> None:
    won = np.array([1.0] * 7 + [0.0] * 3)
    (p,) = luck_of_outcomes(np.full(10, 0.5), won, np.array([0, 10]))
    assert p == pytest.approx(binom.sf(7, 10, 0.5) + 0.5 * binom.pmf(7, 10, 0.5))


@pytest.mark.parametrize("chance", [0.05, 0.5, 0.9])
def test_long_records_end_in_the_same_tail_as_exact_ones(chance: float) -> None:
    events = EXACT_EVENTS + 100
    wins = round(events * chance + 2.5 * np.sqrt(events * chance * (1.0 - chance)))
    won = np.array([1.0] * wins + [0.0] * (events - wins))
    (p,) = luck_of_outcomes(np.full(events, chance), won, np.array([0, events]))
    exact = binom.sf(wins, events, chance) + 0.5 * binom.pmf(wins, events, chance)
    assert p == pytest.approx(exact, rel=0.06)


def test_half_a_win_lies_between_its_neighbours() -> None:
    starts = np.array([0, 4, 8, 12])
    won = np.array([1, 1, 0, 0, 1, 1, 0.5, 0, 1, 1, 1, 0], dtype=float)
    two, half, three = luck_of_outcomes(np.full(12, 0.4), won, starts)
    assert half == pytest.approx((two + three) / 2.0)


def test_false_discoveries_are_no_more_than_q_says() -> None:
    false_shares = []
    for seed in range(20, 26):
        drawn = draw_population(seed, Settings(wallets=1500))
        found = q_values(luck_in(drawn)) <= 0.2
        if found.any():
            false_shares.append(float((drawn.kinds[found] != Kind.SKILLED).mean()))
    assert false_shares
    assert np.mean(false_shares) <= 0.2


def test_skilled_takers_are_told_from_luck_and_noise_is_not(population: Population) -> None:
    q = q_values(luck_in(population))
    assert (q[population.kinds == Kind.SKILLED] <= 0.2).mean() > 0.3
    assert (q[population.kinds == Kind.NOISE] <= 0.2).mean() < 0.01


def test_q_values_keep_the_order_of_p_and_leave_the_untested_alone() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03, 0.5])
    q = q_values(p)
    np.testing.assert_allclose(q[[0, 2, 3, 4]], [0.04, 0.04 * 4 / 3, 0.04 * 4 / 3, 0.5])
    assert np.isnan(q[1])


def test_a_wallet_nothing_is_known_of_is_not_tested() -> None:
    drawn = draw_population(3, Settings(wallets=50))
    sums = sum_trades(drawn.past) * 0.0
    assert np.isnan(luck_of_wallets(sums, np.empty(0), np.empty(0), np.zeros(51, dtype=np.int64))).all()


def test_the_best_of_many_lucky_wallets_looks_good() -> None:
    best = np.random.default_rng(1).normal(0.0, 0.02, (200, 4000)).max(axis=1).mean()
    assert best_by_luck(0.02, 4000) == pytest.approx(best, rel=0.2)
    assert best_by_luck(0.02, 1) == 0.0


@pytest.mark.slow
def test_two_hundred_thousand_records_are_tested_in_seconds(population: Population) -> None:
    past, starts = population.past, starts_of(population.past)
    many = np.concatenate([starts[:-1] + step * starts[-1] for step in range(50)] + [[50 * starts[-1]]])
    began = time.perf_counter()
    luck_of_outcomes(np.tile(past.later, 50), np.tile(past.y, 50), many)
    assert time.perf_counter() - began < 20.0
