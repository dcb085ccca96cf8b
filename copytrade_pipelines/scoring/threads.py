"""Compiled loops on both cores: ranges of rows that end where a wallet or a market does, one thread each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np

T = TypeVar("T")
# Below this many rows a second thread costs more than it saves.
_WORTH_A_THREAD = 20_000
_MOST_THREADS = 2
# More ranges than threads, so that one heavy wallet does not leave the other thread idle.
_RANGES = 8


def ranges_of(starts: np.ndarray) -> list[tuple[int, int]]:
    """Cut groups into ranges of about equally many rows. Shape: group g has the rows starts[g]:starts[g + 1]."""
    groups, rows = len(starts) - 1, int(starts[-1]) if len(starts) else 0
    if groups <= 0 or rows < _WORTH_A_THREAD:
        return [(0, max(groups, 0))]
    cuts = np.searchsorted(starts, np.linspace(0, rows, _RANGES + 1)[1:-1])
    edges = np.unique(np.concatenate(([0], cuts, [groups]))).tolist()
    return list(pairwise(edges))


def even_ranges(rows: int) -> list[tuple[int, int]]:
    """Cut rows into ranges of the same size."""
    if rows < _WORTH_A_THREAD:
        return [(0, rows)]
    return list(pairwise(np.linspace(0, rows, _RANGES + 1).astype(int).tolist()))


def spread(work: Callable[[int, int], T], ranges: Sequence[tuple[int, int]]) -> list[T]:
    """Do the work on every range. Returns: what each gave, in order of the ranges, whoever was first."""
    if len(ranges) == 1:
        return [work(*ranges[0])]
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda bounds: work(*bounds), ranges))
