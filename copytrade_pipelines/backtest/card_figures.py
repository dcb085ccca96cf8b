"""Figures of the report card: rank correlations, what each list would have earned, and whether probabilities hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from copytrade_pipelines.backtest.figures import Draw, corner, style
from copytrade_pipelines.backtest.palette import Palette

_SIZE = (5.8, 3.4)
# Lines of the baselines, told apart by dashes: colour is for what is judged.
_DASHES = {"lifetime_pnl": (0, (5, 1.5)), "win_rate": (0, (1.2, 1.2)), "composite": (0, (5, 1.5, 1.2, 1.5))}


def ic_by_horizon(rows: Sequence[Mapping[str, Any]], limit: float) -> Draw:
    """The rank correlation of each version at each horizon with its interval, and the limit of the lower bound.

    Shape: rows with score_version, is_champion, horizon_days, ic, ic_low, ic_high.
    """

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        versions = list(dict.fromkeys(row["score_version"] for row in rows))
        horizons = sorted({row["horizon_days"] for row in rows})
        axes.axhline(limit, color=palette.bad, linewidth=1.0, linestyle=":", label="limit of the lower bound")
        for place, version in enumerate(versions):
            own = [row for row in rows if row["score_version"] == version]
            colour = palette.accent if own[0]["is_champion"] else (palette.muted, palette.good)[place % 2]
            offset = 0.13 * (place - (len(versions) - 1) / 2.0)
            at = [horizons.index(row["horizon_days"]) + offset for row in own]
            middle = np.array([row["ic"] for row in own], dtype=float)
            reach = [[row["ic"] - row["ic_low"] for row in own], [row["ic_high"] - row["ic"] for row in own]]
            axes.errorbar(at, middle, yerr=np.nan_to_num(np.array(reach, dtype=float)), fmt="o", color=colour,
                          markersize=6, elinewidth=1.8, capsize=3,
                          label=f"{version} (champion)" if own[0]["is_champion"] else version)  # fmt: skip
        axes.set_xticks(range(len(horizons)), [f"{days} days" for days in horizons])
        axes.set_xlim(-0.5, len(horizons) - 0.5)
        axes.set_xlabel("time between freeze and card")
        axes.set_ylabel("rank correlation")
        _legend(axes, palette, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
        style((axes,), palette)
        return figure

    return draw


def earned_by_list(instants: Sequence[int], curves: Mapping[str, Sequence[float]], title: str) -> Draw:
    """Profit per dollar staked up to each time: the score's list, what others rank by, and lists drawn at random."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(_SIZE[0], 3.8), layout="constrained")
        axes = figure.subplots()
        at = np.array(instants, dtype="datetime64[ms]")
        axes.axhline(0.0, color=palette.ink, linewidth=0.8)
        axes.fill_between(at, curves["random_low"], curves["random_high"], color=palette.grid, linewidth=0,
                          label="nine of ten random lists")  # fmt: skip
        for name, dashes in _DASHES.items():
            axes.plot(at, curves[name], color=palette.muted, linewidth=1.4, linestyle=dashes,
                      label=f"{name.replace('_', ' ')} {curves[name][-1]:+.1%}")  # fmt: skip
        axes.plot(at, curves["top"], color=palette.accent, linewidth=2.4, label=f"this score {curves['top'][-1]:+.1%}")
        axes.set_xlabel(title)
        axes.set_ylabel("profit per dollar staked")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        _legend(axes, palette, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
        style((axes,), palette)
        return figure

    return draw


def reliability(bins: Sequence[Mapping[str, Any]], pit: Sequence[float], title: str) -> Draw:
    """How often wallets' bets paid in all against how often they should have, and where results lie among those
    expected: flat is right, a heap at both ends is too sure, a heap in the middle too timid."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(7.6, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.25, 1.0])
        left.plot([0, 1], [0, 1], color=palette.muted, linewidth=0.8, linestyle=":")
        expected, observed = ([row[name] for row in bins] for name in ("expected", "observed"))
        for row in bins:
            left.plot([row["expected"]] * 2, [row["low"], row["high"]], color=palette.muted, linewidth=5, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
        is_within = [row["low"] <= row["observed"] <= row["high"] for row in bins]
        left.scatter(
            expected, observed, s=36, zorder=3, color=[palette.accent if ok else palette.bad for ok in is_within]
        )
        left.set_xlim(-0.02, 1.02)
        left.set_ylim(-0.02, 1.02)
        left.set_xlabel("share of wallets that should be in profit")
        left.set_ylabel("share that was")
        left.set_title(title, **corner(palette))
        share = 1.0 / len(pit)
        right.bar((np.arange(len(pit)) + 0.5) * share, pit, width=0.9 * share, color=palette.accent, alpha=0.8)
        right.axhline(share, color=palette.ink, linewidth=1.0, linestyle=":")
        right.set_xlabel("place among expected results")
        right.set_ylabel("share of wallets")
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        style((left, right), palette)
        return figure

    return draw


def _legend(axes: Any, palette: Palette, **placed: Any) -> None:
    axes.legend(frameon=False, fontsize=9, labelcolor=palette.ink, **placed)
