"""The columns of a published snapshot, and its rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# The columns of a snapshot file; the publisher writes exactly these.
SNAPSHOT_COLUMNS = pa.schema(
    [
        pa.field("wallet", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("as_of", pa.timestamp("us"), nullable=False),
        pa.field("score_version", pa.string(), nullable=False),
        pa.field("edge_mean", pa.float64(), nullable=False),
        pa.field("edge_sd", pa.float64(), nullable=False),
        pa.field("p_pos", pa.float64(), nullable=False),
        pa.field("lcb10", pa.float64(), nullable=False),
        pa.field("rank", pa.float64(), nullable=False),
        pa.field("n_events", pa.int64(), nullable=False),
        pa.field("n_eff", pa.float64(), nullable=False),
        pa.field("coverage", pa.float64(), nullable=False),
        pa.field("copy_cost_mean", pa.float64(), nullable=False),
        pa.field("maker_share", pa.float64(), nullable=False),
        pa.field("imputed_share", pa.float64(), nullable=False),
        pa.field("breakeven_latency", pa.float64()),
        pa.field("capacity", pa.float64()),
        pa.field("q_value", pa.float64()),
        pa.field("flags", pa.list_(pa.string())),
        pa.field("reasons", pa.list_(pa.string())),
    ]
)


def read_rows(content: bytes) -> list[dict[str, Any]]:
    """The rows of a snapshot file. Raises: ValueError when its columns are others."""
    try:
        table = pq.read_table(pa.BufferReader(content))
        rows: list[dict[str, Any]] = table.select(SNAPSHOT_COLUMNS.names).cast(SNAPSHOT_COLUMNS).to_pylist()
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(str(error)) from error
    return rows
