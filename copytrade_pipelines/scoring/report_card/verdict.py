"""From measured intervals to a verdict with its reasons; a thing that cannot be told yet is not called failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from copytrade_pipelines.scoring.report_card.calibration import CHANCE, Calibration
from copytrade_pipelines.scoring.report_card.resampling import Interval
from copytrade_pipelines.scoring.report_card.rules import CardRules, Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and the sentence that says its value and its limit."""

    verdict: Verdict
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the verdict of one version at one horizon rests on. excess is beyond each baseline."""

    events: int
    wallets: int
    ic: Interval
    roi: Interval
    excess: Mapping[str, Interval]
    calibration: Calibration


def judge(found: Measured, rules: CardRules) -> tuple[Verdict, list[str]]:
    """The verdict and its reasons: what failed or could not be told, or all that passed."""
    findings = list(_evidence(found, rules)) or list(_findings(found, rules))
    for verdict in (Verdict.FAILED, Verdict.INSUFFICIENT):
        said = [finding.said for finding in findings if finding.verdict is verdict]
        if said:
            return verdict, said
    return Verdict.PASSED, [finding.said for finding in findings]


def overall(verdicts: Sequence[tuple[int, Verdict]]) -> tuple[int | None, Verdict]:
    """The verdict of the longest horizon that tells anything, and which it was: it has seen most.

    Shape: horizons in days, rising.
    """
    for days, verdict in reversed(verdicts):
        if verdict is not Verdict.INSUFFICIENT:
            return days, verdict
    return None, Verdict.INSUFFICIENT


def above(name: str, found: Interval, limit: float, max_width: float, unit: str = "") -> Finding:
    """Whether an interval lies above a limit: shown, refuted, missed by a sharp measurement, or not to be told."""
    said = f"{name} {found.value:+.3f}{unit} [{found.low:+.3f}, {found.high:+.3f}]"
    if np.isnan(found.low):
        return Finding(Verdict.INSUFFICIENT, f"{name} could not be measured")
    if found.low >= limit:
        return Finding(Verdict.PASSED, f"{said}: lower bound at or above {limit:+.3f}")
    if found.high < limit or found.width <= max_width:
        return Finding(Verdict.FAILED, f"{said}: lower bound below {limit:+.3f}")
    return Finding(Verdict.INSUFFICIENT, f"{said}: wider than {max_width:.3f}, too wide to tell from {limit:+.3f}")


def _evidence(found: Measured, rules: CardRules) -> Iterator[Finding]:
    if found.events < rules.min_events:
        yield Finding(Verdict.INSUFFICIENT, f"{found.events} events were judged, needed are {rules.min_events}")
    if found.wallets < rules.min_wallets:
        yield Finding(Verdict.INSUFFICIENT, f"{found.wallets} wallets were judged, needed are {rules.min_wallets}")


def _findings(found: Measured, rules: CardRules) -> Iterator[Finding]:
    yield above("rank correlation with the later edge", found.ic, rules.min_ic_low, rules.max_ic_width)
    yield above("return of the top list", found.roi, rules.min_roi_low, rules.max_roi_width, " per dollar")
    for name, excess in found.excess.items():
        said = f"return beyond {name.replace('_', ' ')}"
        yield above(said, excess, rules.min_excess_roi_low, rules.max_roi_width, " per dollar")
    yield _calibrated(found.calibration, rules.max_calibration_error)


def _calibrated(found: Calibration, limit: float) -> Finding:
    if np.isnan(found.error):
        return Finding(Verdict.INSUFFICIENT, "calibration could not be measured: too few settled bets")
    said = f"calibration error {found.error:.3f} [{found.low:.3f}, {found.high:.3f}] beyond chance"
    if found.error > limit:
        is_shown = found.chance < CHANCE
        verdict = Verdict.FAILED if is_shown else Verdict.INSUFFICIENT
        return Finding(verdict, f"{said}: above {limit:.3f}{'' if is_shown else ', but that may be chance'}")
    if found.high > limit:
        return Finding(Verdict.INSUFFICIENT, f"{said}: too few settled bets to tell from {limit:.3f}")
    return Finding(Verdict.PASSED, f"{said}: below {limit:.3f}")
