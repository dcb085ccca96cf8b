"""Empirical Bayes: what a wallet's few events are worth beside what all wallets, or all its events, say.

The latent pair is (a, r): closing-line value and residual outcome, dollars per share each. An event without a later
mid measures their sum (o). Every function works on all rows at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from copytrade_pipelines.scoring.edges import Edges, other_events

PARTS = ("a", "r", "o")
# What each part measures of the pair (a, r).
LOADING = {"a": (1.0, 0.0), "r": (0.0, 1.0), "o": (1.0, 1.0)}
# Events that the pooled variance counts as, beside a wallet's own.
POOL_EVENTS = 10.0
# Variance of a closing-line value before any wallet has two events. Source: reference scoring, power (sd 0.05).
UNKNOWN_VARIANCE = 0.05**2
LEAST_VARIANCE = 1e-8
# A part fits its own prior from this many wallets on; before, wallets are taken to differ by UNKNOWN_TAU.
LEAST_WALLETS = 5
UNKNOWN_TAU = 0.02
# How firmly nobody is believed to have an edge before anyone was seen: sd of the population's mean. Mids are
# calibrated to well within a cent, so a lucky season of everybody's outcomes is not taken for skill.
SCEPTICISM = {"a": 0.01, "r": 0.005, "o": 0.01}
# An imputed cost is a guess: it makes the estimate this much less certain.
IMPUTED_INFLATION = 0.5
TENTH = 1.2815515655446004


def normal_edges(overall: pd.DataFrame, by_category: pd.DataFrame, owner: np.ndarray) -> tuple[Edges, Edges]:
    """The estimator of score version ce1; its shape is edges.Estimator's."""
    pool = pooled_variance(overall)
    table = estimates(overall, pool)
    seen = float(overall["c_w"].sum())
    expected_loss = float(overall["extra_w"].sum()) / seen if seen > 0.0 else 0.0
    population = fit_population(table, expected_loss)
    belief = believe(table, population)
    if by_category.empty:
        return _edges(belief), _edges(Belief(np.empty((0, 2)), np.empty((0, 2, 2))))
    # A category is shrunk to what the wallet's other events say, so that no event counts twice.
    others = believe(estimates(other_events(overall, by_category, owner), pool), population)
    inside = estimates(by_category, pooled_variance(by_category))
    return _edges(belief), _edges(posterior(inside, widen(others, between_groups(inside, others))))


def _edges(belief: Belief) -> Edges:
    sd = belief.sd
    return Edges(belief.edge, sd, ndtr(belief.edge / np.maximum(sd, 1e-12)), belief.edge - TENTH * sd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A population of one part: mean, variance between wallets, and variance of the mean itself."""

    mean: float
    tau2: float
    mean_variance: float


@dataclass(frozen=True, slots=True)
class Belief:
    """Normal beliefs about (a, r). Shape: mean (n, 2), covariance (n, 2, 2)."""

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def edge(self) -> np.ndarray:
        """Mean of a + r, dollars per share."""
        return np.asarray(self.mean.sum(axis=1))

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation of a + r."""
        return np.asarray(np.sqrt(np.maximum(self.covariance.sum(axis=(1, 2)), 0.0)))


def sum_events(events: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sums that estimates are made of, one row a group; sums of two sets of events add."""
    columns: dict[str, pd.Series] = {}
    for part in PARTS:
        seen = events[part].notna()
        weight, value = events["weight"].where(seen, 0.0), events[part].fillna(0.0)
        variance = events["a"] * 0.0 if part == "a" else events[f"{part}_var"]
        columns |= {
            f"{part}_n": seen.astype(float),
            f"{part}_w": weight,
            f"{part}_ww": weight**2,
            f"{part}_wx": weight * value,
            f"{part}_wxx": weight * value**2,
            f"{part}_wwv": weight**2 * variance.fillna(0.0),
        }
    columns["c_w"] = events["weight"]
    columns["imputed_w"] = events["weight"] * events["imputed"]
    columns["extra_w"] = events["weight"] * events["extra"]
    return pd.DataFrame(columns).groupby([events[name] for name in by]).sum()


def pooled_variance(sums: pd.DataFrame) -> float:
    """Variance of a within wallets, pooled. Returns: UNKNOWN_VARIANCE while no wallet has two events."""
    count = sums["a_n"]
    freedom = float(count.sum() - (count > 0).sum())
    if freedom <= 0.0:
        return UNKNOWN_VARIANCE
    return max(float((count * _spread(sums)).sum()) / freedom, LEAST_VARIANCE)


def estimates(sums: pd.DataFrame, pool: float) -> pd.DataFrame:
    """The unshrunk mean of each part and its variance. Returns: columns a, r, o, a_s2, r_s2, o_s2; s2 inf if unseen."""
    columns: dict[str, pd.Series] = {}
    for part in PARTS:
        weight = sums[f"{part}_w"].where(sums[f"{part}_n"] > 0.5)
        columns[part] = sums[f"{part}_wx"] / weight
        columns[f"{part}_s2"] = sums[f"{part}_wwv"] / weight**2
    n_eff = sums["a_w"] ** 2 / sums["a_ww"].where(sums["a_n"] > 0.5)
    own = (sums["a_n"] * _spread(sums) + POOL_EVENTS * pool) / (sums["a_n"] + POOL_EVENTS)
    imputed = sums["imputed_w"] / (sums["a_w"] + sums["o_w"])
    columns["a_s2"] = own / n_eff * (1.0 + IMPUTED_INFLATION * imputed)
    table = pd.DataFrame(columns)
    for part in PARTS:
        table[f"{part}_s2"] = table[f"{part}_s2"].clip(lower=LEAST_VARIANCE).fillna(np.inf)
    return table


def fit_prior(table: pd.DataFrame, part: str, sceptical_mean: float) -> Prior:
    """Fit a population to the noisy estimates of one part; rows without one are skipped.

    Source: DerSimonian and Laird 1986 for tau2, with the sceptical mean as one more witness to the mean.
    """
    seen = table[part].notna()
    value, variance = table.loc[seen, part].to_numpy(float), table.loc[seen, f"{part}_s2"].to_numpy(float)
    doubt = SCEPTICISM[part] ** -2
    tau2 = _between(value, 1.0 / variance) if len(value) >= LEAST_WALLETS else UNKNOWN_TAU**2
    weight = 1.0 / (variance + tau2)
    total = float(weight.sum()) + doubt
    mean = (float((weight * value).sum()) + sceptical_mean * doubt) / total
    return Prior(mean=mean, tau2=tau2, mean_variance=1.0 / total)


def fit_population(table: pd.DataFrame, expected_loss: float) -> tuple[Prior, Prior]:
    """Priors of a and of r; expected_loss is what a wallet without skill costs a copier.

    Where later mids are too rare to fit a, outcomes alone speak for the sum and nothing is added for r.
    """
    seen = {part: int(table[part].notna().sum()) for part in PARTS}
    if seen["a"] < LEAST_WALLETS <= seen["o"]:
        return fit_prior(table, "o", -expected_loss), Prior(mean=0.0, tau2=0.0, mean_variance=0.0)
    return fit_prior(table, "a", -expected_loss), fit_prior(table, "r", 0.0)


def posterior(table: pd.DataFrame, prior: Belief, drift: np.ndarray | None = None) -> Belief:
    """Update normal beliefs with the three measured parts of each row.

    Shape: prior has one belief a row of table. drift (2,) is the variance of the prior's own means, shared by all
    rows: it is not shrunk away by one row's data, but added to the answer as far as the answer leans on the prior.
    """
    mean, covariance = prior.mean.copy(), prior.covariance.copy()
    leaning = np.broadcast_to(np.eye(2), covariance.shape).copy()
    for part, loading in LOADING.items():
        along = np.array(loading)
        value, noise = table[part].fillna(0.0).to_numpy(float), table[f"{part}_s2"].to_numpy(float)
        reach = covariance @ along
        gain = reach / (reach @ along + noise)[:, None]
        mean = mean + gain * (value - mean @ along)[:, None]
        covariance = covariance - gain[:, :, None] * reach[:, None, :]
        leaning = leaning - gain[:, :, None] * (along @ leaning)[:, None, :]
    if drift is not None:
        covariance = covariance + leaning @ np.diag(drift) @ np.swapaxes(leaning, 1, 2)
    return Belief(mean, covariance)


def believe(table: pd.DataFrame, population: tuple[Prior, Prior]) -> Belief:
    """Shrink each row towards the population."""
    rows = len(table)
    mean = np.tile([prior.mean for prior in population], (rows, 1))
    covariance = np.tile(np.diag([prior.tau2 for prior in population]), (rows, 1, 1))
    drift = np.array([prior.mean_variance for prior in population])
    return posterior(table, Belief(mean, covariance), drift)


def widen(belief: Belief, tau2: Mapping[str, float]) -> Belief:
    """Let a group differ from what it is shrunk to, by tau2 of each part."""
    return Belief(belief.mean, belief.covariance + np.diag([tau2["a"], tau2["r"]]))


def between_groups(table: pd.DataFrame, belief: Belief) -> dict[str, float]:
    """Variance of groups about what the rest of their wallet says, for a and r; moment estimate, never below 0."""
    found: dict[str, float] = {}
    for position, part in enumerate(("a", "r")):
        off = table[part].to_numpy(float) - belief.mean[:, position]
        seen = ~np.isnan(off)
        weight = 1.0 / (table[f"{part}_s2"].to_numpy(float)[seen] + belief.covariance[seen, position, position])
        excess = float((weight * off[seen] ** 2).sum()) - float(seen.sum())
        found[part] = max(0.0, excess / float(weight.sum())) if seen.any() else 0.0
    return found


def _spread(sums: pd.DataFrame) -> pd.Series:
    weight = sums["a_w"].where(sums["a_n"] > 0.5)
    return (sums["a_wxx"] / weight - (sums["a_wx"] / weight) ** 2).clip(lower=0.0).fillna(0.0)


def _between(values: np.ndarray, weights: np.ndarray) -> float:
    total = float(weights.sum())
    mean = float((weights * values).sum()) / total
    excess = float((weights * (values - mean) ** 2).sum()) - (len(values) - 1)
    return max(0.0, excess / (total - float((weights**2).sum()) / total))
