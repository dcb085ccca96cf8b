"""Columns of marts.fct_report_card."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from copytrade_pipelines.scoring.frame import Floats
from copytrade_pipelines.scoring.report_card.baselines import BASELINES
from copytrade_pipelines.scoring.report_card.calibration import Calibration

KEY = ("as_of", "score_version", "horizon_days")
_DIGITS = 6


def _interval(name: str) -> dict[str, str]:
    return dict.fromkeys((name, f"{name}_low", f"{name}_high"), "DOUBLE")


COLUMNS: dict[str, str] = {
    # The card, the version and how long ago its scores were frozen.
    "as_of": "TIMESTAMP",
    "known_at": "TIMESTAMP",
    "score_version": "VARCHAR",
    "is_champion": "BOOLEAN",
    "horizon_days": "BIGINT",
    "frozen_at": "TIMESTAMP",
    "scored_at": "TIMESTAMP",
    # How much there is to judge by: distinct events, and the share of what wallets opened that was paid out.
    "wallets_scored": "BIGINT",
    "wallets_judged": "BIGINT",
    "events": "BIGINT",
    "settled_share": "DOUBLE",
    # Rank correlation of the score (rank) with the later copier edge.
    **_interval("ic"),
    # The lists a copier would have followed: what the runner refuses is left out. Edge per share, return per dollar.
    "list_length": "BIGINT",
    "top_wallets": "BIGINT",
    "top_events": "BIGINT",
    **_interval("top_edge"),
    **_interval("top_roi"),
    **_interval("decile_edge"),
    **_interval("decile_roi"),
    **{key: "DOUBLE" for name in BASELINES for key in (f"{name}_roi", *_interval(f"beyond_{name}"))},
    "random_roi_low": "DOUBLE",
    "random_roi_high": "DOUBLE",
    # Errors of the probabilities beyond chance; chance says how often a calibrated score looks as bad.
    **_interval("calibration_error"),
    "reliability_error": "DOUBLE",
    "pit_error": "DOUBLE",
    "calibration_chance": "DOUBLE",
    # The best of the score before refusals, and how many of the followed list were not on it a week before.
    "favourite_share": "DOUBLE",
    "maker_share": "DOUBLE",
    "turnover": "DOUBLE",
    **_interval("beyond_champion"),
    "says": "VARCHAR",
    # Of this horizon, and of the version: that of the longest horizon that tells anything.
    "verdict": "VARCHAR",
    "reasons": "VARCHAR[]",
    "card_verdict": "VARCHAR",
    "decided_by_days": "BIGINT",
    # JSON: reliability (a row a bin of p_pos), pit (share in each tenth), at (ms) and curves (return up to then).
    "detail": "VARCHAR",
}


def detail_text(calibration: Calibration, grid: np.ndarray, curves: Mapping[str, Floats]) -> str:
    """What pictures are drawn from, as JSON."""
    content = {
        "reliability": [asdict(found) for found in calibration.bins],
        "pit": list(calibration.pit),
        "at": (grid // 1000).tolist(),
        "curves": {name: values.tolist() for name, values in curves.items()},
    }
    return json.dumps(_rounded(content), sort_keys=True)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
