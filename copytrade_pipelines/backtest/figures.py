"""Figures of backtests and delay curves, drawn once and rendered as inline SVG for a report or PNG for Dagster."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest.breakdown import Calibration
from copytrade_pipelines.backtest.ledger import EquityPoint
from copytrade_pipelines.backtest.palette import LIGHT, MARKED, Palette, with_variables
from copytrade_pipelines.backtest.summary import drawdowns

Draw = Callable[[Palette], Figure]

# Inches of a figure: narrow enough that its text is read on a phone.
SIZE = (4.6, 2.9)
_WIDE = (12.4, 4.2)
# Longer names are cut.
_LONGEST = 26
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

_OPENING = re.compile(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>')


def render_svg(draw: Draw, label: str) -> str:
    """The figure as an SVG element for a page: no outside names, colours from the page. label is read aloud."""
    content = io.BytesIO()
    with mpl.rc_context(_RC):
        draw(MARKED).savefig(content, format="svg", transparent=True)
    svg = _FREE.sub("", content.getvalue().decode()).strip()
    # Titles may hold a venue's words.
    label = escape(label, quote=True)
    svg = _OPENING.sub(lambda found: f'<svg {found[1]} role="img" aria-label="{label}">', svg, count=1)
    return with_variables(svg)


def render_png(draw: Draw) -> bytes:
    """The figure as a PNG on white."""
    content = io.BytesIO()
    with mpl.rc_context(_RC):
        draw(LIGHT).savefig(content, format="png", dpi=110, facecolor=LIGHT.paper, metadata={"Software": None})
    return content.getvalue()


def equity_curve(points: Sequence[EquityPoint], *, is_wide: bool = False) -> Draw:
    """Equity over time, and under it how far it stands below its peak."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_WIDE if is_wide else (SIZE[0], 3.8), layout="constrained")
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
        _dates(below)
        style((above, below), palette)
        return figure

    return draw


def overlaid(curves: Mapping[str, Sequence[EquityPoint]], *, is_wide: bool = False) -> Draw:
    """Returns since the beginning of two runs over time."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_WIDE if is_wide else (SIZE[0], 3.8), layout="constrained")
        axes = figure.subplots()
        axes.axhline(0.0, color=palette.grid, linewidth=0.9)
        looks = [(palette.accent, "-"), (palette.bad, "--")]
        for (name, points), (colour, dashes) in zip(curves.items(), looks, strict=False):
            first = points[0].equity or 1.0
            returns = [point.equity / first - 1.0 for point in points]
            axes.step(_times([point.at for point in points]), returns, where="post", color=colour, linestyle=dashes,
                      linewidth=1.6, label=name)  # fmt: skip
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylabel("return since the start")
        _dates(axes)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2 if is_wide else 1, frameon=False,
                    labelcolor=palette.ink)  # fmt: skip
        style((axes,), palette)
        return figure

    return draw


def by_hour(values: Sequence[float], unit: str) -> Draw:
    """One upright bar for each hour of the day."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        axes.bar(range(24), values, color=[palette.good if value >= 0 else palette.bad for value in values], width=0.8)
        axes.axhline(0.0, color=palette.ink, linewidth=0.9)
        axes.set_xticks(range(0, 24, 3), [f"{hour}h" for hour in range(0, 24, 3)])
        axes.set_xlabel("hour of the decision, UTC")
        axes.set_ylabel(unit)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        style((axes,), palette)
        return figure

    return draw


def lags(rows: Mapping[str, Sequence[float]]) -> Draw:
    """How long things took: the share that took at most so long, one line a name. Units: seconds."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        looks = [(palette.accent, "-"), (palette.muted, "--")]
        for (name, seconds), (colour, dashes) in zip(rows.items(), looks, strict=False):
            ordered = np.sort(np.maximum(seconds, 0.001))
            share = np.arange(1, len(ordered) + 1) / len(ordered)
            axes.step(ordered, share, where="post", color=colour, linestyle=dashes, linewidth=1.6,
                      label=f"{name}, median {np.median(seconds):.1f} s")  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
        axes.minorticks_off()
        axes.set_ylim(0.0, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("seconds")
        axes.set_ylabel("share at most so late")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, labelcolor=palette.ink, fontsize=9.5)
        style((axes,), palette)
        return figure

    return draw


def bars(values: Mapping[str, float], unit: str, *, signed: bool = False) -> Draw:
    """One horizontal bar a name, in the order given, with its value beside it."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(SIZE[0], max(1.8, 0.8 + _BAR_INCHES * len(values))), layout="constrained")
        axes = figure.subplots()
        names, sizes = list(values), list(values.values())
        colours = [(palette.good if size >= 0 else palette.bad) if signed else palette.accent for size in sizes]
        drawn = axes.barh(range(len(names)), sizes, color=colours, height=0.62)
        labels = [f"{size:+,.2f}" if signed else f"{size:,.0f}" for size in sizes]
        axes.bar_label(drawn, labels=labels, padding=4, color=palette.ink, fontsize=9.5)
        axes.set_yticks(range(len(names)), [shortened(name) for name in names])
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        # Room for the numbers outside the longest bars.
        low, high = min(0.0, *sizes), max(0.0, *sizes)
        room = 0.3 * ((high - low) or 1.0)
        axes.set_xlim(low - room if low < 0.0 else 0.0, high + room)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=not signed))
        style((axes,), palette, grid="x")
        return figure

    return draw


def histogram(values: Sequence[float], unit: str, counted: str = "copies") -> Draw:
    """How often each size occurs, with the average marked."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
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
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        axes.bar(_times(days), counts, width=np.timedelta64(20, "h"), color=palette.accent)
        _dates(axes)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylabel(counted)
        style((axes,), palette)
        return figure

    return draw


def calibration_plot(bins: Sequence[Calibration], believed: str, happened: str) -> Draw:
    """How often what was believed came true, in groups of like belief with 90 % intervals."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=palette.muted, linewidth=0.8, linestyle=":")
        for found in bins:
            axes.plot([found.belief] * 2, [found.low, found.high], color=palette.accent, linewidth=1.4)
        axes.plot([found.belief for found in bins], [found.share for found in bins], "o", color=palette.accent)
        beliefs = [found.belief for found in bins]
        axes.set_xlim(max(-0.02, min(beliefs) - 0.05), min(1.02, max(beliefs) + 0.05))
        axes.set_ylim(-0.03, 1.03)
        axes.set_title(f"{sum(found.copies for found in bins)} copies, 90 % intervals", **corner(palette))
        axes.set_xlabel(believed)
        axes.set_ylabel(happened)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        style((axes,), palette)
        return figure

    return draw


def delay_curve(delays: Sequence[float], lines: Mapping[str, Sequence[float]], unit: str) -> Draw:
    """What is earned by how late a copy comes, one line a name, the last one in the foreground."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
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


def shortened(name: str) -> str:
    """A name that fits beside a figure."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _dates(axes: Any) -> None:
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]
    first, last = axes.dataLim.intervalx
    days = last - first
    pattern = "%d %b %H:%M" if days < 3 else "%d %b" if days < 300 else "%b %Y"
    axes.xaxis.set_major_formatter(DateFormatter(pattern))  # type: ignore[no-untyped-call]


def _times(instants: Sequence[Instant]) -> np.ndarray:
    return np.array(instants, dtype="datetime64[ms]")


def style(all_axes: Sequence[Any], palette: Palette, *, grid: str = "y") -> None:
    """Frame, grid and ticks of every figure."""
    for axes in all_axes:
        axes.set_facecolor("none")
        axes.grid(axis=grid, color=palette.grid, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(which="both", colors=palette.muted, labelcolor=palette.ink, length=3)
        axes.xaxis.label.set_color(palette.muted)
        axes.yaxis.label.set_color(palette.muted)
        axes.xaxis.get_offset_text().set_color(palette.muted)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(palette.grid)
