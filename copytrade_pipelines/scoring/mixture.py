"""Empirical Bayes over stories: a population of mostly unskilled wallets, a few informed ones, and some who push.

The latent pair (alpha, rho) of a wallet (signals.py) is taken to be one of a fixed fan of points:

    nobody    (0, 0)
    informed  theta * (phi, 1 - phi)    theta, the edge before costs, on SKILLS; phi, the share of it that the later mid
                                        has learnt, on SHARES: near 1 where prices learn fast, near 0 where slowly
    pusher    (delta, -delta)           its own impact lifts the mid, and the outcome takes it back

and the weights of the points are fitted to all wallets by EM: the nonparametric maximum likelihood estimate of the
prior (Kiefer and Wolfowitz 1956, Laird 1978) on this fan, with PSEUDO_WALLETS sceptical wallets beside the real ones,
so that a handful of wallets is shrunk to "nobody" and thousands speak for themselves. What a normal prior cannot say
this one can: 97 % have no edge and the rest a wide one, so a small edge is shrunk to nothing and a large one hardly at
all. Skill shows in both parts, so how far the mids of skilled wallets move tells (through phi) how much is still to
come in their outcomes, and a mid that moved for a wallet whose kind does not win is discounted.

Given the points, signals are independent normals, so the log likelihood of wallet i at point k is

    -1/2 * sum over parts of precision_i * (value_i - expected_k)^2

which is one matrix product. Posterior weights give the mean, the sd, P(edge > 0) and the tenth percentile of
alpha + rho - cost. A category of a wallet starts from the posterior of its other events: it is the same wallet with
probability 1 - redraw, and one like any other with probability redraw, which all categories together fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from copytrade_pipelines.scoring.signals import Scales, Signals

SKILLS = np.array(
    [-12, -9, -6, -4, -3, -2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10.5, 12], dtype=float
) / 100.0  # fmt: skip
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
PUSHES = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
# The sceptical prior: who is nobody, and how wide the edge of the rest is: mostly a cent, sometimes three.
PSEUDO_WALLETS = 20.0
NOBODY, PUSHER = 0.6, 0.01
NARROW, WIDE, IS_WIDE = 0.01, 0.03, 0.1
EM_STEPS = 150
# More wallets than this tell the prior nothing new; every n-th is taken.
FIT_WALLETS = 10_000
CHUNK = 20_000
# Points stand this far apart near zero, so a belief about an edge is no finer.
RESOLUTION = 0.005
TENTH = 0.1
REDRAWS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95])


@dataclass(frozen=True, slots=True)
class Fan:
    """The points a wallet may be: alpha and rho, and how the sceptic weighs them."""

    alpha: np.ndarray
    rho: np.ndarray
    sceptical: np.ndarray

    @property
    def edge(self) -> np.ndarray:
        """The edge before costs."""
        return np.asarray(self.alpha + self.rho)


@dataclass(frozen=True, slots=True)
class Edges:
    """Beliefs about the copier's edge, dollars per share: mean, sd, chance to be above 0, tenth percentile."""

    mean: np.ndarray
    sd: np.ndarray
    p_pos: np.ndarray
    low: np.ndarray


@dataclass(frozen=True, slots=True)
class Population:
    """What was fitted: how parts are measured, and the weight of each point of the fan."""

    scales: Scales
    weights: np.ndarray

    @property
    def learnt_share(self) -> float:
        """Share of a skilled wallet's edge that the later mid has learnt (phi), over those with a cent or more."""
        skilled = np.where((FAN.edge >= 0.01) & (FAN.rho >= 0.0), self.weights, 0.0)
        return float((skilled @ FAN.alpha) / (skilled @ FAN.edge)) if skilled.sum() > 0.0 else np.nan

    @property
    def skilled_share(self) -> float:
        """Share of wallets whose edge before costs is two cents or more."""
        return float(self.weights[FAN.edge >= 0.02].sum())

    @property
    def pusher_share(self) -> float:
        """Share of wallets whose impact comes back."""
        return float(self.weights[(FAN.alpha > 0.0) & (FAN.rho < 0.0)].sum())


def _fan() -> Fan:
    alpha = np.concatenate([[0.0], *(share * SKILLS for share in SHARES), PUSHES])
    rho = np.concatenate([[0.0], *((1.0 - share) * SKILLS for share in SHARES), -PUSHES])
    cells = np.gradient(SKILLS)
    density = cells * ((1.0 - IS_WIDE) * _bell(SKILLS, NARROW) + IS_WIDE * _bell(SKILLS, WIDE))
    ray = (1.0 - NOBODY - PUSHER) / len(SHARES) * density / density.sum()
    return Fan(
        alpha, rho, np.concatenate([[NOBODY], *(ray for _ in SHARES), np.full(len(PUSHES), PUSHER / len(PUSHES))])
    )


def _bell(values: np.ndarray, sd: float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * (values / sd) ** 2) / sd)


FAN = _fan()


def fit_population(signals: Signals, scales: Scales) -> Population:
    """Fit the weights of the fan's points to all wallets."""
    step = max(1, -(-len(signals) // FIT_WALLETS))
    likely = _likelihoods(signals.take(slice(None, None, step)), scales)
    weights, total = FAN.sceptical, len(likely) + PSEUDO_WALLETS
    for _ in range(EM_STEPS):
        counted = weights * (likely.T @ (1.0 / (likely @ weights)))
        weights = (counted + PSEUDO_WALLETS * FAN.sceptical) / total
    return Population(scales, weights)


def believe(signals: Signals, population: Population) -> Edges:
    """Beliefs about each wallet."""
    found = [_edges(_posterior(part, population), part, population.scales) for part in _chunks(signals)]
    return _joined(found)


def believe_categories(inside: Signals, others: Signals, population: Population) -> tuple[Edges, float]:
    """Beliefs about each wallet in one category, from what it did there and what its other events say.

    Returns: beliefs, and the redraw share that all rows together fit.
    """
    redraw = _redraw(inside, others, population)
    found = []
    for part, rest in zip(_chunks(inside), _chunks(others), strict=True):
        prior = (1.0 - redraw) * _posterior(rest, population) + redraw * population.weights
        likely = _likelihoods(part, population.scales) * prior
        found.append(_edges(likely / likely.sum(axis=1, keepdims=True), part, population.scales))
    return _joined(found), redraw


def _redraw(inside: Signals, others: Signals, population: Population) -> float:
    step = max(1, -(-len(inside) // FIT_WALLETS))
    rows = slice(None, None, step)
    likely = _likelihoods(inside.take(rows), population.scales)
    same = (likely * _posterior(others.take(rows), population)).sum(axis=1)
    fresh = likely @ population.weights
    # The middle is believed until categories say otherwise.
    fit = [np.log((1.0 - share) * same + share * fresh).sum() + np.log(share * (1.0 - share)) for share in REDRAWS]
    return float(REDRAWS[int(np.argmax(fit))])


def _likelihoods(signals: Signals, scales: Scales) -> np.ndarray:
    # Relative to each row's best point. The square is multiplied out, so that one product serves all points.
    expected = np.stack((FAN.alpha, FAN.rho + scales.reversion * FAN.alpha, FAN.edge))
    pull = signals.precision * signals.value
    exponent = pull @ expected - 0.5 * (signals.precision @ expected**2)
    exponent -= exponent.max(axis=1, keepdims=True)
    return np.asarray(np.exp(exponent, out=exponent))


def _posterior(signals: Signals, population: Population) -> np.ndarray:
    likely = _likelihoods(signals, population.scales) * population.weights
    likely /= likely.sum(axis=1, keepdims=True)
    return likely


def _edges(weights: np.ndarray, signals: Signals, scales: Scales) -> Edges:
    order = np.argsort(FAN.edge, kind="stable")
    edge, sorted_weights = FAN.edge[order], weights[:, order]
    blur = np.sqrt(RESOLUTION**2 + scales.baseline_variance)
    mean = weights @ FAN.edge
    variance = np.maximum(weights @ FAN.edge**2 - mean**2, 0.0) + blur**2
    above = ndtr((edge - signals.cost[:, None]) / blur)
    reached = np.cumsum(sorted_weights, axis=1)
    place = (reached < TENTH).sum(axis=1).clip(max=len(edge) - 1)
    low = edge[place] - RESOLUTION
    net = mean - signals.cost
    return Edges(net, np.sqrt(variance), (sorted_weights * above).sum(axis=1), np.minimum(low - signals.cost, net))


def _chunks(signals: Signals) -> Iterator[Signals]:
    for start in range(0, max(len(signals), 1), CHUNK):
        yield signals.take(slice(start, start + CHUNK))


def _joined(parts: list[Edges]) -> Edges:
    return Edges(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("mean", "sd", "p_pos", "low")))
