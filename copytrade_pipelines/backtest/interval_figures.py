"""Figures of estimates with their intervals: rules, other exits, and what is left of the return with more money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from copytrade_pipelines.backtest.bankrolls import CapacityPoint
from copytrade_pipelines.backtest.figures import SIZE, Draw, shortened, style
from copytrade_pipelines.backtest.palette import Palette

_ROW_INCHES = 0.34


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One named number with the bounds of its interval, None where there is too little to say."""

    name: str
    value: float
    low: float | None
    high: float | None
    text: str

    def colour(self, palette: Palette) -> str:
        """Good or bad where the whole interval is, else neither."""
        if self.low is not None and self.low > 0.0:
            return palette.good
        return palette.bad if self.high is not None and self.high < 0.0 else palette.muted


def estimates(rows: Sequence[Estimate], unit: str) -> Draw:
    """One line a name: a dot, the interval through it, and the number at the right."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(SIZE[0], max(1.8, 1.0 + _ROW_INCHES * len(rows))), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0.0, color=palette.ink, linewidth=0.9)
        for place, row in enumerate(rows):
            colour = row.colour(palette)
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.2, solid_capstyle="butt")
            axes.plot([row.value], [place], "o", color=colour, markersize=6)
        axes.set_yticks(range(len(rows)), [shortened(row.name) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.margins(x=0.08)
        axes.set_xlabel(unit)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        beside = axes.twinx()
        beside.set_ylim(axes.get_ylim())
        beside.set_yticks(range(len(rows)), [row.text for row in rows])
        style((axes, beside), palette, grid="x")
        beside.tick_params(length=0)
        beside.grid(visible=False)
        return figure

    return draw


def capacity_plot(points: Sequence[CapacityPoint]) -> Draw:
    """Return by bankroll, on a scale of tenfolds, with 10 to 90 % of draws."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        cash = [point.bankroll for point in points]
        axes.axhline(0.0, color=palette.ink, linewidth=0.9)
        for point in points:
            if point.return_low is not None and point.return_high is not None:
                axes.plot([point.bankroll] * 2, [point.return_low, point.return_high], color=palette.accent, alpha=0.6)
        axes.plot(cash, [point.total_return for point in points], color=palette.accent, marker="o", markersize=4)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:,.0f}"))
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("bankroll, $")
        axes.set_ylabel("return")
        style((axes,), palette)
        return figure

    return draw
