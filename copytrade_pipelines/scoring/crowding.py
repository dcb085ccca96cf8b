"""How much of what is bought right after a leader is bought by others who copy it."""

from __future__ import annotations

import numpy as np

from copytrade_pipelines.scoring.frame import MAKER, SELL, EvidenceFrame

AFTER_SECONDS = 60.0
# What is bought around that minute says how much would have been bought anyway: on both sides of it, because trading
# swells and ebbs, and at least as much as in the minute before, because it comes in bursts that a leader joins.
AROUND_SECONDS = 300.0
# A few coincidences are no crowd: so many quiet minutes are believed in beforehand.
QUIET_MINUTES = 3.0
_SECOND = 1_000_000


def measure_crowding(frame: EvidenceFrame, clusters: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Abnormal share of others' taking on the leader's side in the minute after it, one number a wallet, 0 to 1.

    Abnormal is what is more than the five minutes on either side bring in a minute, and more than the minute before.
    A leader's own cluster is not a crowd.
    Shape: clusters numbers the cluster of each wallet, -1 for who stands alone;
    asked says which wallets are wanted, the others have NaN.
    """
    wallets, line = len(frame.names.wallets), _bought_line(frame)
    # Only what those wallets bought is looked at.
    near = np.isin(line, np.unique(line[asked[frame.wallet]]))
    frame, line = frame.take(near), line[near]
    hand = np.where(clusters >= 0, clusters, np.arange(wallets))[frame.wallet]
    took = np.where(frame.role == MAKER, 0.0, frame.stake)
    # Capped, so that one huge stake of a stranger is not a crowd.
    cap = 3.0 * np.median(took[took > 0.0]) if (took > 0.0).any() else 0.0
    took = np.minimum(took, cap)
    everyone = _Flow(line, frame.started_at, took)
    # Whose own volume it is: the same flow on lines of line and hand.
    _, own_line = np.unique((line - line.min(initial=0)) * (hand.max(initial=0) + 1) + hand, return_inverse=True)
    own = _Flow(own_line, frame.started_at, took)

    def others(since: float, until: float) -> np.ndarray:
        window = (frame.started_at + round(since * _SECOND), frame.started_at + round(until * _SECOND))
        return np.asarray(everyone.between(line, *window) - own.between(own_line, *window))

    after = _by_wallet(frame, others(0.0, AFTER_SECONDS), wallets)
    around = others(-AROUND_SECONDS - 1e-6, -1e-6) + others(AFTER_SECONDS, AFTER_SECONDS + AROUND_SECONDS)
    usual = _by_wallet(frame, around, wallets) * (AFTER_SECONDS / (2.0 * AROUND_SECONDS))
    usual = np.maximum(usual, _by_wallet(frame, others(-AFTER_SECONDS - 1e-6, -1e-6), wallets))
    doubt = QUIET_MINUTES * cap
    crowd = np.clip((after - usual) / np.maximum(after + doubt, 1e-12), 0.0, 1.0)
    return np.where(asked, crowd, np.nan)


class _Flow:
    """Volume on lines over time, summed between any two times."""

    def __init__(self, line: np.ndarray, at: np.ndarray, volume: np.ndarray) -> None:
        order = np.lexsort((at, line))
        self._start = int(at.min(initial=0)) - round((AROUND_SECONDS + 1.0) * _SECOND)
        self._width = int(at.max(initial=0)) - self._start + round((AFTER_SECONDS + AROUND_SECONDS + 1.0) * _SECOND)
        self._low = int(line.min(initial=0))
        self._keys = self._key(line, at)[order]
        self._summed = np.concatenate([[0.0], np.cumsum(volume[order])])

    def between(self, line: np.ndarray, since: np.ndarray, until: np.ndarray) -> np.ndarray:
        """Volume after since, up to and with until."""
        high = np.searchsorted(self._keys, self._key(line, until), side="right")
        low = np.searchsorted(self._keys, self._key(line, since), side="right")
        return np.asarray(self._summed[high] - self._summed[low])

    def _key(self, line: np.ndarray, at: np.ndarray) -> np.ndarray:
        # Milliseconds, so that many lines over many months fit into an integer.
        return np.asarray((line - self._low) * (self._width // 1000 + 1) + (at - self._start) // 1000)


def _by_wallet(frame: EvidenceFrame, values: np.ndarray, wallets: int) -> np.ndarray:
    return np.bincount(frame.wallet, np.maximum(values, 0.0), wallets)


def _bought_line(frame: EvidenceFrame) -> np.ndarray:
    """A number for what was bought: who sells a token buys the other one of its market."""
    token = frame.token.astype(np.int64)
    markets = len(frame.names.markets)
    low = np.full(markets, np.iinfo(np.int64).max)
    high = np.full(markets, -1)
    np.minimum.at(low, frame.market, token)
    np.maximum.at(high, frame.market, token)
    low, high = low[frame.market], high[frame.market]
    # Where only one token of a market was ever seen, its complement has no code: a negative one stands for it.
    other = np.where(low == high, -1 - token, low + high - token)
    return np.asarray(np.where(frame.side == SELL, other, token))
