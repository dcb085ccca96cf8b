"""Which episodes stand behind which score rows, and how much each weighs there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, Instant
from copytrade_live.core.score import OVERALL
from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.frame import EvidenceFrame
from copytrade_pipelines.scoring.parameters import ScoreParameters

_MICROSECONDS = 1000


@dataclass(frozen=True, slots=True)
class Membership:
    """Pairs of a score row and an episode behind it: all of a wallet's for its overall row, else its category's."""

    row: np.ndarray
    episode: np.ndarray
    rows: int

    def mean(self, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Weighted mean of per-episode values for each row, 0 where a row has no episode."""
        weight = weights[self.episode]
        total = np.bincount(self.row, weight, self.rows)
        summed = np.bincount(self.row, weight * values[self.episode], self.rows)
        return np.asarray(summed / np.where(total > 0.0, total, 1.0))


def members_of(rows: pd.DataFrame, frame: EvidenceFrame) -> Membership:
    """The episodes behind each score row. Shape: rows(wallet_code, category)."""
    wallet = rows["wallet_code"].to_numpy(np.int64)
    category = codes_in(frame.names.categories, rows["category"])
    starts = frame.wallet_starts()
    first, count = starts[wallet], starts[wallet + 1] - starts[wallet]
    row = np.repeat(np.arange(len(rows)), count)
    episode = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    is_overall = (rows["category"] == OVERALL).to_numpy(bool)
    fits = is_overall[row] | (frame.category[episode] == category[row])
    return Membership(row[fits], episode[fits], len(rows))


def episode_weights(frame: EvidenceFrame, as_of: Instant, parameters: ScoreParameters) -> np.ndarray:
    """What each episode weighs: its capped stake within its event, the event by its age."""
    if not len(frame):
        return np.empty(0)
    wallets = len(frame.names.wallets)
    median = pd.Series(frame.stake).groupby(frame.wallet).median().reindex(range(wallets)).to_numpy()
    stake = np.minimum(frame.stake, parameters.stake_cap_multiple * median[frame.wallet])
    event = event_runs(frame)
    total, newest = np.bincount(event, stake), np.zeros(event[-1] + 1, dtype=np.int64)
    np.maximum.at(newest, event, frame.started_at)
    age_days = (as_of * _MICROSECONDS - newest) / (DAY * _MICROSECONDS)
    return np.asarray(stake / total[event] * 2.0 ** (-age_days[event] / parameters.half_life_days))


def event_runs(frame: EvidenceFrame) -> np.ndarray:
    """The number of each row's wallet and event, counted from 0; rows come in that order."""
    changes = (np.diff(frame.wallet) != 0) | (np.diff(frame.event) != 0)
    return np.concatenate([[0], np.cumsum(changes)]).astype(np.int64)[: len(frame)]
