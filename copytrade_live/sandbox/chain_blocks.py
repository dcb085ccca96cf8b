"""The chain's blocks: two in three seconds, placed so that every fill's second has one.

Blocks come every 1.5 seconds on average while their times are whole seconds, so each window of three seconds has two
of its three seconds stamped. Which two is free; a window in which something happens in all three has three blocks.
"""

from __future__ import annotations

import bisect

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import SECOND, Instant

# Polygon's block at the start of 2026: good enough for numbers nobody looks up elsewhere.
FIRST_AT: Instant = 1_767_225_600_000
FIRST_NUMBER = 80_900_000
_WINDOW = 3
Numbers = NDArray[np.int64]
# Which seconds of a window are stamped, by the set of those that must be (bit n is second n).
_STAMPED = ((0, 1), (0, 1), (0, 1), (0, 1), (0, 2), (0, 2), (1, 2), (0, 1, 2))
_FULL = 7
# Shape: needed set, second of the window; place of that second's block, -1 where it has none.
_PLACE = np.array([[stamped.index(second) if second in stamped else -1 for second in range(3)] for stamped in _STAMPED])


class Blocks:
    """Numbers and times of blocks, given the instants at which something is on the chain."""

    def __init__(self, at: Numbers) -> None:
        windows, places = _split(np.unique(at // SECOND))
        self._windows, group = np.unique(windows, return_inverse=True)
        self._needed = np.zeros(len(self._windows), dtype=np.int64)
        np.bitwise_or.at(self._needed, group, 1 << places)
        self._full = self._windows[self._needed == _FULL]
        self._full_list: list[int] = self._full.tolist()

    def numbers(self, at: Numbers) -> Numbers:
        """The block of each instant at which something is on the chain."""
        windows, places = _split(at // SECOND)
        needed = self._needed[np.searchsorted(self._windows, windows)]
        return np.asarray(self._starts(windows) + _PLACE[needed, places])

    def head(self, now: Instant) -> int:
        """The latest block: it is out once its second is over."""
        second = now // SECOND - 1
        window, place = divmod(second - FIRST_AT // SECOND, _WINDOW)
        return self._start(window) + sum(one <= place for one in self._stamped(window)) - 1

    def second(self, number: int) -> int:
        """A block's time in unix seconds."""
        highest = (number - FIRST_NUMBER) // 2
        lowest = highest - len(self._full_list) - 1
        window = bisect.bisect_right(range(lowest, highest + 1), number, key=self._start) - 1 + lowest
        return FIRST_AT // SECOND + window * _WINDOW + self._stamped(window)[number - self._start(window)]

    def _start(self, window: int) -> int:
        return FIRST_NUMBER + 2 * window + bisect.bisect_left(self._full_list, window)

    def _starts(self, windows: Numbers) -> Numbers:
        return np.asarray(FIRST_NUMBER + 2 * windows + np.searchsorted(self._full, windows))

    def _stamped(self, window: int) -> tuple[int, ...]:
        place = int(np.searchsorted(self._windows, window))
        is_known = place < len(self._windows) and self._windows[place] == window
        return _STAMPED[int(self._needed[place]) if is_known else 0]


def _split(seconds: Numbers) -> tuple[Numbers, Numbers]:
    since = seconds - FIRST_AT // SECOND
    return since // _WINDOW, since % _WINDOW
