"""What a report card is judged by: every number from the one config file, written down before any result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.settings import CopytradeConfig


class Verdict(StrEnum):
    """What a report card says."""

    PASSED = "passed"
    FAILED = "failed"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """Limits of the card, and which wallets the runner refuses whatever they earn.

    Units: horizons in days, ROI per dollar, shares and probabilities 0 to 1.
    """

    horizons_days: tuple[int, ...]
    top_k: int
    max_list_share: float
    resamples: int
    confidence: float
    min_events: int
    min_wallets: int
    min_ic_low: float
    max_ic_width: float
    min_roi_low: float
    min_excess_roi_low: float
    max_roi_width: float
    max_calibration_error: float
    stake_cap_multiple: float
    refused_flags: frozenset[str]
    max_maker_share: float
    min_coverage: float


def rules_of(config: CopytradeConfig) -> CardRules:
    """The card's part of a configuration."""
    return CardRules(
        **config.report_card.model_dump(exclude={"close_gate_when"}),
        stake_cap_multiple=config.scoring.stake_cap_multiple,
        refused_flags=frozenset(map(str, config.score.refused_flags)),
        max_maker_share=config.score.max_maker_share,
        min_coverage=config.score.min_coverage,
    )
