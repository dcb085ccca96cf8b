"""Ids of fills in order of text: their places, and whether they may name orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copytrade_pipelines.backtest.compiled.arrays import require_plain
from copytrade_pipelines.backtest.compiled.layout import Array

_WORD = 8


@dataclass(frozen=True, slots=True)
class IdOrder:
    """The place of each id among all, equal ones alike; order_ranks are those of the ids of their orders."""

    ranks: Array
    order_ranks: Array
    are_unique: bool


def order_of_ids(ids: pa.Array) -> IdOrder:
    """The order of a column of ids. Raises: NotCompiledError where one is named like an order for another."""
    lengths = pc.binary_length(ids).to_numpy(zero_copy_only=False)
    if len(ids) and lengths.min() == lengths.max() > 0:
        # Where all are as long as another, what orders append changes nothing, and none goes on from another one.
        ranks = _ranks_of_equally_long(ids, int(lengths[0]))
        return IdOrder(ranks, ranks, are_unique=int(ranks.max()) == len(ids) - 1)
    require_plain(set(ids.to_pylist()))
    ranks = _ranks(ids)
    return IdOrder(ranks, _ranks(pc.binary_join_element_wise(ids, "-", "")), len(np.unique(ranks)) == len(ids))


def _ranks(ids: pa.Array) -> Array:
    found: Array = pc.rank(ids, tiebreaker="dense").to_numpy().astype(np.int64) - 1
    return found


def _ranks_of_equally_long(ids: pa.Array, length: int) -> Array:
    texts = ids.cast(pa.large_string())
    first = int(np.frombuffer(texts.buffers()[1], np.int64)[texts.offset])
    values = np.frombuffer(texts.buffers()[2], np.uint8)[first : first + len(texts) * length].reshape(-1, length)
    padded = np.zeros((len(texts), -(-length // _WORD) * _WORD), np.uint8)
    padded[:, :length] = values
    words = padded.view(">u8").astype(np.uint64)
    telling = [words[:, place] for place in range(words.shape[1]) if (words[:, place] != words[0, place]).any()]
    if not telling:
        return np.zeros(len(texts), np.int64)
    order = np.lexsort(telling[::-1])
    differs = np.zeros(len(texts), np.int64)
    for column in telling:
        differs[1:] |= column[order][1:] != column[order][:-1]
    ranks = np.empty(len(texts), np.int64)
    ranks[order] = np.cumsum(differs)
    return ranks
