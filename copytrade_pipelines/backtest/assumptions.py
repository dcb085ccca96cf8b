"""A backtest's assumptions with the models they name at hand."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.extensions import load_rule
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.fee_models import FEE_MODELS, FeeModel
from copytrade_pipelines.backtest.fill_models import FILL_MODELS, FillModel
from copytrade_pipelines.backtest.lags import Curve, curve_of
from copytrade_pipelines.backtest.queue_models import QUEUE_MODELS, QueueModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a driver goes by. Units: lags, delays and paces in milliseconds."""

    seed: int
    fills: FillModel
    queue: QueueModel
    fees: FeeModel
    order_lags: Curve
    taker_delay: Instant
    settlement: Instant
    failure_rate: float
    redemption: Instant
    held_pace: Instant
    order_pace: Instant


def assumed(config: BacktestConfig, order_lags: Curve = ()) -> Assumptions:
    """The models a config names; order_lags are measured ones, which count before those of the config.

    Raises: ConfigError naming the key and what is wrong.
    """
    load_rule(FILL_MODELS, config.fills, "backtest.fills")
    load_rule(QUEUE_MODELS, config.queue, "backtest.queue")
    load_rule(FEE_MODELS, config.fees, "backtest.fees")
    return Assumptions(
        seed=config.seed,
        fills=FILL_MODELS.find(config.fills),
        queue=QUEUE_MODELS.find(config.queue),
        fees=FEE_MODELS.find(config.fees),
        order_lags=order_lags or curve_of(config.order_seconds),
        taker_delay=round(config.taker_delay_seconds * SECOND),
        settlement=round(config.settlement_seconds * SECOND),
        failure_rate=config.settlement_failure_rate,
        redemption=round(config.redemption_seconds * SECOND),
        held_pace=round(config.held_seconds * SECOND),
        order_pace=round(config.order_look_seconds * SECOND),
    )


def config_of(config: DecisionConfig, own: BacktestConfig | None) -> BacktestConfig:
    """What to assume: what is given, else what a whole config says, else the defaults."""
    if own is not None:
        return own
    return config.backtest if isinstance(config, CopytradeConfig) else BacktestConfig()
