"""Levels of books inside the kernel: where they begin and end, what they hold, whether two books differ."""

from __future__ import annotations

import numpy as np

from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import World, book_at, level_at


@inner
def first_level(w: World, book: int, is_buy: int) -> int:
    """Where the levels begin that an order of this side trades against."""
    return book_at(w, book).asks if is_buy else book_at(w, book).bids


@inner
def end_of_levels(w: World, book: int, is_buy: int) -> int:
    """Where they end."""
    return book_at(w, book).end if is_buy else book_at(w, book).asks


@inner
def best_bid(w: World, book: int) -> float:
    """The highest bid, NaN where nobody bids."""
    first = first_level(w, book, 0)
    return level_at(w, first).price if first < end_of_levels(w, book, 0) else np.nan


@inner
def differ(w: World, one: int, other: int) -> bool:
    """Whether two books show other levels; NONE is no book."""
    if one == other:
        return False
    if one < 0 or other < 0:
        return True
    for is_buy in range(2):
        here, there = first_level(w, one, is_buy), first_level(w, other, is_buy)
        count = end_of_levels(w, one, is_buy) - here
        if count != end_of_levels(w, other, is_buy) - there:
            return True
        for place in range(count):
            if (
                level_at(w, here + place).price != level_at(w, there + place).price
                or level_at(w, here + place).size != level_at(w, there + place).size
            ):
                return True
    return False
