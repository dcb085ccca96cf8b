"""Equity as a picture. The one place of the live half that draws; it is imported when a picture is due."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from copytrade_live.core.market import DAY, Instant
from copytrade_live.durable import write_whole

_INK, _LINE, _GRID = "#1f2933", "#2563eb", "#d9dee5"


def draw_equity(points: Sequence[tuple[Instant, float]], path: Path) -> Path:
    """Draw equity over time into a PNG file, which is replaced whole."""
    with mpl.rc_context({"font.size": 10, "text.color": _INK, "axes.labelcolor": _INK}):
        figure = Figure(figsize=(8, 3.6), dpi=110, layout="constrained")
        axes = figure.add_subplot()
        # Days since 1970: what dates are here.
        times = [at / DAY for at, _ in points]
        axes.step(times, [equity for _, equity in points], where="post", color=_LINE, linewidth=1.8)
        axes.set_title("Equity, collateral (UTC)", loc="left", fontsize=11)
        locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.yaxis.set_major_formatter("{x:,.2f}")
        axes.grid(color=_GRID, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
    write_whole(path, buffer.getvalue())
    return path
