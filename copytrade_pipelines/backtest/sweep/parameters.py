"""A configuration as one flat record of numbers. What the compiled rules do not do is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.execution import EXECUTION_POLICIES, attempt_limit
from copytrade_live.core.exits import EXIT_POLICIES, loss_is_stopped, profit_is_taken, time_is_up
from copytrade_live.core.market import DAY, SECOND
from copytrade_live.core.pricing import to_micro
from copytrade_live.core.reasons import ScoreFlag
from copytrade_live.core.sizing import SIZING_RULES, kelly_stake
from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.sweep.layout import LEADER, PARAMETERS, Array

# What a policy consists of, as bits.
MIRRORS, PROFIT, LOSS, TIME = 1, 2, 4, 8
DEFAULT_POLICY = 255
_RULES = {profit_is_taken: PROFIT, loss_is_stopped: LOSS, time_is_up: TIME}
FLAGS: Mapping[str, int] = {flag.value: 1 << place for place, flag in enumerate(ScoreFlag)}


class NotCompiledError(ConfigError):
    """A configuration asks for what the compiled sweep does not do; the driver does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """How often is looked, and how late orders come. Units: milliseconds."""

    held: int
    order: int
    equity: int
    latency: int


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


def record_of(config: DecisionConfig, paces: Paces, allowed: int, leaders: int) -> np.void:
    """The record of a configuration; allowed and leaders are its rows in the tables of lists and exceptions.

    Raises: NotCompiledError naming the key that the kernel does not know.
    """
    _require_built_in(config)
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
        "latency": paces.latency,
        "held_pace": paces.held,
        "order_pace": paces.order,
        "sample": paces.equity,
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
    return record[()]  # type: ignore[no-any-return]


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


def _require_built_in(config: DecisionConfig) -> None:
    if SIZING_RULES.find(config.sizing.rule) is not kelly_stake:
        raise NotCompiledError(f"sizing.rule is {config.sizing.rule}, but only kelly is compiled; use the driver")
    if EXECUTION_POLICIES.find(config.execution.policy) is not attempt_limit:
        raise NotCompiledError(
            f"execution.policy is {config.execution.policy}, but only adaptive is compiled; use the driver"
        )
