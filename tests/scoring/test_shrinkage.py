"""The arithmetic of empirical Bayes at its edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from copytrade_pipelines.scoring.shrinkage import (
    SCEPTICISM,
    UNKNOWN_TAU,
    Prior,
    believe,
    estimates,
    fit_population,
    fit_prior,
    pooled_variance,
    sum_events,
)


def table(**columns: list[float]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    blank = {"a": np.nan, "r": np.nan, "o": np.nan, "a_s2": np.inf, "r_s2": np.inf, "o_s2": np.inf}
    return pd.DataFrame({name: columns.get(name, [value] * rows) for name, value in blank.items()})


def test_without_variance_between_wallets_everybody_is_worth_the_pooled_mean() -> None:
    same = table(a=[0.01] * 8, a_s2=[0.0004] * 8)
    population = fit_population(same, 0.006)
    belief = believe(same, population)
    assert population[0].tau2 == 0.0
    np.testing.assert_allclose(belief.mean[:, 0], population[0].mean)
    assert np.isfinite(belief.sd).all()
    assert (belief.sd > 0).all()


def test_the_posterior_is_the_precision_weighted_mean() -> None:
    prior = Prior(mean=-0.01, tau2=0.0004, mean_variance=0.0)
    nothing = Prior(mean=0.0, tau2=0.0, mean_variance=0.0)
    belief = believe(table(a=[0.05], a_s2=[0.0012]), (prior, nothing))
    assert belief.edge[0] == pytest.approx((0.05 / 0.0012 - 0.01 / 0.0004) / (1 / 0.0012 + 1 / 0.0004))
    assert belief.sd[0] ** 2 == pytest.approx(1.0 / (1 / 0.0012 + 1 / 0.0004))


def test_outcomes_alone_move_the_sum_of_both_parts() -> None:
    prior = (Prior(mean=0.0, tau2=0.0003, mean_variance=0.0), Prior(mean=0.0, tau2=0.0001, mean_variance=0.0))
    belief = believe(table(o=[0.08], o_s2=[0.0004]), prior)
    assert belief.edge[0] == pytest.approx(0.04)
    assert belief.sd[0] ** 2 == pytest.approx(0.0002)


def test_dersimonian_laird_recovers_a_known_spread() -> None:
    draw = np.random.default_rng(3)
    truth = draw.normal(-0.01, 0.03, 4000)
    noise = draw.uniform(0.01, 0.05, 4000)
    seen = table(a=list(truth + draw.normal(0, noise)), a_s2=list(noise**2))
    prior = fit_prior(seen, "a", -0.01)
    assert prior.mean == pytest.approx(-0.01, abs=0.003)
    assert prior.tau2**0.5 == pytest.approx(0.03, abs=0.003)


def test_few_wallets_differ_by_the_default_and_nobody_means_a_loss() -> None:
    nobody = fit_prior(table(r=[0.5]), "a", -0.006)
    assert (nobody.mean, nobody.tau2) == (pytest.approx(-0.006), UNKNOWN_TAU**2)
    assert nobody.mean_variance == pytest.approx(SCEPTICISM["a"] ** 2)


def test_where_no_later_mid_exists_outcomes_speak_for_the_edge() -> None:
    first, second = fit_population(table(o=[0.02, 0.03, 0.01, 0.05, -0.02], o_s2=[0.0004] * 5), 0.006)
    assert first.mean > 0.0
    assert (second.mean, second.tau2) == (0.0, 0.0)


def test_the_variance_of_few_events_is_pulled_to_the_pool() -> None:
    values = [0.01, 0.03, *np.random.default_rng(5).normal(0, 0.05, 200)]
    events = pd.DataFrame({"wallet": ["few"] * 2 + ["many"] * 200, "a": values, "weight": 1.0})
    blank = {"r": np.nan, "o": np.nan, "r_var": np.nan, "o_var": np.nan, "imputed": 0.0, "extra": 0.006}
    sums = sum_events(events.assign(**blank), ["wallet"])
    pool = pooled_variance(sums)
    few = estimates(sums, pool).loc["few"]
    assert few["a"] == pytest.approx(0.02)
    assert few["a_s2"] == pytest.approx((2 * 0.0001 + 10 * pool) / 12 / 2)
    assert pool == pytest.approx(0.05**2, rel=0.25)


def test_imputed_costs_make_an_estimate_less_certain() -> None:
    events = pd.DataFrame({"wallet": ["a"] * 4 + ["b"] * 4, "a": [0.0, 0.1, 0.0, 0.1] * 2, "weight": 1.0})
    blank = {"r": np.nan, "o": np.nan, "r_var": np.nan, "o_var": np.nan, "extra": 0.0}
    sums = sum_events(events.assign(**blank, imputed=[1.0] * 4 + [0.0] * 4), ["wallet"])
    found = estimates(sums, pooled_variance(sums))["a_s2"]
    assert found["a"] == pytest.approx(1.5 * found["b"])
