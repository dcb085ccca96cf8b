"""What an equity curve was worth its risk. Ratios come from daily equity and are annualised over 365 days: the venue
never closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import e, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import DAY, Instant
from copytrade_pipelines.backtest.ledger import EquityPoint

DAYS_A_YEAR = 365
# Fewer daily returns say nothing of a ratio.
LEAST_DAYS = 5
Returns = NDArray[np.float64]
_EULER = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """How daily returns stood to their risk; None where there are too few of them or nothing varied.

    Units: sharpe and sortino a year; probabilistic is the chance that the true Sharpe ratio is above 0.
    """

    days: int
    sharpe: float | None = None
    sortino: float | None = None
    probabilistic: float | None = None


def daily_closes(points: Sequence[EquityPoint]) -> NDArray[np.float64]:
    """The account at the start and at the end of each whole day after it. Units: collateral."""
    if not points:
        return np.empty(0)
    at = np.array([point.at for point in points])
    equity = np.array([point.equity for point in points], dtype=float)
    days = int((at[-1] - at[0]) // DAY)
    places = np.searchsorted(at, at[0] + DAY * np.arange(days + 1), side="right") - 1
    return np.asarray(equity[places])


def daily_returns(points: Sequence[EquityPoint]) -> Returns:
    """The return of each whole day since the first point; what is left of the last day is not counted."""
    closes = daily_closes(points)
    # An account at nothing has no return.
    upto = int(np.argmax(closes <= 0.0)) if (closes <= 0.0).any() else len(closes)
    return np.asarray(np.diff(closes[:upto]) / closes[: upto - 1]) if upto > 1 else np.empty(0)


def ratios(returns: Returns) -> Ratios:
    """Sharpe, Sortino and probabilistic Sharpe of daily returns."""
    daily = daily_sharpe(returns)
    if daily is None:
        return Ratios(days=len(returns))
    downside = sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    yearly = sqrt(DAYS_A_YEAR)
    return Ratios(
        days=len(returns),
        sharpe=daily * yearly,
        sortino=float(returns.mean()) / downside * yearly if downside > 0.0 else None,
        probabilistic=probabilistic_sharpe(returns),
    )


def daily_sharpe(returns: Returns) -> float | None:
    """Mean over standard deviation of daily returns, not annualised; None for too few or constant ones."""
    if len(returns) < LEAST_DAYS:
        return None
    spread = float(returns.std(ddof=1))
    return float(returns.mean()) / spread if spread > 1e-12 else None


def probabilistic_sharpe(returns: Returns, benchmark: float = 0.0) -> float | None:
    """The chance that the true daily Sharpe ratio is above a benchmark, given how skewed and fat-tailed returns are.

    Source: Bailey and Lopez de Prado 2012, The Sharpe Ratio Efficient Frontier.
    """
    found = daily_sharpe(returns)
    if found is None:
        return None
    centred = returns - returns.mean()
    scale = float(np.sqrt(np.mean(centred**2)))
    skew, kurtosis = float(np.mean(centred**3)) / scale**3, float(np.mean(centred**4)) / scale**4
    return sharpe_above(found, benchmark, len(returns), skew, kurtosis)


def sharpe_above(sharpe: float, benchmark: float, count: int, skew: float, kurtosis: float) -> float:
    """The chance that a Sharpe ratio measured on so many returns is truly above a benchmark.

    Units: ratios a return, kurtosis 3 for the normal distribution.
    """
    variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    return _NORMAL.cdf((sharpe - benchmark) * sqrt(count - 1) / sqrt(max(variance, 1e-12)))


def best_of_luck(trials: int, variance: float) -> float:
    """The Sharpe ratio that the best of so many settings without any merit is expected to show.

    variance is that of the trials' ratios. Source: Bailey and Lopez de Prado 2014, The Deflated Sharpe Ratio.
    """
    if trials < 2:
        return 0.0
    return sqrt(variance) * (
        (1.0 - _EULER) * _NORMAL.inv_cdf(1.0 - 1.0 / trials) + _EULER * _NORMAL.inv_cdf(1.0 - 1.0 / (trials * e))
    )


def deflated_sharpes(curves: Sequence[Sequence[EquityPoint]]) -> list[float | None]:
    """For each setting tried: the chance that its true Sharpe ratio beats the luck of having tried them all."""
    returns = [daily_returns(curve) for curve in curves]
    tried = [found for found in map(daily_sharpe, returns) if found is not None]
    luck = best_of_luck(len(tried), float(np.var(tried, ddof=1))) if len(tried) > 1 else 0.0
    return [probabilistic_sharpe(found, luck) for found in returns]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWater:
    """The longest time equity stood below an earlier peak. until is None when it still does."""

    since: Instant
    until: Instant | None
    length: Instant


def longest_under_water(points: Sequence[EquityPoint]) -> UnderWater | None:
    """The longest stretch from a peak until equity was back at it, None when equity never fell."""
    longest: UnderWater | None = None
    peak, peak_at, fell = float("-inf"), 0, False
    for point in points:
        if point.equity >= peak:
            longest = _longer(longest, peak_at, point.at, is_over=True) if fell else longest
            peak, peak_at, fell = point.equity, point.at, False
        else:
            fell = True
    return _longer(longest, peak_at, points[-1].at, is_over=False) if fell else longest


def _longer(longest: UnderWater | None, since: Instant, until: Instant, *, is_over: bool) -> UnderWater:
    found = UnderWater(since=since, until=until if is_over else None, length=until - since)
    return found if longest is None or found.length > longest.length else longest


def profit_factor(profits: Sequence[float]) -> float | None:
    """What winners earned for each dollar losers lost, None when nothing lost."""
    lost = -sum(profit for profit in profits if profit < 0.0)
    return sum(profit for profit in profits if profit > 0.0) / lost if lost > 0.0 else None
