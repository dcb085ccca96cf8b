"""All chance in a backtest: a function of the seed and of what is drawn for, never of the order of events.

Plain functions of integers in which nothing ever passes 2**62, so that Python's big integers and a compiled kernel's
signed 64-bit ones give the same number and the sweep compiles these very functions.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum

# A word has 62 bits, in two halves of 31: the product of two halves still fits.
_HALF = (1 << 31) - 1
_STEP = 0x1E3779B97F4A7C15


class Purpose(IntEnum):
    """What a draw decides. A draw for the match that begins with an attempt's n-th fill is SETTLEMENT + n."""

    DETECTION = 1
    ORDER = 2
    SETTLEMENT = 1_000


def key_of(signal_id: str) -> int:
    """62 bits that stand for a signal."""
    return int.from_bytes(hashlib.blake2b(signal_id.encode(), digest_size=8).digest(), "big") >> 2


def fold_half(half: int, factor: int) -> int:
    """Scatter half a word: the upper and the lower half of its product, laid over each other."""
    product = half * factor
    return (product >> 31) ^ (product & _HALF)


def mix(word: int) -> int:
    """Scatter a word over all words, each to another one: four rounds of a Feistel network."""
    left, right = word >> 31, word & _HALF
    right = right ^ fold_half(left ^ 0x2545F491, 0x5851F42D)
    left = left ^ fold_half(right ^ 0x1B873593, 0x6C62272F)
    right = right ^ fold_half(left ^ 0x38495AB5, 0x4C957F2D)
    left = left ^ fold_half(right ^ 0x52DCE729, 0x7ED55D17)
    return (left << 31) | right


def chance(seed: int, key: int, exit_number: int, attempt: int, purpose: int) -> float:
    """The draw for one purpose of one attempt, in [0, 1). exit_number is 0 for an entry."""
    word = mix(seed ^ _STEP)
    word = mix(word ^ key)
    word = mix(word ^ (exit_number << 40) ^ (attempt << 20) ^ purpose)
    return float(mix(word ^ _STEP) >> 9) / 9007199254740992.0
