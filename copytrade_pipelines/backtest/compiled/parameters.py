"""A configuration as one flat record of numbers. What the compiled rules do not do is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.execution import EXECUTION_POLICIES, attempt_limit
from copytrade_live.core.exits import EXIT_POLICIES, loss_is_stopped, profit_is_taken, time_is_up
from copytrade_live.core.market import DAY, SECOND
from copytrade_live.core.pricing import to_micro
from copytrade_live.core.reasons import ScoreFlag
from copytrade_live.core.sizing import SIZING_RULES, kelly_stake
from copytrade_live.errors import ConfigError
from copytrade_live.extensions import load_extensions
from copytrade_pipelines.backtest import fee_models, fill_models, queue_models
from copytrade_pipelines.backtest.assumptions import assumed
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.state_layout import LEADER, PARAMETERS

# What a policy consists of, as bits.
MIRRORS, PROFIT, LOSS, TIME = 1, 2, 4, 8
DEFAULT_POLICY = 255
# Of fills, queues and fees.
BOOK_WALK, BEST_PRICE = 0, 1
CROSSED, BEHIND, PROPORTIONAL = 0, 1, 2
MARKET, TAKER, FREE = 0, 1, 2
# The driver keeps prints for ten minutes (backtest/prints.py). Units: seconds.
LONGEST_LOOK = 600.0
FILLS = {fill_models.book_walk: BOOK_WALK, fill_models.best_price: BEST_PRICE}
QUEUES: Mapping[Any, int] = {
    queue_models.Crossed: CROSSED,
    queue_models.Behind: BEHIND,
    queue_models.Proportional: PROPORTIONAL,
}
FEES = {fee_models.market_fees: MARKET, fee_models.taker_fees: TAKER, fee_models.no_fees: FREE}
_RULES: Mapping[Any, int] = {profit_is_taken: PROFIT, loss_is_stopped: LOSS, time_is_up: TIME}
FLAGS: Mapping[str, int] = {flag.value: 1 << place for place, flag in enumerate(ScoreFlag)}


class NotCompiledError(ConfigError):
    """A configuration asks for what the compiled sweep does not do; the driver does."""


def policy_bits(name: str, key: str) -> int:
    """An exit policy as bits. Raises: NotCompiledError for rules of others, or the known ones in another order."""
    policy = EXIT_POLICIES.find(name)
    unknown = [rule.__name__ for rule in policy.rules if rule not in _RULES]
    if unknown:
        raise NotCompiledError(f"{key} is {name}, whose rule {unknown[0]} is not compiled; use the driver for it")
    bits = [_RULES[rule] for rule in policy.rules]
    if bits != sorted(set(bits)):
        raise NotCompiledError(f"{key} is {name}, whose rules come in an order that is not compiled; use the driver")
    return sum(bits) | (MIRRORS if policy.mirrors else 0)


def record_of(config: DecisionConfig, own: BacktestConfig, allowed: int, leaders: int, curve: int) -> Array:
    """The record of a configuration; allowed, leaders and curve are its rows in the tables of what is listed.

    Raises: NotCompiledError naming the key that the kernel does not know.
    """
    _require_built_in(config)
    _require_fresh_prints(config, own)
    filters, score, sizing, risk = config.filter, config.score, config.sizing, config.risk
    execution, leaving = config.execution, config.exit
    values = {
        "max_age": filters.max_signal_age_seconds,
        "max_lag": filters.max_feed_lag_seconds,
        "max_move": filters.max_price_move,
        "min_liquidity": filters.min_liquidity,
        "max_spread": filters.max_spread,
        "max_book_age": filters.max_book_age_seconds,
        "min_notional_leader": filters.min_leader_notional,
        "max_price": filters.max_price,
        "min_price": filters.min_price,
        "min_hours": filters.min_hours_to_resolution,
        "min_p_pos": score.min_p_pos,
        "min_lcb10": score.min_lcb10,
        "min_coverage": score.min_coverage,
        "max_maker_share": score.max_maker_share,
        "max_q_value": score.max_q_value,
        "max_score_age": score.max_age_seconds,
        "kelly_multiplier": sizing.kelly_multiplier,
        "max_per_trade": sizing.max_per_trade,
        "max_per_market": sizing.max_per_market,
        "max_per_leader": sizing.max_per_leader,
        "max_per_event": sizing.max_per_event,
        "min_notional": sizing.min_notional,
        "probation_notional": sizing.probation_notional,
        "decay_hours": sizing.decay_hours,
        "weekly_halt": risk.weekly_drawdown_halt,
        "daily_stop": risk.daily_soft_stop,
        "leader_cutoff": risk.leader_drawdown_cutoff,
        "leader_base": risk.leader_drawdown_base,
        "half_life": risk.leader_record_half_life_days,
        "max_gross": risk.max_gross_exposure,
        "reserve": risk.reserve,
        "max_slippage": execution.max_slippage,
        "ttl_seconds": execution.order_ttl_seconds,
        "repost_step": execution.repost_step,
        "take_profit": leaving.take_profit,
        "stop_loss": leaving.stop_loss,
        "time_exit_hours": leaving.time_exit_hours,
        "half": 0.5,
        "refused_flags": sum(FLAGS[flag.value] for flag in set(score.refused_flags)),
        "min_events": score.min_events,
        "loss_streak": risk.leader_loss_streak,
        "max_positions": risk.max_positions,
        "leader_pace": risk.max_leader_copies_per_minute,
        "pace": risk.max_copies_per_minute,
        "repost_count": execution.repost_count,
        "ttl": round(execution.order_ttl_seconds * SECOND),
        **_assumptions(own, curve),
        "starting_cash": to_micro(config.bankroll.starting_cash),
        # In whole milliseconds: an integer is below a float when it is below its ceiling.
        "recent": -int(-risk.leader_record_half_life_days * DAY // 1),
        "allowed": allowed,
        "leaders": leaders,
        "policy": policy_bits(config.exit.policy, "exit.policy"),
        "requires_q": score.require_q_value,
        "probation": score.probation,
        "mirrors": leaving.mirror_leader_exits,
    }
    record = np.zeros((), PARAMETERS)
    for name, value in values.items():
        record[name] = value
    return record


def allowed_table(configs: Sequence[DecisionConfig], conditions: Sequence[str]) -> tuple[Array, list[int]]:
    """Which conditions each distinct pair of lists allows, and the row of each configuration."""
    pairs = [(config.filter.markets_allowed, config.filter.markets_denied) for config in configs]
    rows = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
    table = np.ones((len(rows), max(1, len(conditions))), np.uint8)
    for (wanted, denied), row in rows.items():
        if wanted or denied:
            allow, deny = set(wanted), set(denied)
            found = [condition not in deny and (not allow or condition in allow) for condition in conditions]
            table[row, : len(conditions)] = found
    return table, [rows[pair] for pair in pairs]


def leader_table(configs: Sequence[DecisionConfig], wallets: Sequence[str]) -> tuple[Array, list[int]]:
    """What each distinct set of exceptions says of each leader, and the row of each configuration."""
    texts = [str(sorted(config.leaders.items())) for config in configs]
    rows = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    codes = {wallet: code for code, wallet in enumerate(wallets)}
    table = np.zeros((len(rows), max(1, len(wallets))), LEADER)
    table["max_per_trade"] = table["max_exposure"] = np.inf
    table["policy"] = DEFAULT_POLICY
    for config, text in zip(configs, texts, strict=True):
        for wallet, own in config.leaders.items():
            if wallet not in codes:
                continue
            place = rows[text], codes[wallet]
            if own.max_per_trade is not None:
                table["max_per_trade"][place] = own.max_per_trade
            if own.max_exposure is not None:
                table["max_exposure"][place] = own.max_exposure
            if own.exit_policy:
                table["policy"][place] = policy_bits(own.exit_policy, f"leaders.{wallet}.exit_policy")
    return table, [rows[text] for text in texts]


def _require_fresh_prints(config: DecisionConfig, own: BacktestConfig) -> None:
    slow = max(config.execution.order_ttl_seconds, own.order_look_seconds)
    if slow > LONGEST_LOOK and own.queue != "crossed":
        raise NotCompiledError(
            f"execution.order_ttl_seconds and backtest.order_look_seconds of up to {LONGEST_LOOK:g} are compiled with "
            f"backtest.queue {own.queue}, was {slow:g}; use the driver for it"
        )


def _assumptions(own: BacktestConfig, curve: int) -> dict[str, float]:
    assumed_ = assumed(own)
    if assumed_.fills not in FILLS:
        raise NotCompiledError(f"backtest.fills is {own.fills}, which is not compiled; use the driver for it")
    if type(assumed_.queue) not in QUEUES:
        raise NotCompiledError(f"backtest.queue is {own.queue}, which is not compiled; use the driver for it")
    if assumed_.fees not in FEES:
        raise NotCompiledError(f"backtest.fees is {own.fees}, which is not compiled; use the driver for it")
    return {
        "held_pace": assumed_.held_pace,
        "order_pace": assumed_.order_pace,
        "sample": round(own.equity_seconds * SECOND),
        "delay": assumed_.taker_delay,
        "settlement": assumed_.settlement,
        "failure_rate": assumed_.failure_rate,
        "redemption": assumed_.redemption,
        "seed": assumed_.seed,
        "curve": curve,
        "last_lag": len(assumed_.order_lags) - 1,
        "fills": FILLS[assumed_.fills],
        "queue": QUEUES[type(assumed_.queue)],
        "fees": FEES[assumed_.fees],
    }


def curve_table(assumptions: Sequence[BacktestConfig]) -> tuple[Array, list[int]]:
    """The distinct curves of lags, and the row of each configuration."""
    curves = [assumed(own).order_lags for own in assumptions]
    rows = {curve: place for place, curve in enumerate(dict.fromkeys(curves))}
    table = np.zeros((len(rows), max(len(curve) for curve in rows)), np.int64)
    for curve, row in rows.items():
        table[row, : len(curve)] = curve
    return table, [rows[curve] for curve in curves]


def _require_built_in(config: DecisionConfig) -> None:
    if SIZING_RULES.find(config.sizing.rule) is not kelly_stake:
        raise NotCompiledError(f"sizing.rule is {config.sizing.rule}, but only kelly is compiled; use the driver")
    if EXECUTION_POLICIES.find(config.execution.policy) is not attempt_limit:
        raise NotCompiledError(
            f"execution.policy is {config.execution.policy}, but only adaptive is compiled; use the driver"
        )


def refusal_of(config: DecisionConfig, own: BacktestConfig) -> str | None:
    """Why a configuration is not compiled, None when it is. Raises: ConfigError for one that no engine runs."""
    load_extensions(config)
    try:
        record_of(config, own, 0, 0, 0)
        for wallet, exception in config.leaders.items():
            if exception.exit_policy:
                policy_bits(exception.exit_policy, f"leaders.{wallet}.exit_policy")
    except NotCompiledError as error:
        return str(error)
    return None
