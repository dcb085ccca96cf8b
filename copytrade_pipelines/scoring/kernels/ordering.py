"""Stable counting sorts, and a fixed order among rows of the same instant."""

from __future__ import annotations

import numpy as np
from numba import njit

# One row a fill, in one cache line: every pass jumps from fill to fill.
FILL = np.dtype(
    [
        ("at", np.int64),
        ("known", np.int64),
        ("price", np.float64),
        ("size", np.float64),
        ("wallet", np.int32),
        ("token", np.int32),
        ("pair", np.int32),
        ("row", np.int32),
        ("side", np.int8),
        ("role", np.int8),
        ("flip", np.int8),
    ],
    align=True,
)


@njit(cache=True, nogil=True)
def starts_of(codes: np.ndarray, buckets: int) -> np.ndarray:
    """Where each code's rows begin once sorted; one entry more than there are codes."""
    starts = np.zeros(buckets + 1, np.int64)
    for code in codes:
        starts[code + 1] += 1
    for bucket in range(buckets):
        starts[bucket + 1] += starts[bucket]
    return starts


@njit(cache=True, nogil=True)
def ordered_by(codes: np.ndarray, starts: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The rows of order, sorted by code; equal codes stay as they are."""
    place = starts[:-1].copy()
    out = np.empty(len(order), np.int32)
    for row in order:
        code = codes[row]
        out[place[code]] = row
        place[code] += 1
    return out


@njit(cache=True, nogil=True)
def lay_out(
    order: np.ndarray,
    starts: np.ndarray,
    at: np.ndarray,
    known: np.ndarray,
    price: np.ndarray,
    size: np.ndarray,
    wallet: np.ndarray,
    token: np.ndarray,
    side: np.ndarray,
    role: np.ndarray,
    pair_of: np.ndarray,
    flip_of: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write each row of order into its place by pair; pair_of and flip_of by token."""
    place = starts[:-1].copy()
    for row in order:
        pair = pair_of[token[row]]
        fill = out[place[pair]]
        place[pair] += 1
        fill.at = at[row]
        fill.known = known[row]
        fill.price = price[row]
        fill.size = size[row]
        fill.wallet = wallet[row]
        fill.token = token[row]
        fill.pair = pair
        fill.row = row
        fill.side = side[row]
        fill.role = role[row]
        fill.flip = flip_of[token[row]]


@njit(cache=True, nogil=True)
def settle_ties(fills: np.ndarray, first: int, last: int) -> int:
    """Order fills of one pair and instant by wallet, token and side, in place. Returns: neighbours still equal.

    Shape: fills are sorted by pair and instant; first:last are whole pairs.
    """
    equal = 0
    begin = first
    for place in range(first + 1, last + 1):
        if place < last and fills[place].pair == fills[begin].pair and fills[place].at == fills[begin].at:
            continue
        if place - begin > 1:
            equal += _settle(fills, begin, place)
        begin = place
    return equal


@njit(cache=True, nogil=True)
def _settle(fills: np.ndarray, begin: int, end: int) -> int:
    keys = np.empty(end - begin, np.int64)
    for place in range(begin, end):
        fill = fills[place]
        keys[place - begin] = (np.int64(fill.wallet) << 32) | (np.int64(fill.token) << 1) | np.int64(fill.side < 0)
    is_sorted = True
    for place in range(1, len(keys)):
        is_sorted &= keys[place - 1] <= keys[place]
    if not is_sorted:
        order = np.argsort(keys, kind="mergesort")
        fills[begin:end] = fills[begin:end][order]
        keys = keys[order]
    equal = 0
    for place in range(1, len(keys)):
        equal += keys[place] == keys[place - 1]
    return equal
