"""How much can be staked on a copy before walking the book eats the edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copytrade_pipelines.scoring.groups import Membership
from copytrade_pipelines.scoring.ladders import Ladders

# What a book is taken to hold where none was recorded: so much collateral at each price, a tick apart.
# As in the backtest's book model.
MODELLED_DEPTH = 1000.0
MODELLED_LEVELS = 5
MODELLED_TICK = 0.01


@dataclass(frozen=True, slots=True)
class Capacity:
    """One entry a score row. Units: usd in collateral; is_modelled says that no recorded book stands behind it."""

    usd: np.ndarray
    is_modelled: np.ndarray


def measure_capacity(
    members: Membership, edge: np.ndarray, copy_price: np.ndarray, ladders: Ladders, ladder: np.ndarray, stake: float
) -> Capacity:
    """The median, over a row's episodes, of the stake whose average price has risen by the edge.

    The edge was measured at the price of the reference stake, so that is where the rise starts.
    Shape: edge one entry a row, copy_price and ladder (-1: none recorded) one an episode.
    """
    recorded = ladder[members.episode] >= 0
    has_books = np.bincount(members.row, recorded, members.rows) > 0
    walked = ladders.take(ladder[members.episode[recorded]])
    start = walked.spent(stake)
    usd = _medians(members.row[recorded], _stakes(walked, start, edge[members.row[recorded]]), members.rows)
    guessed = ~has_books[members.row]
    start = copy_price[members.episode[guessed]]
    modelled = _stakes(_modelled(start), start, edge[members.row[guessed]])
    guess = _medians(members.row[guessed], modelled, members.rows)
    return Capacity(np.where(has_books, usd, guess), ~has_books)


def _stakes(ladders: Ladders, start: np.ndarray, edge: np.ndarray) -> np.ndarray:
    # A book with nothing on offer takes nothing.
    limit = np.nan_to_num(start) + np.maximum(edge, 0.0)
    return np.where(edge > 0.0, ladders.stake_until(limit), 0.0)


def _modelled(price: np.ndarray) -> Ladders:
    levels = price[:, None] + MODELLED_TICK * np.arange(MODELLED_LEVELS)
    offered = (levels > 0.0) & (levels < 1.0)
    start = np.concatenate([[0], np.cumsum(offered.sum(axis=1))]).astype(np.int64)
    place = np.zeros(len(price), dtype=np.int64)
    return Ladders(place, place, start, levels[offered], MODELLED_DEPTH / levels[offered])


def _medians(row: np.ndarray, values: np.ndarray, rows: int) -> np.ndarray:
    order = np.lexsort((values, row))
    ordered, count = values[order], np.bincount(row, minlength=rows)
    start = np.cumsum(count) - count
    low, high = start + np.maximum(count - 1, 0) // 2, start + count // 2
    if not len(ordered):
        return np.full(rows, np.nan)
    last = len(ordered) - 1
    middle = (ordered[np.minimum(low, last)] + ordered[np.minimum(high, last)]) / 2.0
    return np.where(count > 0, middle, np.nan)
