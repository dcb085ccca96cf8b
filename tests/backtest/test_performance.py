"""Statistics of runs against figures by hand, from the papers, and from scipy."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from scipy import stats

from copytrade_live.core.market import DAY, HOUR
from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.bankrolls import BANKROLL_KEY, capacity_curve, capacity_of_points, with_bankrolls
from copytrade_pipelines.backtest.figures import render_png
from copytrade_pipelines.backtest.folds import folds
from copytrade_pipelines.backtest.interval_figures import capacity_plot
from copytrade_pipelines.backtest.intervals import spread
from copytrade_pipelines.backtest.ledger import EquityPoint, Ledger
from copytrade_pipelines.backtest.performance import (
    best_of_luck,
    daily_returns,
    deflated_sharpes,
    longest_under_water,
    probabilistic_sharpe,
    profit_factor,
    ratios,
    sharpe_above,
)
from copytrade_pipelines.backtest.summary import COLUMNS, summarise
from tests.builders import NOW


def curve(*equity: float, every: int = DAY) -> list[EquityPoint]:
    return [
        EquityPoint(at=NOW + number * every, equity=value, cash=0.0, exposure=0.0, positions=0)
        for number, value in enumerate(equity)
    ]


def test_daily_returns_take_the_last_equity_of_each_whole_day() -> None:
    points = curve(100.0, 90.0, 110.0, 110.0, 121.0, 60.0, every=12 * HOUR)
    assert daily_returns(points) == pytest.approx([0.10, 0.10])
    assert len(daily_returns(points[:2])) == 0
    assert len(daily_returns([])) == 0


def test_an_account_that_is_gone_has_no_further_returns() -> None:
    assert daily_returns(curve(100.0, 50.0, 0.0, 0.0)) == pytest.approx([-0.5])


def test_ratios_of_six_days_by_hand() -> None:
    returns = np.array([0.02, -0.01, 0.03, 0.00, -0.02, 0.04])
    found = ratios(returns)
    # mean 0.01, sample deviation sqrt(0.0028 / 5), downside sqrt((0.0001 + 0.0004) / 6), sqrt(365) = 19.104973
    assert found.sharpe == pytest.approx(0.01 / 0.023664319 * 19.104973, rel=1e-6)
    assert found.sortino == pytest.approx(0.01 / 0.009128709 * 19.104973, rel=1e-6)
    assert found.days == 6


def test_too_few_or_constant_days_have_no_ratio() -> None:
    assert ratios(np.array([0.01, 0.02, 0.01, 0.03])).sharpe is None
    assert ratios(np.zeros(30)).sharpe is None
    assert ratios(np.array([0.01, 0.02, 0.01, 0.03, 0.02])).sortino is None


def test_probabilistic_sharpe_agrees_with_scipys_moments() -> None:
    returns = np.random.default_rng(3).gamma(2.0, 0.01, 250) - 0.015
    daily = returns.mean() / returns.std(ddof=1)
    skew, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    deviation = np.sqrt((1 - skew * daily + (kurtosis - 1) / 4 * daily**2) / 249)
    assert probabilistic_sharpe(returns, 0.05) == pytest.approx(stats.norm.cdf((daily - 0.05) / deviation))


def test_the_deflated_ratio_of_the_paper_comes_out() -> None:
    # Bailey and Lopez de Prado 2014, section 6: 2.5 a year over 1,250 days, the best of 100 trials with variance 1/2.
    luck = best_of_luck(100, 0.5 / 250)
    assert luck == pytest.approx(0.1132, abs=5e-5)
    assert sharpe_above(2.5 / 250**0.5, luck, 1250, -3.0, 10.0) == pytest.approx(0.9004, abs=5e-5)
    assert best_of_luck(1, 0.5) == 0.0


def test_the_same_curve_is_worth_less_among_many_tried() -> None:
    draw = np.random.default_rng(1)
    good = curve(*(100.0 * np.cumprod(1 + draw.normal(0.004, 0.02, 90))))
    tried = [curve(*(100.0 * np.cumprod(1 + draw.normal(0.0, 0.02, 90)))) for _ in range(50)]
    alone, among = deflated_sharpes([good])[0], deflated_sharpes([good, *tried])[0]
    assert alone == probabilistic_sharpe(daily_returns(good))
    assert alone is not None
    assert among is not None
    assert among < alone
    assert deflated_sharpes([good, curve(1.0, 1.0)])[1] is None


def test_time_under_water_is_from_the_peak_to_its_return() -> None:
    found = longest_under_water(curve(100, 120, 110, 90, 120, 130, 125))
    assert found is not None
    assert (found.since, found.until, found.length) == (NOW + DAY, NOW + 4 * DAY, 3 * DAY)
    lasting = longest_under_water(curve(100, 90, 100, 95, 80, 70))
    assert lasting is not None
    assert (lasting.since, lasting.until, lasting.length) == (NOW + 2 * DAY, None, 3 * DAY)
    assert longest_under_water(curve(1, 2, 3)) is None


def test_profit_factor_is_won_over_lost() -> None:
    assert profit_factor([3.0, -1.0, 2.0, -1.5]) == pytest.approx(2.0)
    assert profit_factor([1.0]) is None


def test_a_spread_counts_events_and_not_copies() -> None:
    draw = np.random.default_rng(5)
    each = [(f"e{number}", float(value), 1.0) for number, value in enumerate(draw.normal(0.1, 1.0, 200))]
    alone, tenfold = spread(each), spread([row for row in each for _ in range(10)])
    assert alone is not None
    assert tenfold is not None
    assert alone.mean_low is not None
    assert alone.mean_high is not None
    assert (tenfold.mean, tenfold.mean_low, tenfold.mean_high) == pytest.approx(
        (alone.mean, alone.mean_low, alone.mean_high)
    )
    # The normal approximation: 1.2816 standard errors to each side.
    reach = 1.2816 * np.std([value for _, value, _ in each]) / 200**0.5
    assert alone.mean_high - alone.mean == pytest.approx(reach, rel=0.1)
    assert alone.mean - alone.mean_low == pytest.approx(reach, rel=0.1)


def test_few_events_have_a_mean_but_no_interval() -> None:
    found = spread([("a", 2.0, 1.0), ("a", 1.0, 1.0), ("b", -1.0, 2.0)])
    assert found is not None
    assert (found.count, found.events, found.total, found.mean) == (3, 2, 2.0, 0.5)
    assert found.total_low is found.mean_high is None
    assert spread([]) is None


def test_folds_walk_forward_with_a_gap_before_each_test() -> None:
    found = folds(0, 30 * DAY, 10 * DAY, 5 * DAY, 3 * DAY, 1 * DAY)
    assert [fold.test_start // DAY for fold in found] == [14, 19, 24]
    for fold in found:
        assert fold.test_start - fold.train_end == 4 * DAY
        assert fold.train_end - fold.train_start == 10 * DAY
        assert fold.test_end <= 30 * DAY
    anchored = folds(0, 30 * DAY, 10 * DAY, 5 * DAY, 3 * DAY, 1 * DAY, is_anchored=True)
    assert [(fold.train_start, fold.train_end // DAY) for fold in anchored] == [(0, 10), (0, 15), (0, 20)]


def test_a_window_too_short_for_a_fold_says_what_it_needs() -> None:
    with pytest.raises(ConfigError, match="needs 18 days for one fold"):
        folds(0, 17 * DAY, 10 * DAY, 5 * DAY, 3 * DAY)
    with pytest.raises(ConfigError, match="test must be at least 1 ms, was 0"):
        folds(0, 17 * DAY, 10 * DAY, 0, 3 * DAY)


def test_a_capacity_curve_is_the_same_settings_with_other_bankrolls() -> None:
    configs = with_bankrolls(CopytradeConfig(), (1000.0, 100.0))
    assert [config.bankroll.starting_cash for config in configs] == [100.0, 1000.0]
    assert isinstance(configs[0], CopytradeConfig)
    with pytest.raises(ConfigError, match="was -1"):
        with_bankrolls(CopytradeConfig(), (-1.0,))
    runs = [summarise(Ledger(equity=curve(cash, cash + 5.0))) for cash in (1000.0, 100.0)]
    assert [(point.bankroll, point.total_return) for point in capacity_curve(runs)] == [
        (100.0, pytest.approx(0.05)),
        (1000.0, pytest.approx(0.005)),
    ]


def test_points_of_a_sweep_are_a_capacity_curve_where_only_the_bankroll_changes() -> None:
    runs = [summarise(Ledger(equity=curve(cash, cash + 5.0))) for cash in (1000.0, 100.0)]
    rows = [{**asdict(run), "changes": json.dumps({BANKROLL_KEY: run.starting_cash})} for run in runs]
    assert capacity_of_points(rows) == capacity_curve(runs)
    assert capacity_of_points(rows[:1]) == []
    assert capacity_of_points([*rows, {**rows[0], "changes": json.dumps({"filter.max_spread": 0.1})}]) == []


def test_a_capacity_curve_is_drawn_with_its_intervals() -> None:
    runs = [summarise(Ledger(equity=curve(cash, cash * 1.1))) for cash in (100.0, 1000.0, 10_000.0)]
    assert render_png(capacity_plot(capacity_curve(runs))).startswith(b"\x89PNG")


def test_every_number_of_a_summary_has_a_column() -> None:
    assert COLUMNS["sharpe"] == "DOUBLE"
    assert COLUMNS["copies"] == "BIGINT"
    assert set(COLUMNS.values()) == {"DOUBLE", "BIGINT"}
