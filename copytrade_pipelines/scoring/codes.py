"""Ids become small integers at the door: code i is the i-th name of all, names ascending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from copytrade_pipelines.scoring.frame import Codes

# Integer ids this much sparser than a counted array are sorted instead.
_SPARSE = 8


def encode(*columns: Any) -> tuple[np.ndarray, list[Codes]]:
    """Encode columns of one kind of id together. Returns: the names, ascending, and each column's codes.

    Shape: columns are pandas, numpy or Arrow, all of text or all of integers, without nulls.
    """
    arrays = [_arrow(column) for column in columns]
    if any(pa.types.is_integer(array.type) for array in arrays):
        return _encode_integers([np.asarray(array) for array in arrays])
    parts = [_dictionary(array) for array in arrays]
    names = np.unique(np.concatenate([np.empty(0, dtype=object), *(names for names, _ in parts)]))
    return names, [_codes_in(names, found)[codes] if len(found) else codes for found, codes in parts]


def codes_in(names: np.ndarray, column: Any) -> Codes:
    """Codes of a column by names that exist; -1 for others."""
    array = _arrow(column)
    if pa.types.is_integer(array.type) or pa.types.is_null(array.type) or not len(array):
        return _codes_in(names, np.asarray(array)) if len(array) else np.empty(0, dtype=np.int32)
    found, codes = _dictionary(array)
    return _codes_in(names, found)[codes]


def _arrow(column: Any) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(column, pa.Array):
        return column
    array = pa.array(column, from_pandas=True) if len(column) else pa.array([], pa.string())
    return _arrow(array)


def _dictionary(array: Any) -> tuple[np.ndarray, Codes]:
    encoded = array if pa.types.is_dictionary(array.type) else array.cast(pa.string()).dictionary_encode()
    names = np.asarray(encoded.dictionary.to_pandas(), dtype=object)
    return names, encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)


def _codes_in(names: np.ndarray, wanted: np.ndarray) -> Codes:
    if not len(names):
        return np.full(len(wanted), -1, dtype=np.int32)
    if names.dtype.kind in "iu" and int(names[-1]) - int(names[0]) <= _SPARSE * (len(names) + len(wanted)):
        return _looked_up(names, wanted)
    codes: Codes = pd.Index(names).get_indexer(pd.Index(wanted)).astype(np.int32)
    return codes


def _looked_up(names: np.ndarray, wanted: np.ndarray) -> Codes:
    low, width = int(names[0]), int(names[-1]) - int(names[0]) + 1
    code_of = np.full(width + 1, -1, dtype=np.int32)  # the last place stands for whatever is outside
    code_of[names - low] = np.arange(len(names), dtype=np.int32)
    place = wanted.astype(np.int64, copy=False) - low
    return code_of[np.where((place >= 0) & (place < width), place, width)]


def _encode_integers(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, list[Codes]]:
    filled = [column for column in columns if len(column)]
    low, high = min(int(column.min()) for column in filled), max(int(column.max()) for column in filled)
    if high - low > _SPARSE * sum(map(len, filled)) + 1000:
        names = np.unique(np.concatenate(filled))
        return names, [np.searchsorted(names, column).astype(np.int32) for column in columns]
    is_there = np.zeros(high - low + 1, dtype=bool)
    for column in filled:
        is_there[column - low] = True
    names = np.flatnonzero(is_there) + low
    code_of = np.cumsum(is_there, dtype=np.int32) - np.int32(1)
    return names, [code_of[np.asarray(column, dtype=np.int64) - low] for column in columns]
