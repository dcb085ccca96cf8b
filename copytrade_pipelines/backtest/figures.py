"""Figures of backtests and delay curves, drawn once and rendered as inline SVG for a report or PNG for Dagster."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest.breakdown import Calibration
from copytrade_pipelines.backtest.ledger import EquityPoint
from copytrade_pipelines.backtest.palette import LIGHT, MARKED, Palette, with_variables
from copytrade_pipelines.backtest.summary import drawdowns

Draw = Callable[[Palette], Figure]

_SIZE = (5.8, 3.2)
_BAR_INCHES = 0.3
_RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "copytrade",
    # Names come from the venue: a dollar sign in one is a dollar sign.
    "text.parse_math": False,
    "font.size": 10.5,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
}
_FREE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|\s+xmlns(:\w+)?=\"[^\"]*\"", re.DOTALL)


def render_svg(draw: Draw, label: str) -> str:
    """The figure as an SVG element for a page: no outside names, colours from the page. label is read aloud."""
    content = io.BytesIO()
    with mpl.rc_context(_RC):
        draw(MARKED).savefig(content, format="svg", transparent=True)
    svg = _FREE.sub("", content.getvalue().decode()).strip()
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', rf'<svg \1 role="img" aria-label="{label}">', svg, count=1)
    return with_variables(svg)


def render_png(draw: Draw) -> bytes:
    """The figure as a PNG on white."""
    content = io.BytesIO()
    with mpl.rc_context(_RC):
        draw(LIGHT).savefig(content, format="png", dpi=110, facecolor=LIGHT.paper, metadata={"Software": None})
    return content.getvalue()


def equity_curve(points: Sequence[EquityPoint]) -> Draw:
    """Equity over time, and under it how far it stands below its peak."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(_SIZE[0], 4.0), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
        times = _times([point.at for point in points])
        above.step(times, [point.equity for point in points], where="post", color=palette.accent, linewidth=1.6)
        above.axhline(points[0].equity, color=palette.muted, linewidth=0.8, linestyle=":")
        above.set_ylabel("equity, $")
        falls = [-fall for fall in drawdowns(points)]
        below.fill_between(times, falls, step="post", color=palette.bad, alpha=0.35, linewidth=0)
        below.set_ylabel("drawdown")
        below.yaxis.set_major_formatter(PercentFormatter(1.0))
        below.yaxis.set_major_locator(MaxNLocator(3))
        locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        below.xaxis.set_major_locator(locator)
        below.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        style((above, below), palette)
        return figure

    return draw


def bars(values: Mapping[str, float], unit: str, *, signed: bool = False) -> Draw:
    """One horizontal bar a name, in the order given, with its value beside it."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(_SIZE[0], max(1.8, 0.8 + _BAR_INCHES * len(values))), layout="constrained")
        axes = figure.subplots()
        names, sizes = list(values), list(values.values())
        colours = [(palette.good if size >= 0 else palette.bad) if signed else palette.accent for size in sizes]
        drawn = axes.barh(names, sizes, color=colours, height=0.62)
        labels = [f"{size:+,.2f}" if signed else f"{size:,.0f}" for size in sizes]
        axes.bar_label(drawn, labels=labels, padding=4, color=palette.ink, fontsize=9.5)
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        # Room for the numbers outside the longest bars.
        axes.margins(x=0.18)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=not signed))
        style((axes,), palette, grid="x")
        return figure

    return draw


def histogram(values: Sequence[float], unit: str, counted: str = "copies") -> Draw:
    """How often each size occurs, with the average marked."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        axes.hist(values, bins=min(30, max(5, len(values) // 3)), color=palette.accent, alpha=0.8)
        mean = float(np.mean(values))
        axes.axvline(mean, color=palette.ink, linewidth=1.2)
        axes.set_title(f"average {mean:+.2f}", **corner(palette))
        axes.set_xlabel(unit)
        axes.set_ylabel(counted)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        style((axes,), palette)
        return figure

    return draw


def bars_by_day(days: Sequence[Instant], counts: Sequence[int], counted: str) -> Draw:
    """One upright bar a day."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        axes.bar(_times(days), counts, width=np.timedelta64(20, "h"), color=palette.accent)
        locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylabel(counted)
        style((axes,), palette)
        return figure

    return draw


def calibration_plot(bins: Sequence[Calibration]) -> Draw:
    """How often copies paid, against how sure the score was that copying the leader pays."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=palette.muted, linewidth=0.8, linestyle=":")
        for found in bins:
            axes.plot([found.p_pos] * 2, [found.low, found.high], color=palette.accent, linewidth=1.4)
        axes.plot([found.p_pos for found in bins], [found.paid for found in bins], "o", color=palette.accent)
        axes.set_xlim(min(found.p_pos for found in bins) - 0.05, 1.02)
        axes.set_ylim(-0.03, 1.03)
        axes.set_title(f"{sum(found.copies for found in bins)} copies, 90 % intervals", **corner(palette))
        axes.set_xlabel("p_pos at the decision")
        axes.set_ylabel("share of copies that paid")
        style((axes,), palette)
        return figure

    return draw


def delay_curve(delays: Sequence[float], lines: Mapping[str, Sequence[float]], unit: str) -> Draw:
    """What is earned by how late a copy comes, one line a name, the last one in the foreground."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        axes.axhline(0.0, color=palette.ink, linewidth=0.9)
        for name, values in lines.items():
            colour = palette.accent if name == list(lines)[-1] else palette.muted
            axes.plot(delays, values, color=colour, linewidth=1.6, marker="o", markersize=3.5)
            axes.annotate(name, (delays[-1], values[-1]), color=colour, xytext=(6, 0), textcoords="offset points")
        axes.margins(x=0.12)
        axes.set_xlabel("delay, s")
        axes.set_ylabel(unit)
        style((axes,), palette)
        return figure

    return draw


def corner(palette: Palette) -> Any:
    """How a remark in the upper right corner is written, for set_title."""
    return {"color": palette.muted, "fontsize": 9.5, "loc": "right"}


def _times(instants: Sequence[Instant]) -> np.ndarray:
    return np.array(instants, dtype="datetime64[ms]")


def style(all_axes: Sequence[Any], palette: Palette, *, grid: str = "y") -> None:
    """Frame, grid and ticks of every figure."""
    for axes in all_axes:
        axes.set_facecolor("none")
        axes.grid(axis=grid, color=palette.grid, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(colors=palette.muted, labelcolor=palette.ink, length=3)
        axes.xaxis.label.set_color(palette.muted)
        axes.yaxis.label.set_color(palette.muted)
        axes.xaxis.get_offset_text().set_color(palette.muted)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(palette.grid)
