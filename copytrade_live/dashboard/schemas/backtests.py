"""Finished backtests."""

from __future__ import annotations

from pydantic import JsonValue

from copytrade_live.dashboard.schemas.model import At, Model
from copytrade_live.dashboard.schemas.money import EquityPoint


class BacktestRow(Model):
    """One run. Shape: numbers are the summary's by name: money in collateral, the rest fractions or counts."""

    run_id: str
    made_at: At
    from_at: At
    to_at: At
    config_digest: str
    code_version: str
    leaders: list[str]
    numbers: dict[str, float | None]
    has_report: bool


class Backtests(Model):
    """Newest first."""

    items: list[BacktestRow]


class Compared(Model):
    """One number of two runs; difference is the second less the first."""

    name: str
    one: float | None
    other: float | None
    difference: float | None


class SettingDifference(Model):
    """A setting, by dotted key, that two runs did not share."""

    name: str
    one: JsonValue
    other: JsonValue


class BacktestDetail(Model):
    """One run with its equity curve. Shape: decisions, exits and books count by their names."""

    run: BacktestRow
    equity: list[EquityPoint]
    decisions: dict[str, float]
    exits: dict[str, float]
    books: dict[str, float]
    saved_by_rule: dict[str, float]


class Comparison(Model):
    """Two runs side by side. Shape: decisions by outcome."""

    one: BacktestDetail
    other: BacktestDetail
    numbers: list[Compared]
    decisions: list[Compared]
    settings: list[SettingDifference]
