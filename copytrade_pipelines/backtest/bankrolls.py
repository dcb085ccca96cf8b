"""The capacity curve: how much of the return is left when more money follows the same leaders and books."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from copytrade_live.core.config import DecisionConfig
from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.summary import Summary

BANKROLL_KEY = "bankroll.starting_cash"
# From pocket money to what no book holds. Units: collateral.
BANKROLLS = (100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0)

Config = TypeVar("Config", bound=DecisionConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPoint:
    """What one bankroll came to. Units: bankroll and profit in collateral, the rest fractions; slippage in dollars."""

    bankroll: float
    pnl: float
    total_return: float
    return_low: float | None
    return_high: float | None
    filled_share: float | None
    average_slippage: float | None


def with_bankrolls(config: Config, bankrolls: Sequence[float] = BANKROLLS) -> list[Config]:
    """The same settings with other bankrolls: what a sweep runs for a capacity curve. Raises: ConfigError."""
    for bankroll in bankrolls:
        if bankroll <= 0.0:
            raise ConfigError(f"a bankroll must be above 0, was {bankroll:g}; give collateral to start with")
    return [
        config.model_copy(update={"bankroll": config.bankroll.model_copy(update={"starting_cash": bankroll})})
        for bankroll in sorted(set(bankrolls))
    ]


def capacity_curve(summaries: Iterable[Summary]) -> list[CapacityPoint]:
    """The runs of one tape by their bankroll."""
    return _sorted(map(asdict, summaries))


def capacity_of_points(rows: Sequence[Mapping[str, Any]]) -> list[CapacityPoint]:
    """The capacity curve in the points of a sweep; empty where they change anything but the bankroll.

    Shape: rows of marts.sweep_points.
    """
    is_curve = len(rows) > 1 and all(json.loads(row["changes"]).keys() == {BANKROLL_KEY} for row in rows)
    return _sorted(rows) if is_curve else []


def _sorted(rows: Iterable[Mapping[str, Any]]) -> list[CapacityPoint]:
    return sorted(map(_point, rows), key=lambda point: point.bankroll)


def _point(row: Mapping[str, Any]) -> CapacityPoint:
    cash, low, high = row["starting_cash"], row["pnl_low"], row["pnl_high"]
    return CapacityPoint(
        bankroll=cash,
        pnl=row["pnl"],
        total_return=row["total_return"],
        return_low=None if low is None else low / cash,
        return_high=None if high is None else high / cash,
        filled_share=row["filled_share"],
        average_slippage=row["average_slippage"],
    )
