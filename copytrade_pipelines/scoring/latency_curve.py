"""What each second of delay costs a copier of each wallet, and the delay that eats its edge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.columns import Frame, ids, numbers, times
from copytrade_pipelines.scoring.frame import SELL, EvidenceFrame
from copytrade_pipelines.scoring.groups import Membership
from copytrade_pipelines.scoring.ladders import Ladders, line_of

BOOK_WAIT_SECONDS = 60.0
MID_TOLERANCE_SECONDS = 3600.0


def edges_by_delay(edge: np.ndarray, drift: np.ndarray, members: Membership, weights: np.ndarray) -> np.ndarray:
    """The edge of each score row at each delay; latency.break_even finds where it is eaten.

    The shrunk edge was measured at our latency; at another delay the same copies cost as much more as prices drifted.
    Shape: edge one entry a row, drift of price_drift; returns (rows, delays).
    """
    costs = [members.mean(drift[:, place], weights) for place in range(drift.shape[1])]
    return np.asarray(edge[:, None] - np.stack(costs, axis=1))


def price_drift(
    frame: EvidenceFrame,
    ladders: Ladders,
    prices: Frame,
    fees: tuple[np.ndarray, np.ndarray],
    delays: Sequence[float],
    *,
    latency: float,
    stake: float,
) -> np.ndarray:
    """How much dearer a copy is at each delay than at our latency, fee included, dollars per share.

    From the books met at both delays, else from the mids then, else no drift is taken to be there.
    Shape: prices(token_id, at, mid), fees (rate, exponent) one an episode; returns (episodes, delays).
    """
    sold = frame.side == SELL
    line, at = line_of(frame.token, sold), frame.started_at // 1000
    walked = np.append(ladders.spent(stake), np.nan)
    mids = _Mids(frame, prices)

    def book(delay: float) -> np.ndarray:
        return np.asarray(walked[ladders.after(line, at + round(delay * 1000), BOOK_WAIT_SECONDS)])

    here, mid_here = book(latency), mids.at(latency)
    columns = []
    for delay in delays:
        there, moved = book(delay), np.where(sold, -1.0, 1.0) * (mids.at(delay) - mid_here)
        by_mid = frame.copy_price + np.nan_to_num(moved)
        is_walked = ~np.isnan(there) & ~np.isnan(here)
        late, now = np.where(is_walked, there, by_mid), np.where(is_walked, here, frame.copy_price)
        columns.append(_with_fee(late, fees) - _with_fee(now, fees))
    return np.stack(columns, axis=1) if columns else np.empty((len(frame), 0))


def fees_of(frame: EvidenceFrame, markets: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Fee rate and exponent of each episode; a market we know nothing of takes none."""
    code = codes_in(frame.names.markets, markets["condition_id"])
    found = np.flatnonzero(code >= 0)[::-1]  # the first one of a market speaks
    rate, exponent = np.zeros(len(frame.names.markets)), np.ones(len(frame.names.markets))
    rate[code[found]] = np.nan_to_num(numbers(markets, "fee_rate")[found])
    exponent[code[found]] = np.nan_to_num(numbers(markets, "fee_exponent")[found], nan=1.0)
    return rate[frame.market], exponent[frame.market]


def _with_fee(price: np.ndarray, fees: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    inside = np.clip(price, 0.0, 1.0)
    rate, exponent = fees
    return np.asarray(price + rate * (inside * (1.0 - inside)) ** exponent)


class _Mids:
    """The last mid of each episode's token at a delay after its start."""

    def __init__(self, frame: EvidenceFrame, prices: Frame) -> None:
        asked = np.zeros(len(frame.names.tokens) + 1, dtype=bool)
        asked[frame.token] = True
        code = codes_in(frame.names.tokens, ids(prices, "token_id")).astype(np.int64)
        row = np.flatnonzero(asked[code])
        at = times(prices, "at")[row] // 1000
        order = np.lexsort((at, code[row]))
        self._mid = numbers(prices, "mid")[row][order]
        self._at, self._code = at[order], code[row][order]
        self._token, self._started = frame.token.astype(np.int64), frame.started_at // 1000
        # Room for every delay a copy may have: a day.
        both = np.concatenate([self._at, self._started, self._started + 86_400_000])
        self._low, self._width = (int(both.min()), int(np.ptp(both)) + 1) if len(both) else (0, 1)
        self._keys = self._key(self._code, self._at)

    def at(self, delay: float) -> np.ndarray:
        """The mids, NaN where none is young enough."""
        if not len(self._mid):
            return np.full(len(self._token), np.nan)
        wanted = self._started + round(delay * 1000)
        place = np.searchsorted(self._keys, self._key(self._token, wanted), side="right") - 1
        found = np.maximum(place, 0)
        is_young = (wanted - self._at[found]) <= round(MID_TOLERANCE_SECONDS * 1000)
        fits = (place >= 0) & (self._code[found] == self._token) & is_young
        return np.where(fits, self._mid[found], np.nan)

    def _key(self, code: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.asarray(code * self._width + (at - self._low))
