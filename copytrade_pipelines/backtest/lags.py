"""Lags as a curve of quantiles, from the least to the greatest in equal steps of probability, and a draw from it."""

from __future__ import annotations

from collections.abc import Sequence

from copytrade_live.core.market import SECOND, Instant

# A curve in milliseconds.
Curve = tuple[int, ...]


def curve_of(seconds: Sequence[float]) -> Curve:
    """A curve of whole milliseconds."""
    return tuple(round(lag * SECOND) for lag in seconds)


def lag_at(curve: Sequence[int], share: float) -> Instant:
    """The lag that a share of all lags stay below, between two quantiles on the straight line. Units: milliseconds."""
    last = len(curve) - 1
    place = int(share * last)
    if place >= last:
        return curve[last]
    return between(curve[place], curve[place + 1], share * last - place)


def between(low: Instant, high: Instant, part: float) -> Instant:
    """A lag between two, on the straight line."""
    return low + int((high - low) * part)
