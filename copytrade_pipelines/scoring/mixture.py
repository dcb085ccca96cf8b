"""Empirical Bayes over stories: a population of mostly unskilled wallets, a few informed ones, and some who push.

The latent pair (alpha, rho) of a wallet (signals.py) is taken to be one of a fixed set of points:

    nobody    (0, 0)
    informed  theta * (phi, 1 - phi)    theta, the edge before costs, on SKILLS; phi, the share of it that the later mid
                                        has learnt, one for all wallets: near 1 where prices learn fast
    pusher    (delta, -delta)           its own impact lifts the mid, and the outcome takes it back

The weights of the points are fitted to all wallets by EM: the nonparametric maximum likelihood estimate of the prior
(Kiefer and Wolfowitz 1956, Laird 1978) on these points, with PSEUDO_WALLETS sceptical wallets beside the real ones, so
that a handful of wallets is shrunk to "nobody" and thousands speak for themselves. This is done for each phi of SHARES,
and the answers are averaged by how likely each makes the data (a uniform prior over phi): many wallets pick one phi,
few leave it open.

What a normal prior cannot say this one can: 97 % have no edge and the rest a wide one, so a small edge is shrunk to
nothing and a large one hardly at all. Skill shows in both parts, so what the mids of a wallet's bets gained tells,
through phi, how much is still to come in their outcomes; and gains in mids that no outcome confirms are discounted.

Given the points, signals are independent. Outcomes are normal, with the variance that prices imply; the noise of mids
is estimated, so it is Student's t with the events that estimated it, and a wallet with a single event, however wild,
is hardly moved:

    log likelihood of wallet i at point k = - (f + 1) / 2 * log(1 + precision_g (g - alpha_k)^2 / f)
                                            - 1/2 * sum over r, o of precision * (value - expected_k)^2

Posterior weights give the mean, the sd, P(edge > 0) and the tenth percentile of
alpha + rho - cost. A category of a wallet starts from the posterior of its other events: it is the same wallet with
probability 1 - redraw, and one like any other with probability redraw, which all categories together fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr

from copytrade_pipelines.scoring.edges import Edges, other_events
from copytrade_pipelines.scoring.signals import Scales, Signals, fit_scales, measure

SKILLS = np.array(
    [-12, -9, -6, -4, -3, -2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10.5, 12], dtype=float
) / 100.0  # fmt: skip
SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PUSHES = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
# The sceptic: who is nobody, and how wide the edge of the rest is: mostly a cent, sometimes three.
PSEUDO_WALLETS = 20.0
NOBODY, PUSHER = 0.6, 0.003
NARROW, WIDE, IS_WIDE = 0.01, 0.03, 0.2
# Steps that tell the shares apart, and steps that fit those which are left.
FIRST_STEPS, EM_STEPS = 40, 150
LEAST_ODDS, LEAST_WEIGHT = 1e-3, 1e-7
# More wallets than this tell the prior nothing new; every n-th is taken.
FIT_WALLETS = 8_000
CHUNK = 20_000
# Points stand this far apart near zero, so a belief about an edge is no finer.
RESOLUTION = 0.005
TENTH = 0.1
REDRAWS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95])


@dataclass(frozen=True, slots=True)
class Points:
    """What a wallet may be, alpha and rho, and how likely each is."""

    alpha: np.ndarray
    rho: np.ndarray
    weight: np.ndarray

    @property
    def edge(self) -> np.ndarray:
        """The edge before costs."""
        return np.asarray(self.alpha + self.rho)


@dataclass(frozen=True, slots=True)
class Population:
    """What was fitted: how parts are measured, the points with their weights in order of edge, and phi."""

    scales: Scales
    points: Points
    learnt_share: float

    @property
    def skilled_share(self) -> float:
        """Share of wallets whose edge before costs is two cents or more."""
        return float(self.points.weight[self.points.edge >= 0.02].sum())

    @property
    def pusher_share(self) -> float:
        """Share of wallets whose impact comes back."""
        return float(self.points.weight[(self.points.alpha > 0.0) & (self.points.rho < 0.0)].sum())


def mixture_edges(overall: pd.DataFrame, by_category: pd.DataFrame, owner: np.ndarray) -> tuple[Edges, Edges]:
    """The estimator of score version ce2; its shape is edges.Estimator's."""
    scales = fit_scales(overall)
    signals = measure(overall, scales)
    population = fit_population(signals, scales)
    others = measure(other_events(overall, by_category, owner), scales)
    inside, _ = believe_categories(measure(by_category, scales), others, population)
    return believe(signals, population), inside


def fit_population(signals: Signals, scales: Scales) -> Population:
    """Fit phi and the weights of the points to all wallets."""
    sample = signals.take(slice(None, None, max(1, -(-len(signals) // FIT_WALLETS))))
    rays = [_ray(share) for share in SHARES]
    odds = _odds([_fitted(ray, sample, scales, FIRST_STEPS)[1] for ray in rays])
    left = np.flatnonzero(odds > LEAST_ODDS)
    fits = [_fitted(rays[place], sample, scales, EM_STEPS) for place in left]
    odds = _odds([fit for _, fit in fits])
    points = _union([points for points, _ in fits], odds)
    return Population(scales, points, float(odds @ np.array(SHARES)[left]))


def _ray(share: float) -> Points:
    # The points for one phi, weighed as the sceptic does.
    density = np.gradient(SKILLS) * ((1.0 - IS_WIDE) * _bell(NARROW) + IS_WIDE * _bell(WIDE))
    skilled = (1.0 - NOBODY - PUSHER) * density / density.sum()
    return Points(
        np.concatenate([[0.0], share * SKILLS, PUSHES]),
        np.concatenate([[0.0], (1.0 - share) * SKILLS, -PUSHES]),
        np.concatenate([[NOBODY], skilled, np.full(len(PUSHES), PUSHER / len(PUSHES))]),
    )


def _bell(sd: float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * (SKILLS / sd) ** 2) / sd)


def _fitted(sceptical: Points, sample: Signals, scales: Scales, steps: int) -> tuple[Points, float]:
    # EM from the sceptic's weights. Returns: the points reweighted, and the log of what was maximised.
    exponent = _exponents(sample, sceptical, scales)
    top = exponent.max(axis=1, keepdims=True)
    likely = np.exp(exponent - top)
    weight, total = sceptical.weight, len(likely) + PSEUDO_WALLETS
    for _ in range(steps):
        counted = weight * (likely.T @ (1.0 / (likely @ weight)))
        weight = (counted + PSEUDO_WALLETS * sceptical.weight) / total
    fit = float((np.log(likely @ weight) + top[:, 0]).sum())
    doubt = float((sceptical.weight * np.log(weight / sceptical.weight)).sum())
    return replace(sceptical, weight=weight), fit + PSEUDO_WALLETS * doubt


def _odds(fits: list[float]) -> np.ndarray:
    relative = np.exp(np.array(fits) - max(fits))
    return np.asarray(relative / relative.sum())


def _union(rays: list[Points], odds: np.ndarray) -> Points:
    alpha, rho = (np.concatenate([getattr(points, name) for points in rays]) for name in ("alpha", "rho"))
    weight = np.concatenate([share * points.weight for share, points in zip(odds, rays, strict=True)])
    order = np.argsort(alpha + rho, kind="stable")
    kept = order[weight[order] > LEAST_WEIGHT]
    return Points(alpha[kept], rho[kept], weight[kept] / weight[kept].sum())


def believe(signals: Signals, population: Population) -> Edges:
    """Beliefs about each wallet."""
    return _joined([_edges(_posterior(part, population), part, population) for part in _chunks(signals)])


def believe_categories(inside: Signals, others: Signals, population: Population) -> tuple[Edges, float]:
    """Beliefs about each wallet in one category, from what it did there and what its other events say.

    Returns: beliefs, and the redraw share that all rows together fit.
    """
    redraw = _redraw(inside, others, population)
    found = []
    for part, rest in zip(_chunks(inside), _chunks(others), strict=True):
        prior = (1.0 - redraw) * _posterior(rest, population) + redraw * population.points.weight
        likely = _likelihoods(part, population) * prior
        found.append(_edges(likely / likely.sum(axis=1, keepdims=True), part, population))
    return _joined(found), redraw


def _redraw(inside: Signals, others: Signals, population: Population) -> float:
    rows = slice(None, None, max(1, -(-len(inside) // FIT_WALLETS)))
    likely = _likelihoods(inside.take(rows), population)
    same = (likely * _posterior(others.take(rows), population)).sum(axis=1)
    fresh = likely @ population.points.weight
    # The middle is believed until categories say otherwise.
    fit = [np.log((1.0 - share) * same + share * fresh).sum() + np.log(share * (1.0 - share)) for share in REDRAWS]
    return float(REDRAWS[int(np.argmax(fit))])


def _exponents(signals: Signals, points: Points, scales: Scales) -> np.ndarray:
    square = signals.precision[:, :1] * (signals.value[:, :1] - points.alpha) ** 2
    freedom = signals.freedom[:, None]
    exponent = -0.5 * (freedom + 1.0) * np.log1p(square / freedom)
    # Of outcomes, the square is multiplied out, so that one product serves all points, without what no point changes.
    expected = np.stack((points.rho + scales.reversion * points.alpha, points.edge))
    precision, value = signals.precision[:, 1:], signals.value[:, 1:]
    exponent += (precision * value) @ expected - 0.5 * (precision @ expected**2)
    return np.asarray(exponent)


def _likelihoods(signals: Signals, population: Population) -> np.ndarray:
    exponent = _exponents(signals, population.points, population.scales)
    exponent -= exponent.max(axis=1, keepdims=True)
    return np.asarray(np.exp(exponent, out=exponent))


def _posterior(signals: Signals, population: Population) -> np.ndarray:
    likely = _likelihoods(signals, population) * population.points.weight
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def _edges(weights: np.ndarray, signals: Signals, population: Population) -> Edges:
    edge = population.points.edge
    blur = np.sqrt(RESOLUTION**2 + population.scales.baseline_variance)
    mean = weights @ edge
    variance = np.maximum(weights @ edge**2 - mean**2, 0.0) + blur**2
    above = ndtr((edge - signals.cost[:, None]) / blur)
    place = (np.cumsum(weights, axis=1) < TENTH).sum(axis=1).clip(max=len(edge) - 1)
    net = mean - signals.cost
    low = np.minimum(edge[place] - blur - signals.cost, net)
    return Edges(net, np.sqrt(variance), (weights * above).sum(axis=1), low)


def _chunks(signals: Signals) -> Iterator[Signals]:
    for start in range(0, max(len(signals), 1), CHUNK):
        yield signals.take(slice(start, start + CHUNK))


def _joined(parts: list[Edges]) -> Edges:
    return Edges(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("mean", "sd", "p_pos", "low")))
