"""What a wallet's episodes say besides its edge: roles, both sides of a market, and how long it holds."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def add_facts(
    episodes: np.ndarray,
    is_counted: np.ndarray,
    category_of: np.ndarray,
    maker: np.ndarray,
    taker: np.ndarray,
    both: np.ndarray,
    last_at: np.ndarray,
) -> None:
    """Add up episodes that count. Shape: episodes in order of wallet and pair; maker and taker are (wallets,
    categories); both is by wallet; category_of by pair.
    """
    smaller, bought = 0.0, 0.0
    sides = np.zeros(2)
    for place in range(len(episodes)):
        episode = episodes[place]
        wallet = episode.wallet
        if is_counted[place]:
            maker[wallet, category_of[episode.pair]] += episode.maker_notional
            taker[wallet, category_of[episode.pair]] += episode.taker_notional
            last_at[wallet] = max(last_at[wallet], episode.ended)
            if episode.side > 0:
                sides[episode.flip] += episode.size
        is_last = place + 1 == len(episodes) or episodes[place + 1].wallet != wallet
        if is_last or episodes[place + 1].pair != episode.pair:
            smaller += 2.0 * min(sides[0], sides[1])
            bought += sides[0] + sides[1]
            sides[:] = 0.0
        if is_last:
            both[wallet] = smaller / bought if bought > 0.0 else 0.0
            smaller, bought = 0.0, 0.0


@njit(cache=True, nogil=True)
def median_holds(wallet: np.ndarray, held: np.ndarray, first: int, last: int, out: np.ndarray) -> None:
    """Fill out with each wallet's median. Shape: rows in order of wallet, first:last whole wallets."""
    begin = first
    for row in range(first + 1, last + 1):
        if row == last or wallet[row] != wallet[begin]:
            out[wallet[begin]] = np.median(held[begin:row])
            begin = row
