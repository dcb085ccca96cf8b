"""Fills become episodes: one pass over fills in order of wallet, pair and time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from copytrade_pipelines.scoring.frame import MAKER, TAKER

# One row an episode; first is the place of its first fill.
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
    count = 0
    wallet, pair = -1, -1
    current = np.full(4, -1, np.int64)  # by outcome and side
    for place in places:
        fill = fills[place]
        if fill.wallet != wallet or fill.pair != pair:
            wallet, pair = fill.wallet, fill.pair
            current[:] = -1
        line = 2 * fill.flip + (1 if fill.side < 0 else 0)
        episode = current[line]
        if episode < 0 or fill.at - out[episode].ended > gap:
            episode = count
            current[line] = episode
            count += 1
            _begin(out, episode, fill, place)
        _add(out, episode, fill)
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
