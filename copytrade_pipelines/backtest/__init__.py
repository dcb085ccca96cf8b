"""Backtests: history through the engine's own step, with a report. run drives any tape, run_window the warehouse.

sweep tests many configurations on one tape.
"""

from copytrade_pipelines.backtest.many import sweep
from copytrade_pipelines.backtest.one_by_one import SweepResult
from copytrade_pipelines.backtest.run import BacktestResult, run
from copytrade_pipelines.backtest.window import run_window

__all__ = ["BacktestResult", "SweepResult", "run", "run_window", "sweep"]
