"""Intervals by drawing whole events anew: copies in one event share its luck, so they are not so many observations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# 10 % of draws lie below low and 10 % above high.
TAIL = 0.10
DRAWS = 2_000
# With fewer events an interval would only pretend.
LEAST_EVENTS = 10
_SEED = 36
_PORTION = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A sum and a mean with what 10 to 90 % of draws came to; None where there are too few events.

    Units: mean is the sum by weight.
    """

    count: int
    events: int
    total: float
    total_low: float | None
    total_high: float | None
    mean: float
    mean_low: float | None
    mean_high: float | None


def spread(rows: Iterable[tuple[str, float, float]], draws: int = DRAWS) -> Spread | None:
    """The spread of a sum of values and of their mean by weight. Returns: None of nothing.

    Shape: rows of event, value, weight.
    """
    codes: dict[str, int] = {}
    found = [(codes.setdefault(event, len(codes)), value, weight) for event, value, weight in rows]
    if not found:
        return None
    event = np.array([row[0] for row in found])
    values = _sums(event, [row[1] for row in found])
    weights = _sums(event, [row[2] for row in found])
    total, weight = float(values.sum()), float(weights.sum())
    known = len(values) >= LEAST_EVENTS and draws > 0
    totals, means = _drawn(values, weights, draws) if known else (None, None)
    return Spread(
        count=len(found),
        events=len(values),
        total=total,
        total_low=_at(totals, TAIL),
        total_high=_at(totals, 1.0 - TAIL),
        mean=total / weight if weight > 0.0 else 0.0,
        mean_low=_at(means, TAIL),
        mean_high=_at(means, 1.0 - TAIL),
    )


_Floats = NDArray[np.float64]


def _sums(event: NDArray[np.int64], parts: Sequence[float]) -> _Floats:
    return np.asarray(np.bincount(event, parts), dtype=np.float64)


def _drawn(values: _Floats, weights: _Floats, draws: int) -> tuple[_Floats, _Floats]:
    # Seeded, so that the same run has the same intervals; in portions, so that memory stays small.
    draw = np.random.default_rng(_SEED)
    events, portion = len(values), max(1, _PORTION // len(values))
    totals, means = np.empty(draws), np.empty(draws)
    for first in range(0, draws, portion):
        last = min(first + portion, draws)
        drawn = draw.integers(0, events, (last - first, events))
        totals[first:last] = values[drawn].sum(axis=1)
        weight = weights[drawn].sum(axis=1)
        means[first:last] = np.divide(totals[first:last], weight, out=np.zeros(last - first), where=weight > 0.0)
    return totals, means


def _at(drawn: _Floats | None, share: float) -> float | None:
    return None if drawn is None else float(np.quantile(drawn, share))
