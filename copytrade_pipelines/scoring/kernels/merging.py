"""Fills become episodes: one pass over fills in order of wallet, pair and time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from copytrade_pipelines.scoring.frame import MAKER, TAKER, UNKNOWN

# One row an episode; first is the place of its first fill, mine how many fills its wallet has in the market.
EPISODE = np.dtype(
    [
        ("started", np.int64),
        ("ended", np.int64),
        ("known", np.int64),
        ("size", np.float64),
        ("notional", np.float64),
        ("maker_notional", np.float64),
        ("taker_notional", np.float64),
        ("maker_size", np.float64),
        ("taker_size", np.float64),
        ("wallet", np.int32),
        ("token", np.int32),
        ("pair", np.int32),
        ("first", np.int32),
        ("fills", np.int32),
        ("mine", np.int32),
        ("side", np.int8),
        ("flip", np.int8),
    ],
    align=True,
)


@njit(cache=True, nogil=True)
def merge_fills(fills: np.ndarray, places: np.ndarray, gap: int, out: np.ndarray) -> int:
    """Merge fills of one wallet, token and side that follow each other within the gap. Returns: how many episodes.

    Shape: places are fills in order of wallet, pair and time, whole wallets; out has room for one episode a fill.
    Episodes come in order of wallet, pair and start. Units: gap in microseconds.
    """
    count, since, mine = 0, 0, 0
    wallet, pair = -1, -1
    current = np.full(4, -1, np.int64)  # by outcome and side
    for place in places:
        fill = fills[place]
        if fill.wallet != wallet or fill.pair != pair:
            for episode in range(since, count):
                out[episode].mine = mine
            since, mine = count, 0
            wallet, pair = fill.wallet, fill.pair
            current[:] = -1
        mine += 1
        line = 2 * fill.flip + (1 if fill.side < 0 else 0)
        episode = current[line]
        if episode < 0 or fill.at - out[episode].ended > gap:
            episode = count
            current[line] = episode
            count += 1
            _begin(out, episode, fill, place)
        _add(out, episode, fill)
    for episode in range(since, count):
        out[episode].mine = mine
    return count


@njit(cache=True, nogil=True)
def _begin(out: np.ndarray, at: int, fill: Any, place: int) -> None:
    episode = out[at]
    episode.started = fill.at
    episode.known = fill.known
    episode.size = 0.0
    episode.notional = 0.0
    episode.maker_notional = 0.0
    episode.taker_notional = 0.0
    episode.maker_size = 0.0
    episode.taker_size = 0.0
    episode.wallet = fill.wallet
    episode.token = fill.token
    episode.pair = fill.pair
    episode.first = place
    episode.fills = 0
    episode.side = fill.side
    episode.flip = fill.flip


@njit(cache=True, nogil=True)
def _add(out: np.ndarray, at: int, fill: Any) -> None:
    episode = out[at]
    notional = fill.price * fill.size
    episode.ended = fill.at
    episode.known = max(episode.known, fill.known)
    episode.size += fill.size
    episode.notional += notional
    episode.fills += 1
    if fill.role == MAKER:
        episode.maker_notional += notional
        episode.maker_size += fill.size
    elif fill.role == TAKER:
        episode.taker_notional += notional
        episode.taker_size += fill.size


@njit(cache=True, nogil=True)
def unpack(
    episodes: np.ndarray,
    rows: np.ndarray,
    wallet: np.ndarray,
    token: np.ndarray,
    pair: np.ndarray,
    place: np.ndarray,
    mine: np.ndarray,
    side: np.ndarray,
    role: np.ndarray,
    is_first: np.ndarray,
    started: np.ndarray,
    ended: np.ndarray,
    known: np.ndarray,
    price: np.ndarray,
    size: np.ndarray,
    first: int,
    last: int,
) -> None:
    """Write some episodes into columns; is_first says that the market's first outcome was bought."""
    for at in range(first, last):
        episode = episodes[rows[at]]
        wallet[at], token[at], pair[at], place[at] = episode.wallet, episode.token, episode.pair, episode.first
        side[at], mine[at] = episode.side, episode.mine
        seen = episode.maker_size + episode.taker_size
        role[at] = UNKNOWN if seen <= 0.0 else TAKER if episode.taker_size >= seen / 2.0 else MAKER
        is_first[at] = (episode.side > 0) == (episode.flip == 0)
        started[at], ended[at], known[at] = episode.started, episode.ended, episode.known
        price[at], size[at] = episode.notional / episode.size, episode.size


@njit(cache=True, nogil=True)
def choose(
    episodes: np.ndarray,
    begin: int,
    end: int,
    since: int,
    is_scored: np.ndarray,
    opened: np.ndarray,
    counted: np.ndarray,
) -> np.ndarray:
    """Mark the episodes that count: begun since then, by a wallet that is scored. Returns: those of them that open."""
    rows = np.empty(end - begin, np.int32)
    found = 0
    for at in range(begin, end):
        if episodes[at].started >= since and is_scored[episodes[at].wallet]:
            counted[at] = True
            if opened[at] > 0.0:
                rows[found] = at
                found += 1
    return rows[:found]
