"""When we would have learned of each leader's fill: drawn from a curve of lags, written into an extract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.core.market import DAY
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.chance import Purpose, chance, key_of
from copytrade_pipelines.backtest.extract import Extract, Window, digest_of, extract
from copytrade_pipelines.backtest.lags import Curve, curve_of, lag_at
from copytrade_pipelines.backtest.rows import BATCH_ROWS


def extract_as_assumed(
    con: duckdb.DuckDBPyConnection, window: Window, config: CopytradeConfig, folder: Path
) -> Extract:
    """The rows of a window as a run takes them: scores and fit as configured, fills known when the lags say.

    Raises: as extract.
    """
    own = config.backtest
    taken = extract(con, window, folder, config.scoring.champion, round(own.fit_days * DAY))
    return redraw_detection(taken, curve_of(own.detection_seconds), own.seed)


def redraw_detection(taken: Extract, curve: Curve, seed: int) -> Extract:
    """Let every fill be known a drawn lag after it happened. Without a curve the warehouse's own times stand."""
    if not curve:
        return taken
    path, part = taken.path("fills"), taken.folder / "fills.part"
    with pq.ParquetFile(path) as file, pq.ParquetWriter(part, file.schema_arrow, compression="zstd") as writer:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            writer.write_batch(_redrawn(batch, curve, seed))
    part.replace(path)
    return replace(taken, digest=digest_of(taken.folder))


def _redrawn(batch: pa.RecordBatch, curve: Curve, seed: int) -> pa.RecordBatch:
    place = batch.schema.get_field_index("observed_at")
    ids, times = batch.column("fill_id").to_pylist(), batch.column("event_at").to_pylist()
    known = [
        None if at is None else at + lag_at(curve, chance(seed, key_of(fill_id), 0, 0, Purpose.DETECTION))
        for fill_id, at in zip(ids, times, strict=True)
    ]
    return batch.set_column(place, batch.schema.field(place), pa.array(known, batch.schema.field(place).type))
