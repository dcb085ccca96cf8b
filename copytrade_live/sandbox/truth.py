"""Latent probabilities: martingales that end in the outcome, on a grid of five minutes."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from copytrade_live.core.market import MINUTE, Instant
from copytrade_live.sandbox.world import Floats

GRID: Instant = 5 * MINUTE


def grid_points(opened_at: Instant, end_at: Instant) -> int:
    """Points of a path from opening to end, both included."""
    return int((end_at - opened_at) // GRID) + 1


def martingale(rng: np.random.Generator, start: float, points: int) -> Floats:
    """A path from start to 0 or 1: the chance that a random walk ends above zero, given where it is.

    Shape: points values; only the last is 0 or 1.
    """
    steps = points - 1
    walk = NormalDist().inv_cdf(start) * np.sqrt(steps) + np.concatenate(([0.0], np.cumsum(rng.standard_normal(steps))))
    path = np.empty(points)
    path[:-1] = normal_cdf(walk[:-1] / np.sqrt(np.arange(steps, 0, -1)))
    path[-1] = 1.0 if walk[-1] > 0 else 0.0
    return path


def race(rng: np.random.Generator, starts: list[float], points: int) -> list[Floats]:
    """Paths of mutually exclusive outcomes: they sum to 1 at all times and exactly one ends at 1."""
    rest = np.ones(points)
    left = 1.0
    paths: list[Floats] = []
    for start in starts[:-1]:
        conditional = martingale(rng, min(max(start / left, 0.02), 0.98), points)
        paths.append(rest * conditional)
        rest = rest * (1.0 - conditional)
        left -= start
    paths.append(rest)
    return paths


def normal_cdf(x: Floats) -> Floats:
    """The normal distribution function. Source: Abramowitz and Stegun 7.1.26, error below 1.5e-7."""
    z = np.abs(x) / np.sqrt(2.0)
    t = 1.0 / (1.0 + 0.3275911 * z)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    upper = 0.5 * poly * np.exp(-z * z)
    return np.asarray(np.where(x >= 0, 1.0 - upper, upper), dtype=np.float64)


def slow_noise(rng: np.random.Generator, points: int, scale: float) -> Floats:
    """Noise that wanders over about an hour, with this standard deviation."""
    kernel = np.exp(-np.arange(24) / 8.0)
    kernel = kernel / np.sqrt(np.sum(kernel**2))
    return np.asarray(np.convolve(rng.standard_normal(points + 23), kernel, mode="valid")[:points] * scale)
