"""Whether a leader's copies earn less than they used to: one change point, one sided, with a known false-alarm rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Share of steady leaders that alarm at one look. A slow test measures it.
FALSE_ALARMS = 0.01
# Fewer events than this cannot show a change.
LEAST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Decay:
    """One entry a group: whether the alarm rings, how far the walk rose, and the mean edge before and after its top.

    Units: edges in dollars per share; height in standard deviations of a steady leader's walk.
    """

    alarm: np.ndarray
    height: np.ndarray
    before: np.ndarray
    after: np.ndarray


def find_decay(
    group: np.ndarray, edge: np.ndarray, variance: np.ndarray, groups: int, rate: float = FALSE_ALARMS
) -> Decay:
    """Look for the moment after which each group's edge is lower than before.

    Summed in time order, a steady leader's deviations from its own mean walk like a Brownian bridge, whose height
    passes h with probability exp(-2 h**2); each event moves it by its precision, so that a sure one counts more.
    Shape: events in order of group, then time; rate is the share of steady leaders that may
    alarm. Source: the CUSUM test of Brown, Durbin and Evans 1975, one sided.
    """
    weight = 1.0 / variance
    total, count = np.bincount(group, weight, groups), np.bincount(group, minlength=groups)
    seen = np.maximum(total, 1e-300)
    mean = np.bincount(group, weight * edge, groups) / seen
    off = edge - mean[group]
    # Outcomes noisier than their model must not look like a change; calmer ones are not taken to be surer.
    excess = np.bincount(group, weight * off**2, groups) / np.maximum(count - 1, 1)
    walk = _running(group, weight * off, groups) / np.sqrt(seen * np.maximum(excess, 1.0))[group]
    height = np.zeros(groups)
    np.maximum.at(height, group, walk)
    top = _first_top(group, walk, height, groups)
    is_before = np.arange(len(group)) <= top[group]
    early, late = (np.bincount(group, weight * part, groups) for part in (is_before, ~is_before))
    enough = (count >= LEAST_EVENTS) & (early > 0.0) & (late > 0.0)
    before = np.bincount(group, weight * edge * is_before, groups) / np.where(early > 0.0, early, 1.0)
    after = np.bincount(group, weight * edge * ~is_before, groups) / np.where(late > 0.0, late, 1.0)
    return Decay(
        alarm=enough & (height > alarm_height(rate)),
        height=np.where(enough, height, 0.0),
        before=np.where(enough, before, np.nan),
        after=np.where(enough, after, np.nan),
    )


def alarm_height(rate: float) -> float:
    """The height that a steady leader's walk passes with this probability."""
    return float(np.sqrt(-np.log(rate) / 2.0))


def _running(group: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    # Sums start again with each group; what came before is taken off.
    summed = np.cumsum(values)
    start = np.searchsorted(group, np.arange(groups))
    before = np.concatenate([[0.0], summed])[start]
    return np.asarray(summed - before[group])


def _first_top(group: np.ndarray, walk: np.ndarray, height: np.ndarray, groups: int) -> np.ndarray:
    at_top = np.flatnonzero(walk >= height[group])
    top = np.full(groups, -1)
    # Backwards, so that the first of equal tops is written last.
    top[group[at_top[::-1]]] = at_top[::-1]
    return top
