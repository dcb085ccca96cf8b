"""Which part of each episode opens a position, and how long what was opened was held.

A position in one market is one number: shares of the first outcome net of the second, for both together are cash. In
a neg-risk event exactly one of n markets pays, so the same shares in all of them are cash too, and a position is the n
numbers up to a common shift. What opens is what makes the smallest equivalent holding larger: away from 0 in a market
by itself, away from the middle of the others' positions in an event whose markets exclude each other. Buying NO of
all others is thereby the YES it converts to, and the second outcome bought against the first is an exit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# A smaller part than this is what rounding left.
DUST = 1e-6


@njit(cache=True, nogil=True)
def net_episodes(
    episodes: np.ndarray,
    event_of: np.ndarray,
    field_of: np.ndarray,
    opened: np.ndarray,
    closed: np.ndarray,
    held: np.ndarray,
) -> None:
    """Fill opened (shares), closed (shares of it that were left again) and held (share-microseconds of those).

    Shape: episodes in order of wallet, pair and start, whole wallets; event_of and field_of by pair, field 0 where an
    event's markets stand alone.
    """
    count = len(episodes)
    begin = 0
    for place in range(1, count + 1):
        is_end = place == count or episodes[place].wallet != episodes[begin].wallet
        if is_end or event_of[episodes[place].pair] != event_of[episodes[begin].pair]:
            _net_event(episodes, begin, place, field_of, opened, closed, held)
            begin = place


@njit(cache=True, nogil=True)
def _net_event(
    episodes: np.ndarray,
    begin: int,
    end: int,
    field_of: np.ndarray,
    opened: np.ndarray,
    closed: np.ndarray,
    held: np.ndarray,
) -> None:
    field = field_of[episodes[begin].pair]
    if field > 1 and episodes[begin].pair != episodes[end - 1].pair:
        _net_field(episodes, begin, end, field, opened)
    start = begin
    for place in range(begin + 1, end + 1):
        if place == end or episodes[place].pair != episodes[start].pair:
            if field <= 1 or episodes[begin].pair == episodes[end - 1].pair:
                _net_pair(episodes, start, place, opened)
            _hold(episodes, start, place, opened, closed, held)
            start = place


@njit(cache=True, nogil=True)
def _direction(episode: Any) -> Any:
    return -episode.side if episode.flip else episode.side


@njit(cache=True, nogil=True)
def _net_pair(episodes: np.ndarray, begin: int, end: int, opened: np.ndarray) -> None:
    position = 0.0
    for place in range(begin, end):
        size, way = episodes[place].size, _direction(episodes[place])
        closing = min(size, max(0.0, -way * position))
        part = size - closing
        opened[place] = part if part > DUST * size else 0.0
        position += way * size


@njit(cache=True, nogil=True)
def _net_field(episodes: np.ndarray, begin: int, end: int, field: int, opened: np.ndarray) -> None:
    pairs = episodes[end - 1].pair - episodes[begin].pair + 1
    first = episodes[begin].pair
    # Markets of the event that the wallet never traded hold 0; more than are known to exclude each other say no less.
    positions = np.zeros(max(field, pairs))
    started = np.empty(end - begin, np.int64)
    for place in range(begin, end):
        started[place - begin] = episodes[place].started
    needed = (len(positions) + 1) // 2
    for step in np.argsort(started, kind="mergesort"):
        place = begin + step
        own, size, way = episodes[place].pair - first, episodes[place].size, _direction(episodes[place])
        others = np.sort(np.concatenate((positions[:own], positions[own + 1 :])) * way)
        now = positions[own] * way
        part = max(0.0, now + size - max(now, others[needed - 1]))
        opened[place] = part if part > DUST * size else 0.0
        positions[own] += way * size


@njit(cache=True, nogil=True)
def _hold(episodes: np.ndarray, begin: int, end: int, opened: np.ndarray, closed: np.ndarray, held: np.ndarray) -> None:
    # First in, first out, inside the market; a way's lots are left by what does not open the other way.
    heads = np.array([begin, begin])
    for place in range(begin, end):
        way = _direction(episodes[place])
        leaving = episodes[place].size - opened[place]
        side = 0 if way < 0 else 1  # lots of the other way
        head = heads[side]
        while leaving > 0.0 and head < place:
            left = opened[head] - closed[head]
            if _direction(episodes[head]) == way or left <= 0.0:
                head += 1
                continue
            taken = min(left, leaving)
            closed[head] += taken
            held[head] += taken * (episodes[place].started - episodes[head].started)
            leaving -= taken
        heads[side] = head
