"""How scores are made."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from copytrade_live.core.config import Fraction, Section

# Methods that copytrade_pipelines/scoring/versions.py registers.
ScoreMethod = Literal["ce1", "ce2"]


class ScoringConfig(Section):
    """How scores are made; copytrade_pipelines.scoring says what each number does."""

    champion: ScoreMethod = Field("ce2", description="Score version that is published and copied.")
    challengers: tuple[ScoreMethod, ...] = Field(
        ("ce1",), description="Score versions kept beside the champion, so that a report card can compare them."
    )
    reference_stake: float = Field(
        25.0, gt=0, description="Stake that the copier's book walk is priced at, collateral."
    )
    latency_seconds: float = Field(10.0, ge=0, description="Delay between a leader's fill and our copy, seconds.")
    modelled_slippage: Fraction = Field(
        0.006, description="Cost above the leader's price where no book was recorded, dollars per share."
    )
    horizon_hours: float = Field(6.0, gt=0, description="How much later the mid is read for closing-line value, hours.")
    half_life_days: float = Field(60.0, gt=0, description="Age at which an event counts half, days.")
    history_days: float = Field(180.0, gt=0, description="How far back events count, days.")
    episode_gap_minutes: float = Field(10.0, gt=0, description="Fills this close are one episode, minutes.")
    stake_cap_multiple: float = Field(3.0, ge=1, description="Most an episode weighs, in wallet medians.")
    impact_share: Fraction = Field(
        0.25, description="Share of the volume up to a later mid from which that mid is the leader's own making."
    )
    latency_p90_seconds: float = Field(
        20.0, ge=0, description="Delay that nine of ten copies stay below, seconds; a leader must pay even then."
    )
    latency_delays: tuple[float, ...] = Field(
        (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0), description="Delays of the break-even curve, rising, seconds."
    )
    diagnose_above: Fraction = Field(
        0.70, description="Break-even latency and capacity are worked out for p_pos from here on."
    )
    max_idle_days: float = Field(14.0, gt=0, description="Time since its last fill that makes a wallet inactive, days.")
    max_both_sides: Fraction = Field(
        0.20, description="Largest share of its purchases that a wallet may hold against each other."
    )
    min_hold_latencies: float = Field(
        10.0, ge=0, description="Least median holding time, in multiples of latency_p90_seconds."
    )
    max_crowding: Fraction = Field(0.50, description="Crowding from which a wallet is flagged as crowded.")

    @model_validator(mode="after")
    def _delays_rise(self) -> ScoringConfig:
        delays = self.latency_delays
        if not delays or delays[0] < 0 or any(later <= earlier for earlier, later in pairwise(delays)):
            raise ValueError(f"latency_delays must rise from 0 or more, was {list(delays)}")
        return self
