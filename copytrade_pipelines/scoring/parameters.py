"""Every number a score depends on, taken from the one config file."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.settings import CopytradeConfig

# Names the method; a change that moves any score gets a new one.
SCORE_VERSION = "ce2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreParameters:
    """How fills become scores.

    Units: stake in collateral, slippage in dollars per share, the rest as the names say.
    min_events, min_coverage, max_maker_share and max_q_value only set flags here; the runner's gates use the same.
    """

    champion: str
    challengers: tuple[str, ...]
    reference_stake: float
    latency_seconds: float
    modelled_slippage: float
    horizon_hours: float
    half_life_days: float
    history_days: float
    episode_gap_minutes: float
    stake_cap_multiple: float
    impact_share: float
    latency_p90_seconds: float
    latency_delays: tuple[float, ...]
    diagnose_above: float
    max_idle_days: float
    max_both_sides: float
    min_hold_latencies: float
    max_crowding: float
    index_lag_seconds: float
    min_events: int
    min_coverage: float
    max_maker_share: float
    max_q_value: float


def versions_of(parameters: ScoreParameters) -> tuple[str, ...]:
    """The champion and its challengers, each once."""
    return tuple(dict.fromkeys((parameters.champion, *parameters.challengers)))


def parameters_of(config: CopytradeConfig) -> ScoreParameters:
    """The score's part of a configuration."""
    return ScoreParameters(
        **config.scoring.model_dump(),
        index_lag_seconds=config.pipelines.index_lag_seconds,
        min_events=config.score.min_events,
        min_coverage=config.score.min_coverage,
        max_maker_share=config.score.max_maker_share,
        max_q_value=config.score.max_q_value,
    )
