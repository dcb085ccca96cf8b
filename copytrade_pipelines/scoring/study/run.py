"""Runs the study: every formula on every seed, averaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from copytrade_pipelines.scoring.study.judge import judge
from copytrade_pipelines.scoring.study.ours import our_scores
from copytrade_pipelines.scoring.study.peers import peer_scores
from copytrade_pipelines.scoring.study.population import Settings, draw_population
from copytrade_pipelines.scoring.study.reference_scores import reference_scores

Row = dict[str, float]


def judged_seeds(seeds: Iterable[int], settings: Settings) -> Iterator[dict[str, Row]]:
    """What the judge says of each formula, seed by seed."""
    for seed in seeds:
        population = draw_population(seed, settings)
        past = population.past
        scores = peer_scores(past) | reference_scores(past) | our_scores(past)
        yield {name: judge(population, score) for name, score in scores.items()}


def mean_rows(judged: Iterable[dict[str, Row]]) -> list[dict[str, object]]:
    """One row a formula, averaged over the seeds; a figure that a seed does not have is left out of its mean."""
    found = list(judged)
    return [
        {"score": name} | {key: _mean(rows[name][key] for rows in found) for key in found[0][name]} for name in found[0]
    ]


def _mean(values: Iterable[float]) -> float | None:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else None
