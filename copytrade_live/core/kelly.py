"""The Kelly fraction, of a belief and of an uncertain edge."""

from __future__ import annotations


def kelly_fraction(belief: float, cost: float) -> float:
    """Share of the bankroll that maximises log growth for a token that pays 1.

    Units: belief is a probability; cost is collateral per share, fee included.
    Returns: a fraction in [0, 1]; 0.0 without an edge or where cost leaves nothing to win.
    Source: Kelly 1956, with odds (1 - cost) / cost.
    """
    if cost <= 0.0 or cost >= 1.0 or belief <= cost:
        return 0.0
    return min((belief - cost) / (1.0 - cost), 1.0)


def certainty(edge_mean: float, edge_sd: float) -> float:
    """How far an uncertain edge may be staked: mean^2 / (mean^2 + sd^2), in [0, 1].

    Source: the growth-optimal shrink of Kelly under a normal posterior (first order).
    """
    square = edge_mean * edge_mean
    return square / (square + edge_sd * edge_sd) if square > 0.0 else 0.0


def expected_edge(edge_mean: float, cost_now: float, cost_expected: float) -> float:
    """The edge left at today's cost: cheaper than expected is not trusted, dearer is taken off.

    Units: dollars per share throughout.
    """
    return edge_mean - max(0.0, cost_now - cost_expected)


def applied_fraction(multiplier: float, kelly_full: float, sure: float, decay: float) -> float:
    """The fraction of the bankroll that is staked, before any cap."""
    return multiplier * kelly_full * sure * decay


def time_decay(hours_left: float, decay_hours: float) -> float:
    """Factor on a stake near the end: 1 outside decay_hours, falling linearly to 0 at the end."""
    if decay_hours <= 0.0:
        return 1.0
    return max(0.0, min(1.0, hours_left / decay_hours))
