"""Scores that others rank traders by, on the study's trades. Source: reference scoring, section 7.3."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from copytrade_pipelines.scoring.study.population import Trades

LEAST_DEVIATION = 1e-9


def peer_scores(trades: Trades) -> dict[str, np.ndarray]:
    """One score a wallet for each peer's formula."""
    gain = (trades.y - trades.own) / trades.own
    profit, won = trades.stake * gain, (trades.y > trades.own).astype(float)
    roi = trades.total(profit) / trades.total(trades.stake)
    mean_gain, win_rate = trades.mean(gain), trades.mean(won)
    spread = np.sqrt(np.maximum(trades.mean(gain**2) - mean_gain**2, 0.0))
    sharpe = mean_gain / np.maximum(spread, LEAST_DEVIATION)
    curve = _Curve(trades, profit)
    return {
        "raw_pnl": trades.total(profit),
        "raw_roi": roi,
        "win_rate": win_rate,
        "predecessor_composite": predecessor_composite(roi, win_rate, sharpe, curve.drawdown),
        "predecessor_bayesian": win_rate_lower_bound(trades.total(won), trades.counts),
        "homerun_rank": _homerun(trades, profit, won, sharpe, curve.fall_of_peak),
        "edge_trader": _standard(mean_gain) + _standard(roi) + _standard(sharpe),
        "ditto_brier": -trades.mean((trades.own - trades.y) ** 2),
    }


def predecessor_composite(
    roi: np.ndarray, win_rate: np.ndarray, sharpe: np.ndarray, drawdown: np.ndarray
) -> np.ndarray:
    """The predecessor's weighted sum of squashed return, win rate, Sharpe ratio and drawdown."""
    kept = np.maximum(0.0, 1.0 - 2.0 * drawdown)
    return np.asarray(0.40 * expit(roi / 0.25) + 0.20 * win_rate + 0.25 * expit(sharpe) + 0.15 * kept)


def win_rate_lower_bound(wins: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The predecessor's other score: mean of a beta posterior of the win rate less its deviation."""
    a, b = 1.0 + wins, 1.0 + counts - wins
    mean = a / (a + b)
    return np.asarray(mean - np.sqrt(mean * (1.0 - mean) / (a + b + 1.0)))


class _Curve:
    """Cumulative PnL of each wallet, padded to one row a wallet with its own last value."""

    def __init__(self, trades: Trades, profit: np.ndarray) -> None:
        counts = trades.counts
        padded = np.zeros((len(counts), int(counts.max())))
        padded[np.arange(padded.shape[1]) < counts[:, None]] = profit
        self._cumulative = np.cumsum(padded, axis=1)
        self._peak = np.maximum(np.maximum.accumulate(self._cumulative, axis=1), 0.0)

    @property
    def drawdown(self) -> np.ndarray:
        trough = np.minimum(np.minimum.accumulate(self._cumulative, axis=1), 0.0)
        base = np.maximum(np.maximum(self._peak, np.abs(trough)), 1.0)
        return np.asarray(((self._peak - self._cumulative) / base).max(axis=1))

    @property
    def fall_of_peak(self) -> np.ndarray:
        fall, top = (self._peak - self._cumulative).max(axis=1), self._cumulative.max(axis=1)
        return np.where(top > 0.0, np.minimum(1.0, fall / np.where(top > 0.0, top, 1.0)), 1.0)


def _homerun(
    trades: Trades, profit: np.ndarray, won: np.ndarray, sharpe: np.ndarray, fall_of_peak: np.ndarray
) -> np.ndarray:
    gains, losses = trades.total(np.maximum(profit, 0.0)), trades.total(np.maximum(-profit, 0.0))
    factor = np.where(losses > 0.0, gains / np.where(losses > 0.0, losses, 1.0), np.where(gains > 0.0, np.inf, 0.0))
    total = trades.total(profit)
    size = np.where(total > 0.0, np.log10(np.maximum(total, 0.0) + 1.0) / 5.0, 0.0)
    rate = (trades.total(won) + 10.0) / (trades.counts + 20.0)
    return np.asarray(
        0.195 * np.clip(sharpe / 5.0, 0.0, 1.0)
        + 0.1625 * np.clip(factor / 10.0, 0.0, 1.0)
        + 0.13 * rate
        + 0.0975 * np.clip(size, 0.0, 1.0)
        + 0.065 * (1.0 - fall_of_peak)
        + 0.175
    )


def _standard(values: np.ndarray) -> np.ndarray:
    return np.asarray((values - values.mean()) / values.std())
