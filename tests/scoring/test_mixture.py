"""The mixture prior and what it is told, at their edges."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from copytrade_pipelines.scoring import mixture, signals
from copytrade_pipelines.scoring.edges import other_events
from copytrade_pipelines.scoring.kernels.events import AVERAGES, SUMS, sum_wallets
from copytrade_pipelines.scoring.mixture import believe, believe_categories, fit_population, mixture_edges
from copytrade_pipelines.scoring.signals import Scales, fit_scales, measure, sum_signals
from copytrade_pipelines.scoring.study.ours import as_events, sum_trades
from copytrade_pipelines.scoring.study.population import Kind, Settings, draw_population


@pytest.fixture(scope="module")
def study() -> tuple[np.ndarray, pd.DataFrame]:
    drawn = draw_population(101, Settings(wallets=2000))
    return drawn.kinds, sum_trades(drawn.past)


def one_wallet(**parts: float) -> pd.DataFrame:
    blank = dict.fromkeys(("a", "r", "o", "price_var", "r_var", "o_var"), np.nan)
    row = blank | {"fee": 0.0, "extra": 0.006, "imputed": 0.0, "weight": 1.0, "wallet": 0} | parts
    return sum_signals(pd.DataFrame([row]), ["wallet"])


def judged(sums: pd.DataFrame) -> Any:
    return mixture_edges(sums, sums.iloc[:0], np.empty(0, dtype=int))[0]


def test_the_population_is_told_from_its_sums(study: tuple[np.ndarray, pd.DataFrame]) -> None:
    kinds, sums = study
    scales = fit_scales(sums)
    found = fit_population(measure(sums, scales), scales)
    assert found.learnt_share == pytest.approx(0.6, abs=0.15)
    assert scales.kappa == pytest.approx(0.01, rel=0.1)
    assert scales.reversion > 0.8
    assert found.skilled_share == pytest.approx((kinds == Kind.SKILLED).mean(), abs=0.015)
    assert found.pusher_share < 0.01
    assert found.points.weight.sum() == pytest.approx(1.0)


def test_a_wallet_is_believed_to_earn_as_often_as_it_does() -> None:
    drawn = draw_population(102, Settings())
    p_pos = judged(sum_trades(drawn.past)).p_pos
    sure = p_pos > 0.9
    assert sure.sum() >= 20
    assert (drawn.kinds[sure] == Kind.SKILLED).mean() > 0.93
    assert p_pos[drawn.kinds == Kind.NOISE].mean() < 0.03


def test_one_wild_event_hardly_moves_a_wallet(study: tuple[np.ndarray, pd.DataFrame]) -> None:
    _, sums = study
    wild = one_wallet(a=0.30, price_var=0.24).reindex(columns=sums.columns, fill_value=0.0)
    nothing = wild * 0.0
    both = judged(pd.concat([sums, wild, nothing], ignore_index=True))
    assert both.p_pos[-2] < 0.3
    assert 0.0 < both.mean[-2] - both.mean[-1] < 0.03


def test_nobody_known_is_worth_less_than_nothing() -> None:
    edges = judged(pd.DataFrame(np.zeros((1, len(signals.SUMS))), columns=list(signals.SUMS)))
    assert np.isfinite([edges.mean[0], edges.sd[0], edges.p_pos[0], edges.low[0]]).all()
    assert edges.p_pos[0] < 0.6
    assert edges.low[0] <= edges.mean[0]


def test_equal_wallets_are_worth_the_same_without_nan() -> None:
    same = pd.concat([one_wallet(a=0.01, price_var=0.25)] * 8, ignore_index=True)
    edges = judged(same)
    assert np.isfinite(edges.mean).all()
    assert np.ptp(edges.mean) == 0.0


def test_wallets_in_another_order_are_worth_the_same(study: tuple[np.ndarray, pd.DataFrame]) -> None:
    _, sums = study
    back = judged(sums.iloc[::-1])
    np.testing.assert_allclose(back.mean[::-1], judged(sums).mean, atol=1e-9)


def test_dearer_copies_lower_every_belief_by_as_much(study: tuple[np.ndarray, pd.DataFrame]) -> None:
    _, sums = study
    dearer = sums.assign(
        g_wx=sums["g_wx"] - 0.01 * sums["g_w"],
        g_wxx=sums["g_wxx"] - 0.02 * sums["g_wx"] + 0.0001 * sums["g_w"],
        s_wg=sums["s_wg"] - 0.01 * sums["s_w"],
        s_wgg=sums["s_wgg"] - 0.02 * sums["s_wg"] + 0.0001 * sums["s_w"],
        s_wgx=sums["s_wgx"] - 0.01 * sums["s_wx"],
        extra_w=sums["extra_w"] + 0.01 * sums["c_w"],
    )
    np.testing.assert_allclose(judged(sums).mean - judged(dearer).mean, 0.01, atol=1e-4)


def test_outcomes_confirm_or_deny_what_mids_promise() -> None:
    scales = Scales(kappa=0.01, pool_events=100.0, reversion=0.0, baseline=0.0, baseline_variance=0.0, fee=0.0)
    points = mixture._ray(0.5)
    points = replace(points, weight=np.full(len(points.weight), 1.0 / len(points.weight)))
    population = mixture.Population(scales, points, 0.5)
    value = np.array([[0.03, 0.03, 0.0], [0.03, 0.0, 0.0], [0.03, -0.03, 0.0]])
    precision = np.tile([0.005**-2, 0.01**-2, 0.0], (3, 1))
    found = believe(signals.Signals(value, precision, np.full(3, 50.0), np.full(3, 0.02)), population)
    assert found.mean[0] > found.mean[1] > found.mean[2]
    assert found.p_pos[0] > 0.9 > 0.1 > found.p_pos[2]


def test_a_category_leans_on_the_other_events_as_far_as_categories_agree(
    study: tuple[np.ndarray, pd.DataFrame],
) -> None:
    kinds, sums = study
    scales = fit_scales(sums)
    population = fit_population(measure(sums, scales), scales)
    half = sums * 0.5
    alike = measure(half, scales)
    _, agrees = believe_categories(alike, alike, population)
    strangers = measure(half.iloc[np.random.default_rng(1).permutation(len(half))], scales)
    believed, differs = believe_categories(alike, strangers, population)
    assert agrees < 0.3
    assert differs > 0.8
    assert believed.mean[kinds == Kind.SKILLED].mean() > believed.mean[kinds == Kind.NOISE].mean() + 0.01


def test_other_events_are_all_but_those_of_the_category(study: tuple[np.ndarray, pd.DataFrame]) -> None:
    _, sums = study
    inside = sums.iloc[[3, 7]] * 0.25
    rest = other_events(sums, inside, np.array([3, 7]))
    np.testing.assert_allclose(rest.to_numpy(), 0.75 * sums.iloc[[3, 7]].to_numpy())


def test_the_compiled_sums_are_those_of_the_reference() -> None:
    drawn = draw_population(5, Settings(wallets=50))
    events = as_events(drawn.past)
    hidden = np.random.default_rng(2).random((len(events), 2)) < 0.3
    events["o"] = np.where(hidden[:, 0], drawn.past.y - drawn.past.cost, np.nan)
    events["o_var"] = np.where(hidden[:, 0], events["price_var"], np.nan)
    events.loc[hidden[:, 0], ["a", "r", "r_var"]] = np.nan
    events.loc[hidden[:, 1], ["r", "r_var"]] = np.nan
    events["weight"] = np.random.default_rng(3).uniform(0.2, 1.0, len(events))
    deviations = {f"{name}_sd": np.sqrt(events[f"{name}_var"]) for name in ("r", "o", "price")}
    averages = events.assign(**deviations).reindex(columns=list(AVERAGES)).to_numpy(float)
    wallet = events["wallet"].to_numpy()
    ids = np.stack((wallet, np.arange(len(wallet)), np.zeros(len(wallet), dtype=int)), axis=1).astype(np.int64)
    overall, scratch = np.zeros((50, len(SUMS))), np.zeros((1, len(SUMS)))
    groups, by_category = np.empty((50, 2), dtype=np.int32), np.empty((50, len(SUMS)))
    sum_wallets(ids, averages, events["weight"].to_numpy(), 0, len(ids), overall, scratch, groups, by_category)
    compiled = pd.DataFrame(overall, columns=list(SUMS))[list(signals.SUMS)]
    np.testing.assert_allclose(compiled.to_numpy(), sum_signals(events, ["wallet"]).to_numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_two_hundred_thousand_wallets_are_judged_in_seconds() -> None:
    drawn = draw_population(1, Settings())
    sums = pd.concat([sum_trades(drawn.past)] * 50, ignore_index=True)
    began = time.perf_counter()
    judged(sums)
    assert time.perf_counter() - began < 10.0
