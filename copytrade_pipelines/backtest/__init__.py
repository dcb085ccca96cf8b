"""Backtests: history through the engine's own step, with a report. run drives any tape, run_window the warehouse."""

from copytrade_pipelines.backtest.run import BacktestResult, run
from copytrade_pipelines.backtest.window import run_window

__all__ = ["BacktestResult", "run", "run_window"]
