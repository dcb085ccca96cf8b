"""What a wallet's episodes say besides its edge: roles, both sides of a market, and how long it holds."""

from __future__ import annotations

import numpy as np
from numba import njit

# What the episodes of one wallet and event add up to; smaller is twice the smaller side of each market bought on both.
TALLY = np.dtype(
    [
        ("wallet", np.int32),
        ("event", np.int32),
        ("category", np.int32),
        ("first_at", np.int64),
        ("last_at", np.int64),
        ("maker", np.float64),
        ("taker", np.float64),
        ("smaller", np.float64),
        ("bought", np.float64),
    ],
    align=True,
)


@njit(cache=True, nogil=True)
def tally(
    episodes: np.ndarray, is_counted: np.ndarray, event_of: np.ndarray, category_of: np.ndarray, out: np.ndarray
) -> int:
    """Tally the episodes that count by wallet and event. Returns: how many tallies.

    Shape: episodes in order of wallet and pair, event_of and category_of by pair; out has room for one an episode.
    """
    count, wallet, event, pair = 0, -1, -1, -1
    sides = np.zeros(2)
    for place in range(len(episodes)):
        if not is_counted[place]:
            continue
        episode = episodes[place]
        if episode.wallet != wallet or episode.pair != pair:
            if count:
                out[count - 1].smaller += 2.0 * min(sides[0], sides[1])
            sides[:] = 0.0
        if episode.wallet != wallet or event_of[episode.pair] != event:
            wallet, event = episode.wallet, event_of[episode.pair]
            row = out[count]
            row.wallet, row.event, row.category = wallet, event, category_of[episode.pair]
            row.first_at, row.last_at = episode.started, episode.ended
            row.maker, row.taker, row.smaller, row.bought = 0.0, 0.0, 0.0, 0.0
            count += 1
        pair = episode.pair
        row = out[count - 1]
        row.first_at = min(row.first_at, episode.started)
        row.last_at = max(row.last_at, episode.ended)
        row.maker += episode.maker_notional
        row.taker += episode.taker_notional
        if episode.side > 0:
            sides[episode.flip] += episode.size
            row.bought += episode.size
    if count:
        out[count - 1].smaller += 2.0 * min(sides[0], sides[1])
    return count


@njit(cache=True, nogil=True)
def median_holds(wallet: np.ndarray, held: np.ndarray, first: int, last: int, out: np.ndarray) -> None:
    """Fill out with each wallet's median. Shape: rows in order of wallet, first:last whole wallets."""
    begin = first
    for row in range(first + 1, last + 1):
        if row == last or wallet[row] != wallet[begin]:
            out[wallet[begin]] = np.median(held[begin:row])
            begin = row
