"""Everything that configurations say, as the arrays that the kernel reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.parameters import allowed_table, curve_table, leader_table, record_of
from copytrade_pipelines.backtest.compiled.state_layout import PARAMETERS
from copytrade_pipelines.backtest.compiled.tape import TapeArrays


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Records of configurations, and the tables of lists, exceptions and lags that they point into."""

    parameters: Array
    allowed: Array
    exceptions: Array
    curves: Array

    def part(self, first: int, end: int) -> Tables:
        """The tables of some of the configurations."""
        return Tables(
            parameters=self.parameters[first:end].copy(),
            allowed=self.allowed,
            exceptions=self.exceptions,
            curves=self.curves,
        )


def tables_of(arrays: TapeArrays, configs: Sequence[DecisionConfig], assumptions: Sequence[BacktestConfig]) -> Tables:
    """The tables of some configurations. Raises: NotCompiledError naming what the kernel does not do."""
    allowed, lists = allowed_table(configs, arrays.conditions)
    exceptions, leaders = leader_table(configs, arrays.wallets)
    curves, lags = curve_table(assumptions)
    records = np.zeros(len(configs), PARAMETERS)
    for place, (config, own) in enumerate(zip(configs, assumptions, strict=True)):
        records[place] = record_of(config, own, lists[place], leaders[place], lags[place])
    return Tables(parameters=records, allowed=allowed, exceptions=exceptions, curves=curves)
