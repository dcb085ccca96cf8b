"""Whether p_pos means what it says: the settled bets of all wallets beside worlds in which it does.

A wallet's true edge cannot be seen, only what its few bets paid. So many worlds are drawn in which every belief holds:
the edge of each wallet from its belief (above 0 with probability p_pos), then every market once, shared by all who bet
on it. They say how often a wallet's bets should have paid, where each result should lie among what was expected (PIT),
and how far chance alone takes both from that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from copytrade_pipelines.scoring.frame import Floats
from copytrade_pipelines.scoring.report_card.judged import Bets, added

TENTHS = np.linspace(0.0, 1.0, 11)
LEVELS = TENTHS[1:-1]
# Bins of p_pos hold equally many wallets, these many where there are enough.
MOST_BINS, BIN_WALLETS = 10, 30
TAILS = (0.05, 0.95)
# More wallets tell nothing new; every n-th is taken.
MOST_WALLETS = 5_000
# Below this chance of an error as large the probabilities themselves are blamed.
CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What was believed of each wallet at the freeze."""

    mean: Floats
    sd: Floats
    p_pos: Floats


@dataclass(frozen=True, slots=True)
class Bin:
    """Wallets of one range of p_pos: how often their bets should have paid in all, how often they did, and the range
    in which chance leaves nine of ten."""

    p_pos: float
    wallets: int
    expected: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Errors are root mean squares over bins less what chance explains, on average, at most (low) or at least (high).

    chance is the probability that a calibrated score looks as bad; pit is the share of results in each tenth of what
    was expected.
    """

    wallets: int
    error: float
    low: float
    high: float
    reliability_error: float
    pit_error: float
    chance: float
    bins: tuple[Bin, ...]
    pit: tuple[float, ...]


NOT_MEASURED = Calibration(
    wallets=0,
    error=np.nan,
    low=np.nan,
    high=np.nan,
    reliability_error=np.nan,
    pit_error=np.nan,
    chance=np.nan,
    bins=(),
    pit=(),
)


def calibrate(bets: Bets, beliefs: Beliefs, worlds: int, draw: np.random.Generator) -> Calibration:
    """Compare settled bets with worlds in which the beliefs hold. Shape: bets.wallet is a place in beliefs."""
    counts = np.bincount(bets.wallet, minlength=len(beliefs.mean))
    judged = np.flatnonzero((counts > 0) & ~np.isnan(beliefs.mean))
    judged = judged[:: max(1, -(-len(judged) // MOST_WALLETS))]
    if len(judged) < 2:
        return NOT_MEASURED
    results, expected = _results(bets, beliefs, judged, worlds, draw)
    # Equal results are told apart by chance, which makes their place among the expected uniform.
    jitter = 1e-9 * draw.random((worlds + 1, len(judged)))
    every = np.concatenate([results[None], expected]) + jitter
    place = every.argsort(axis=0).argsort(axis=0) / worlds
    return _compare(every > 0.0, place, beliefs.p_pos[judged])


def _results(
    bets: Bets, beliefs: Beliefs, judged: np.ndarray, worlds: int, draw: np.random.Generator
) -> tuple[Floats, Floats]:
    place = np.full(len(beliefs.mean), -1)
    place[judged] = np.arange(len(judged))
    rows = np.flatnonzero(place[bets.wallet] >= 0)
    wallet, cost, is_first = place[bets.wallet[rows]], bets.cost[rows], bets.is_first[rows]
    markets, market = np.unique(bets.market[rows], return_inverse=True)
    count = np.bincount(wallet, minlength=len(judged))
    results = added(wallet, bets.payout[rows] - cost, len(judged)) / count
    expected = np.empty((worlds, len(judged)))
    for world in range(worlds):
        chance = cost + _edges(beliefs, judged, draw)[wallet]
        luck = draw.random(len(markets))[market]
        paid = np.where(is_first, luck < chance, luck > 1.0 - chance)
        expected[world] = added(wallet, paid - cost, len(judged)) / count
    return results, expected


def _edges(beliefs: Beliefs, judged: np.ndarray, draw: np.random.Generator) -> Floats:
    # A normal, its two sides weighed so that the edge is above 0 exactly with p_pos.
    mean, sd = beliefs.mean[judged], np.maximum(beliefs.sd[judged], 1e-9)
    is_above = draw.random(len(judged)) < beliefs.p_pos[judged]
    below = ndtr(-mean / sd)
    level = draw.random(len(judged))
    level = np.where(is_above, below + level * (1.0 - below), level * below)
    return np.asarray(mean + sd * ndtri(np.clip(level, 1e-12, 1.0 - 1e-12)))


def _compare(is_paid: np.ndarray, place: Floats, p_pos: Floats) -> Calibration:
    # Row 0 is what happened, the others are worlds in which the beliefs hold.
    expected = is_paid[1:].mean(axis=0)
    bins = int(np.clip(len(p_pos) // BIN_WALLETS, 1, MOST_BINS))
    bin_of = np.empty(len(p_pos), dtype=np.int64)
    bin_of[np.argsort(p_pos, kind="stable")] = np.arange(len(p_pos)) * bins // len(p_pos)
    size = np.bincount(bin_of)
    should = added(bin_of, expected, bins) / size
    did = np.stack([added(bin_of, row, bins) for row in is_paid.astype(float)]) / size
    reliability = ((did - should) ** 2) @ (size / size.sum())
    below = np.stack([(place <= level).mean(axis=1) for level in LEVELS], axis=1)
    uniform = ((below - LEVELS) ** 2).mean(axis=1)
    low, high = np.quantile(did[1:], TAILS, axis=0)
    p_bin = added(bin_of, p_pos, bins) / size
    # The worse of the two decides, and is compared with the worse of the two in each world.
    worse = np.maximum(reliability, uniform)
    least, most = np.quantile(worse[1:], TAILS)
    return Calibration(
        wallets=len(p_pos),
        error=_beyond(worse[0], worse[1:].mean()),
        low=_beyond(worse[0], most),
        high=_beyond(worse[0], least),
        reliability_error=_beyond(reliability[0], reliability[1:].mean()),
        pit_error=_beyond(uniform[0], uniform[1:].mean()),
        chance=float((worse[1:] >= worse[0]).mean()),
        bins=tuple(
            Bin(p_pos=float(p_bin[row]), wallets=int(size[row]), expected=float(should[row]),
                observed=float(did[0, row]), low=float(low[row]), high=float(high[row]))
            for row in range(bins)
        ),
        pit=tuple(float(share) for share in np.histogram(place[0], bins=TENTHS)[0] / place.shape[1]),
    )  # fmt: skip


def _beyond(square: float, by_chance: float) -> float:
    return float(np.sqrt(max(0.0, float(square) - float(by_chance))))
