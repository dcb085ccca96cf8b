"""Every number a decision depends on, with unit, range, default and meaning in this one place."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from copytrade_live.core.reasons import ScoreFlag

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Section(BaseModel):
    """One part of the configuration: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FilterConfig(Section):
    """Which signals are worth looking at."""

    max_signal_age_seconds: float = Field(30.0, gt=0, description="Oldest leader fill that is still copied, seconds.")
    max_feed_lag_seconds: float = Field(30.0, gt=0, description="Longest time a fill may take to reach us, seconds.")
    max_price_move: Fraction = Field(0.04, description="Largest move against the leader's price, as a fraction of it.")
    min_liquidity: float = Field(2000.0, ge=0, description="Least collateral offered within the price limit.")
    max_spread: Fraction = Field(0.03, description="Widest spread, as a fraction of the mid.")
    max_book_age_seconds: float = Field(10.0, gt=0, description="Oldest order book that is still used, seconds.")
    min_leader_notional: float = Field(50.0, ge=0, description="Smallest leader fill that is copied, collateral.")
    max_price: Fraction = Field(0.97, description="Leader prices at or above this are not copied, dollars per share.")
    min_price: Fraction = Field(0.03, description="Leader prices at or below this are not copied, dollars per share.")
    min_hours_to_resolution: float = Field(4.0, ge=0, description="Least time to the market's scheduled end, hours.")
    markets_allowed: tuple[str, ...] = Field((), description="Condition ids to copy in; empty allows every market.")
    markets_denied: tuple[str, ...] = Field((), description="Condition ids never copied in.")

    @model_validator(mode="after")
    def _band_is_ordered(self) -> FilterConfig:
        if self.min_price >= self.max_price:
            raise ValueError(f"min_price must be below max_price, was {self.min_price} and {self.max_price}")
        return self


class ScoreConfig(Section):
    """How good and how fresh a score must be."""

    min_p_pos: Fraction = Field(0.80, description="Least probability that copying the leader pays.")
    min_lcb10: float = Field(
        -0.01, ge=-1, le=1, description="Least 10 % lower bound of the copier's edge, probability points."
    )
    min_coverage: Fraction = Field(0.98, description="Least share of the leader's history that reconciles.")
    max_maker_share: Fraction = Field(0.50, description="Largest share of notional the leader may rest.")
    refused_flags: tuple[ScoreFlag, ...] = Field(
        (
            ScoreFlag.WASH_CLUSTER,
            ScoreFlag.BOTH_SIDES,
            ScoreFlag.FAST_HOLD,
            ScoreFlag.NOT_COPYABLE,
            ScoreFlag.DECAYING,
            ScoreFlag.INACTIVE,
        ),
        description="Flags of a score that forbid copying its leader, on probation or not.",
    )
    max_q_value: Fraction = Field(
        0.20, description="Largest share of lucky wallets accepted among all with a record as good (q value)."
    )
    require_q_value: bool = Field(False, description="Refuse leaders without a q value, which means not tested.")
    max_age_seconds: float = Field(172_800.0, gt=0, description="Oldest score snapshot acted on, seconds.")
    min_events: int = Field(20, ge=1, description="Events below which a leader is on probation.")
    probation: bool = Field(True, description="Copy new leaders at the minimum stake instead of not at all.")


class SizingConfig(Section):
    """How much to buy."""

    rule: str = Field("kelly", description="What says how much to stake before the caps: kelly, or module:object.")
    kelly_multiplier: Fraction = Field(0.25, description="Part of the full Kelly fraction that is staked.")
    max_per_trade: Fraction = Field(0.03, description="Largest copy, as a fraction of equity.")
    max_per_market: Fraction = Field(0.08, description="Largest exposure to one market, as a fraction of equity.")
    max_per_leader: Fraction = Field(0.20, description="Largest exposure copied from one leader, fraction of equity.")
    max_per_event: Fraction = Field(0.20, description="Largest worst-case loss in one event, fraction of equity.")
    min_notional: float = Field(10.0, ge=1, description="Smallest copy, collateral; the venue's own minimum is 1.")
    probation_notional: float = Field(10.0, ge=1, description="Stake for a leader on probation, collateral.")
    decay_hours: float = Field(
        24.0, ge=0, description="Stakes shrink linearly to 0 over this time before the end, hours."
    )

    @model_validator(mode="after")
    def _caps_nest(self) -> SizingConfig:
        if self.max_per_trade > self.max_per_market:
            raise ValueError(
                f"max_per_trade must not exceed max_per_market, was {self.max_per_trade} and {self.max_per_market}"
            )
        return self


class RiskConfig(Section):
    """What may be lost."""

    weekly_drawdown_halt: Fraction = Field(0.30, description="Fall from the week's start that halts entries for good.")
    daily_soft_stop: Fraction = Field(
        0.10, description="Fall from the day's start that stops entries until midnight UTC."
    )
    leader_drawdown_cutoff: Fraction = Field(0.20, description="Fall from a leader's peak that cuts the leader off.")
    leader_drawdown_base: float = Field(
        200.0, gt=0, description="Least capital a leader's drawdown is measured on, collateral."
    )
    leader_loss_streak: int = Field(5, ge=1, description="Straight losing copies that cut a leader off.")
    leader_record_half_life_days: float = Field(30.0, gt=0, description="Time in which an old loss counts half, days.")
    max_gross_exposure: Fraction = Field(
        0.60, description="Largest exposure of all positions, as a fraction of equity."
    )
    reserve: Fraction = Field(0.10, description="Part of equity that is never deployed.")
    max_positions: int = Field(25, ge=1, description="Most positions open at once.")
    max_leader_copies_per_minute: int = Field(10, ge=1, description="Most copies of one leader begun within a minute.")
    max_copies_per_minute: int = Field(60, ge=1, description="Most copies begun within a minute.")
    max_unknown_orders: int = Field(3, ge=1, description="Orders of unknown fate that halt entries.")
    reconciled_within_seconds: float = Field(
        180.0, gt=0, description="Longest time since the venue's account agreed with ours, seconds; real money only."
    )
    adopt_after_seconds: float = Field(
        60.0,
        ge=0,
        description="How long an unexplained change of the account stands before it is adopted, seconds.",
    )
    max_external_change: float = Field(
        1.0, ge=0, description="Largest unexplained loss of the account that does not halt entries, collateral."
    )


class ExecutionConfig(Section):
    """How an order is priced and how long it works."""

    policy: str = Field(
        "adaptive", description="What prices each attempt within the furthest limit: adaptive, or module:object."
    )
    max_slippage: Annotated[float, Field(ge=0, le=0.25)] = Field(
        0.015, description="Furthest limit from the leader's price, as a fraction of it."
    )
    order_ttl_seconds: float = Field(
        15.0, gt=0, description="How long one attempt rests before it is replaced, seconds."
    )
    repost_count: int = Field(2, ge=0, description="How often an unfilled rest is posted again.")
    repost_step: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.005, description="How much further each attempt reaches, dollars per share."
    )


class VoidPolicy(StrEnum):
    """What becomes of the copy of a fill that did not happen."""

    EXIT = "exit"
    KEEP = "keep"


class ExitConfig(Section):
    """When a position is left."""

    policy: str = Field(
        "rules",
        description="What calls for an exit: rules (all below), mirror, take_profit, stop_loss, time, hold, or "
        "module:object.",
    )
    take_profit: float = Field(0.30, gt=0, description="Gain on cost that takes profit, as a fraction.")
    stop_loss: Fraction = Field(0.12, description="Loss on cost that stops out, as a fraction.")
    mirror_leader_exits: bool = Field(True, description="Sell the same share of ours when the leader sells.")
    on_leader_void: VoidPolicy = Field(
        VoidPolicy.EXIT, description="What to do with the copy of a leader's fill that never settled."
    )
    time_exit_hours: float = Field(4.0, ge=0, description="Leave this long before the market's scheduled end, hours.")


class LeaderConfig(Section):
    """What is different for one leader."""

    exit_policy: str | None = Field(None, description="Exit policy for its copies instead of exit.policy.")
    max_per_trade: Fraction | None = Field(None, description="Largest copy of it, as a fraction of equity.")
    max_exposure: Fraction | None = Field(None, description="Largest exposure copied from it, as a fraction of equity.")


class BankrollConfig(Section):
    """What paper trading starts with."""

    starting_cash: float = Field(1000.0, gt=0, description="Cash of a fresh journal, collateral.")


class PaperConfig(Section):
    """How paper fills are made no better than real ones."""

    latency_seconds: float = Field(
        0.5, ge=0, description="Time between a decision and the book it fills against, seconds."
    )


_AS_ALL_OTHERS = LeaderConfig()


class DecisionConfig(Section):
    """The whole of what decisions depend on; its hash goes on every run and decision."""

    filter: FilterConfig = Field(default_factory=lambda: FilterConfig())
    score: ScoreConfig = Field(default_factory=lambda: ScoreConfig())
    sizing: SizingConfig = Field(default_factory=lambda: SizingConfig())
    risk: RiskConfig = Field(default_factory=lambda: RiskConfig())
    execution: ExecutionConfig = Field(default_factory=lambda: ExecutionConfig())
    exit: ExitConfig = Field(default_factory=lambda: ExitConfig())
    bankroll: BankrollConfig = Field(default_factory=lambda: BankrollConfig())
    paper: PaperConfig = Field(default_factory=lambda: PaperConfig())
    leaders: dict[str, LeaderConfig] = Field(
        {},
        description="What is different for single leaders, by wallet: exit_policy, max_per_trade, max_exposure; "
        'as in {"0x…": {"exit_policy": "mirror", "max_per_trade": 0.01}}.',
    )

    def leader(self, wallet: str) -> LeaderConfig:
        """What is different for a leader; nothing where the config does not name it."""
        return self.leaders.get(wallet, _AS_ALL_OTHERS)

    @field_validator("leaders")
    @classmethod
    def _wallets_in_lower_case(cls, leaders: dict[str, LeaderConfig]) -> dict[str, LeaderConfig]:
        return {wallet.lower(): leader for wallet, leader in leaders.items()}

    def exit_policy(self, wallet: str) -> str:
        """The name of the exit policy for a leader's copies."""
        return self.leader(wallet).exit_policy or self.exit.policy

    def digest(self) -> str:
        """Twelve hex digits that name this configuration; equal settings give equal digests."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
