"""The numbers of a summary by name, with what to call them and how to write them and their differences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NOTHING = "–"


class Form(Enum):
    """How a number is written: pattern, unit, and what it is multiplied with before."""

    MONEY = ",.2f", " $", 1.0
    SHARE = ".2f", " %", 100.0
    CENTS = ".2f", " ¢", 100.0
    RATIO = ",.2f", "", 1.0
    COUNT = ",.0f", "", 1.0
    DAYS = ".1f", " days", 1.0
    SECONDS = ".2f", " s", 1.0

    def write(self, value: float | None, sign: str = "") -> str:
        """The number with its unit, a dash for none."""
        pattern, unit, factor = self.value
        return NOTHING if value is None else f"{value * factor:{sign}{pattern}}{unit}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One number of a summary."""

    name: str
    field: str
    form: Form

    def text(self, value: float | None) -> str:
        """As people read it."""
        return self.form.write(value)

    def change(self, value: float | None) -> str:
        """A difference as people read it: between shares in points."""
        written = self.form.write(value, "+")
        return written.replace("%", "points") if self.form is Form.SHARE else written


MEASURED = (
    Measured("Profit", "pnl", Form.MONEY),
    Measured("Profit, 10 % bound", "pnl_low", Form.MONEY),
    Measured("Profit, 90 % bound", "pnl_high", Form.MONEY),
    Measured("Return", "total_return", Form.SHARE),
    Measured("Final equity", "final_equity", Form.MONEY),
    Measured("Max drawdown", "max_drawdown", Form.SHARE),
    Measured("Under water", "under_water_days", Form.DAYS),
    Measured("Sharpe, a year", "sharpe", Form.RATIO),
    Measured("Sortino, a year", "sortino", Form.RATIO),
    Measured("Chance of Sharpe above 0", "probabilistic_sharpe", Form.SHARE),
    Measured("Profit factor", "profit_factor", Form.RATIO),
    Measured("Signals", "signals", Form.COUNT),
    Measured("Copies", "copies", Form.COUNT),
    Measured("Copies filled", "filled", Form.COUNT),
    Measured("Copies closed", "closed", Form.COUNT),
    Measured("Fills that failed to settle", "voided", Form.COUNT),
    Measured("Open at the end", "open_positions", Form.COUNT),
    Measured("Rejections", "rejections", Form.COUNT),
    Measured("Hit rate", "hit_rate", Form.SHARE),
    Measured("Average slippage", "average_slippage", Form.CENTS),
    Measured("Latency to first fill", "average_latency", Form.SECONDS),
    Measured("Bought", "bought", Form.MONEY),
    Measured("Fees", "fees", Form.MONEY),
    Measured("Modelled books", "modelled_share", Form.SHARE),
    Measured("Recorded books", "recorded_share", Form.SHARE),
)
