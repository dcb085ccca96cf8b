"""How likely as many wins as a wallet had would be by luck alone, wallet by wallet."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Up to here the distribution is exact; beyond, a normal one with its skewness is as good and cheaper.
EXACT_EVENTS = 400


@njit(cache=True, nogil=True)
def luck_tails(
    chance: np.ndarray, won: np.ndarray, starts: np.ndarray, first: int, last: int, tails: np.ndarray
) -> None:
    """Fill the mid-p value of each wallet's sum of wins against independent events of those chances.

    Shape: wallet w has the events starts[w]:starts[w + 1]; tails is NaN for a wallet without any. won may be a
    fraction (a void, or several outcomes of an event), between whose neighbours the tail is interpolated.
    """
    mass = np.zeros(EXACT_EVENTS + 1)
    for wallet in range(first, last):
        begin, end = starts[wallet], starts[wallet + 1]
        if begin == end:
            tails[wallet] = np.nan
            continue
        wins = won[begin:end].sum()
        if end - begin <= EXACT_EVENTS:
            tails[wallet] = _exact(chance[begin:end], wins, mass)
        else:
            tails[wallet] = _skewed(chance[begin:end], wins)


@njit(cache=True, nogil=True)
def _exact(chance: np.ndarray, wins: float, mass: np.ndarray) -> float:
    mass[: len(chance) + 1] = 0.0
    mass[0] = 1.0
    for event in range(len(chance)):
        for count in range(event + 1, 0, -1):
            mass[count] += chance[event] * (mass[count - 1] - mass[count])
        mass[0] *= 1.0 - chance[event]
    low = math.floor(wins)
    high = min(low + 1, len(chance))
    # From the top down, so that small tails keep their digits.
    above = 0.0
    for count in range(len(chance), high, -1):
        above += mass[count]
    at_high = above + 0.5 * mass[high]
    at_low = above + mass[high] + 0.5 * mass[low] if high > low else at_high
    return float(at_low + (wins - low) * (at_high - at_low))


@njit(cache=True, nogil=True)
def _skewed(chance: np.ndarray, wins: float) -> float:
    mean, variance, third = 0.0, 0.0, 0.0
    for one in chance:
        mean += one
        variance += one * (1.0 - one)
        third += one * (1.0 - one) * (1.0 - 2.0 * one)
    z = (wins - mean) / math.sqrt(variance)
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    tail = 0.5 * math.erfc(z / math.sqrt(2.0)) - third / variance**1.5 * (1.0 - z * z) * density / 6.0
    return float(min(max(tail, 1e-300), 1.0))
