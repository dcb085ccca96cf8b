"""Keys of all signals of a column at once: chance.key_of, eight bytes of BLAKE2b (RFC 7693); and what they draw."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from copytrade_pipelines.backtest.chance import Purpose, key_of
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.lags import Curve

_IV = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    np.uint64,
)
# The ten orders in which a round reads the words of a block; rounds eleven and twelve begin anew (RFC 7693).
_SIGMA = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ],
    np.int64,
)
# Which words of a state are mixed with each other in a round: columns, then diagonals.
_MIXED = np.array(
    [
        *[(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)],
        *[(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)],
    ],
    np.int64,
)
# A digest of eight bytes, no key.
_SHAPE = np.uint64(0x01010008)
_BLOCK, _WORDS, _ROUNDS = 128, 16, 12
# Signals that are hashed side by side.
_WIDTH = 64
_DETECTION = int(Purpose.DETECTION)


def keys_of(ids: pa.Array) -> Array:
    """The key of each id of a column of text."""
    texts = ids.cast(pa.large_string())
    bounds = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    values = texts.buffers()[2]
    if values is None or (len(texts) and np.diff(bounds).max() > _BLOCK):
        # Of several blocks, or without a letter: no id is.
        return np.array([key_of(name) for name in ids.to_pylist()], np.int64)
    return _keys(np.frombuffer(values, np.uint8), bounds)


def drawn_lags(keys: Array, curve: Curve, seed: int) -> Array:
    """How late each signal of a key is known: detection.py, for many."""
    return _lags(keys, np.array(curve, np.int64), seed)


@inner
def _mix(work: Array, a: int, b: int, c: int, d: int, words: Array, one: int, other: int) -> None:
    for lane in range(_WIDTH):
        first, second, third, fourth = work[a, lane], work[b, lane], work[c, lane], work[d, lane]
        first += second + words[one, lane]
        fourth ^= first
        fourth = (fourth >> np.uint64(32)) | (fourth << np.uint64(32))
        third += fourth
        second ^= third
        second = (second >> np.uint64(24)) | (second << np.uint64(40))
        first += second + words[other, lane]
        fourth ^= first
        fourth = (fourth >> np.uint64(16)) | (fourth << np.uint64(48))
        third += fourth
        second ^= third
        second = (second >> np.uint64(63)) | (second << np.uint64(1))
        work[a, lane], work[b, lane], work[c, lane], work[d, lane] = first, second, third, fourth


@inner
def _read(values: Array, bounds: Array, row: int, words: Array, lane: int) -> int:
    """Put the bytes of an id down as the words of a block. Returns: how many there are."""
    first, end = bounds[row], bounds[row + 1]
    for word in range(_WORDS):
        read, at = np.uint64(0), first + 8 * word
        for byte in range(min(8, end - at)):
            read |= np.uint64(values[at + byte]) << np.uint64(8 * byte)
        words[word, lane] = read
    return int(end - first)


@inner
def _as_key(word: np.uint64) -> int:
    """The digest read as a number with its first byte in front, without its last two bits."""
    turned = np.uint64(0)
    for byte in range(8):
        turned = (turned << np.uint64(8)) | ((word >> np.uint64(8 * byte)) & np.uint64(255))
    return int(np.int64(turned >> np.uint64(2)))


@cached
def _keys(values: Array, bounds: Array) -> Array:
    found = np.zeros(len(bounds) - 1, np.int64)
    words, work = np.zeros((_WORDS, _WIDTH), np.uint64), np.zeros((16, _WIDTH), np.uint64)
    for begin in range(0, len(found), _WIDTH):
        together = min(_WIDTH, len(found) - begin)
        for place in range(8):
            work[place, :], work[place + 8, :] = _IV[place], _IV[place]
        work[0, :] ^= _SHAPE
        # The only block is the last one.
        work[14, :] = ~work[14, 0]
        for lane in range(together):
            work[12, lane] ^= np.uint64(_read(values, bounds, begin + lane, words, lane))
        for turn in range(_ROUNDS):
            order = _SIGMA[turn % len(_SIGMA)]
            for place in range(8):
                mixed = _MIXED[place]
                _mix(work, mixed[0], mixed[1], mixed[2], mixed[3], words, order[2 * place], order[2 * place + 1])
        for lane in range(together):
            found[begin + lane] = _as_key(_IV[0] ^ _SHAPE ^ work[0, lane] ^ work[8, lane])
    return found


@cached
def _lags(keys: Array, curve: Array, seed: int) -> Array:
    found = np.empty(len(keys), np.int64)
    for row in range(len(keys)):
        found[row] = rules.lag_at(curve, rules.chance(seed, keys[row], 0, 0, _DETECTION))
    return found
