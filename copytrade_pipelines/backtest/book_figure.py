"""Draws a copy on the books it met: those of the decision and of the first fill, our limit and our fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from copytrade_live.core.market import Book, Level
from copytrade_pipelines.backtest.figures import SIZE, Draw, corner, style
from copytrade_pipelines.backtest.palette import Palette

# Prices a side that are drawn.
_LEVELS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One fill of ours and the limit it was within. Units: dollars per share, shares."""

    price: float
    size: float
    limit: float


def book_figure(decided_on: Book | None, filled_on: Book | None, leader_price: float, bought: Sequence[Bought]) -> Draw:
    """Two books side by side on one scale of prices; bids in one colour, asks in the other, our shares over them."""

    def draw(palette: Palette) -> Figure:
        figure = Figure(figsize=(SIZE[0], 3.4), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        limit = max((fill.limit for fill in bought), default=None)
        tick = _tick(decided_on, filled_on)
        for axes, book, title in ((left, decided_on, "at the decision"), (right, filled_on, "at the first fill")):
            _levels(axes, book, tick, palette)
            axes.axhline(leader_price, color=palette.ink, linewidth=1.0, linestyle=":")
            if limit is not None:
                axes.axhline(limit, color=palette.accent, linewidth=1.2, linestyle="--")
            source = book.source.value if book else "no book"
            axes.set_title(f"{title}\n{source}", **{**corner(palette), "loc": "left"})
            axes.set_xlabel("shares")
            axes.xaxis.set_major_locator(MaxNLocator(3))
        for fill in bought:
            right.barh(fill.price, fill.size, height=0.36 * tick, color=palette.accent)
        left.set_ylabel("dollars per share")
        left.margins(y=0.06)
        style((left, right), palette, grid="x")
        return figure

    return draw


def _levels(axes: Any, book: Book | None, tick: float, palette: Palette) -> None:
    if book is None:
        return
    for levels, colour in ((book.bids, palette.good), (book.asks, palette.bad)):
        shown = levels[:_LEVELS]
        prices, sizes = [level.price for level in shown], [level.size for level in shown]
        axes.barh(prices, sizes, height=0.8 * tick, color=colour, alpha=0.45)


def _tick(*books: Book | None) -> float:
    # The least distance between two prices that are shown.
    sides: list[Sequence[Level]] = [side for book in books if book for side in (book.bids, book.asks)]
    gaps = [abs(one.price - other.price) for side in sides for one, other in pairwise(side)]
    return min((gap for gap in gaps if gap > 0.0), default=0.01)
