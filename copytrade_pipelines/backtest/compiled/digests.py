"""Names the content of what was loaded: equal rows give equal digests, cheaply enough to be asked of every sweep."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.layout import Array

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_LANES = 4
_WORD = 8


def digest_of(tables: Iterable[pa.Table], arrays: Sequence[Array]) -> str:
    """Sixteen hex digits for tables, which are small, and arrays."""
    digest = hashlib.sha256()
    for table in tables:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        digest.update(sink.getvalue())
    for array in arrays:
        plain = np.ascontiguousarray(array).reshape(-1).view(np.uint8) if array.size else np.zeros(0, np.uint8)
        whole = len(plain) // _WORD * _WORD
        digest.update(f"{len(plain)} {_checksum(plain[:whole].view(np.uint64))}".encode() + plain[whole:].tobytes())
    return digest.hexdigest()[:16]


@cached
def _checksum(words: Array) -> int:
    """A number in which every word counts by its place."""
    lanes = np.zeros(_LANES, np.uint64)
    for place in range(len(words)):
        lane = place & (_LANES - 1)
        mixed = (lanes[lane] ^ words[place]) * _FACTOR
        lanes[lane] = mixed ^ (mixed >> np.uint64(29))
    whole = np.uint64(0)
    for lane in range(_LANES):
        whole = (whole ^ lanes[lane]) * _FACTOR
    return int(np.int64(whole >> np.uint64(1)))
