"""Columns of pandas or Arrow tables as arrays: numbers, times in microseconds, and words as small codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from copytrade_pipelines.scoring.frame import NEVER, Flags, Floats, Small, Times

# A pandas DataFrame or an Arrow table; neither has types that mypy could tell apart.
Frame: TypeAlias = Any


def ids(frame: Frame, name: str) -> Any:
    """A column of ids, as codes.encode takes it."""
    return frame[name]


def numbers(frame: Frame, name: str) -> Floats:
    """A column of numbers, NaN for null."""
    if isinstance(frame, pa.Table):
        return np.asarray(frame[name].to_numpy(), dtype=float)
    return np.asarray(frame[name].to_numpy(dtype=float, na_value=np.nan))


def times(frame: Frame, name: str) -> Times:
    """A column of times in microseconds since epoch, NEVER for null."""
    if isinstance(frame, pa.Table):
        column = pc.cast(frame[name], pa.timestamp("us"))
        filled = pc.fill_null(pc.cast(column, pa.int64()), NEVER) if column.null_count else pc.cast(column, pa.int64())
        return np.asarray(filled.to_numpy(), dtype=np.int64)
    found = pd.to_datetime(frame[name]).astype("datetime64[us]").to_numpy().view(np.int64)
    return np.where(found == np.iinfo(np.int64).min, NEVER, found)


def codes_of_words(frame: Frame, name: str, codes: Mapping[str, int]) -> Small:
    """A column of a few known words (or of their codes already), 0 for any other."""
    column = frame[name]
    array = column if isinstance(column, pa.ChunkedArray) else pa.array(column, from_pandas=True)
    if pa.types.is_integer(array.type):
        return np.asarray(array.to_numpy(), dtype=np.int8)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if not len(array):
        return np.empty(0, dtype=np.int8)
    encoded = array if pa.types.is_dictionary(array.type) else array.cast(pa.string()).dictionary_encode()
    words = np.array([codes.get(word, 0) for word in encoded.dictionary.to_pylist()] + [0], dtype=np.int8)
    return np.asarray(words[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)])


def kept(frame: Frame, mask: Flags) -> Frame:
    """The rows that the mask keeps; the frame itself where it keeps all."""
    if mask.all():
        return frame
    return frame.filter(pa.array(mask)) if isinstance(frame, pa.Table) else frame[mask]
