"""Every number a score depends on, taken from the one config file."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.settings import CopytradeConfig

# Names the method; a change that moves any score gets a new one.
SCORE_VERSION = "ce1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreParameters:
    """How fills become scores.

    Units: stake in collateral, slippage in dollars per share, the rest as the names say.
    min_events, min_coverage and max_maker_share only set flags here; the runner's gates use the same limits.
    """

    reference_stake: float = 25.0
    latency_seconds: float = 10.0
    modelled_slippage: float = 0.006
    horizon_hours: float = 24.0
    half_life_days: float = 60.0
    history_days: float = 180.0
    episode_gap_minutes: float = 10.0
    stake_cap_multiple: float = 3.0
    index_lag_seconds: float = 10.0
    min_events: int = 20
    min_coverage: float = 0.98
    max_maker_share: float = 0.5


def parameters_of(config: CopytradeConfig) -> ScoreParameters:
    """The score's part of a configuration."""
    return ScoreParameters(
        **config.scoring.model_dump(),
        index_lag_seconds=config.pipelines.index_lag_seconds,
        min_events=config.score.min_events,
        min_coverage=config.score.min_coverage,
        max_maker_share=config.score.max_maker_share,
    )
