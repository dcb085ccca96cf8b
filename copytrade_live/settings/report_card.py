"""How frozen scores are judged later."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

from pydantic import Field, model_validator

from copytrade_live.core.config import Fraction, Section


class GateClosing(StrEnum):
    """Which verdicts of the champion's report card close the gate."""

    FAILED = "failed"
    INSUFFICIENT = "insufficient"
    NEVER = "never"


class ReportCardConfig(Section):
    """How frozen scores are judged later. Written down before the results are seen; change it and say why."""

    horizons_days: tuple[int, ...] = Field(
        (7, 14, 30), description="How long before the card scores are frozen, rising, days."
    )
    top_k: int = Field(60, ge=1, description="Length of the list of best wallets that is judged.")
    max_list_share: Fraction = Field(
        0.25,
        description="Most of the scored wallets that such a list may hold, so that a small crowd can be told apart.",
    )
    resamples: int = Field(500, ge=100, description="Draws of the bootstrap, of random lists and of calibrated worlds.")
    confidence: float = Field(0.90, gt=0.5, lt=1, description="Coverage of every interval, two-sided.")
    min_events: int = Field(100, ge=1, description="Events after the freeze below which nothing is judged.")
    min_wallets: int = Field(30, ge=2, description="Wallets with such events below which nothing is judged.")
    min_ic_low: float = Field(
        0.0, ge=-1, le=1, description="Least lower bound of the rank correlation of score and later copier edge."
    )
    max_ic_width: float = Field(
        0.20, gt=0, le=2, description="Width of that interval above which missing the bound shows nothing."
    )
    min_roi_low: float = Field(
        -0.02, ge=-1, description="Least lower bound of what copying the top list earned per dollar."
    )
    min_excess_roi_low: float = Field(
        -0.02, ge=-1, description="Least lower bound of that beyond each baseline, per dollar."
    )
    max_roi_width: float = Field(
        0.06, gt=0, description="Width of those intervals above which missing the bound shows nothing, per dollar."
    )
    max_calibration_error: Fraction = Field(
        0.10, description="Largest error of the probabilities beyond chance, root mean square over bins."
    )
    close_gate_when: GateClosing = Field(
        GateClosing.FAILED,
        description="Verdict of the champion that closes the gate; insufficient includes failed.",
    )

    @model_validator(mode="after")
    def _horizons_rise(self) -> ReportCardConfig:
        days = self.horizons_days
        if not days or days[0] < 1 or any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError(f"horizons_days must rise from 1 or more, was {list(days)}")
        return self
