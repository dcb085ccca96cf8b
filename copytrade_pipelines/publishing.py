"""Publishes scores and the gate: immutable files, moved into place whole, named by what they hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.clock import to_name
from copytrade_live.core.market import Instant
from copytrade_live.core.score import Gate
from copytrade_live.durable import write_durably
from copytrade_live.errors import SnapshotError
from copytrade_live.published import (
    GATE_FILE,
    HASH_DIGITS,
    POINTER_FILE,
    SCHEMA_VERSION,
    SNAPSHOT_FOLDER,
    Pointer,
)
from copytrade_live.settings import Home
from copytrade_live.snapshot_table import SNAPSHOT_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Guard = Callable[["pd.DataFrame"], None]


def let_pass(frame: pd.DataFrame) -> None:
    """Check nothing."""


def publish_scores(
    home: Home, rows: pd.DataFrame, *, as_of: Instant, run_id: str, keep: int, guard: Guard = let_pass
) -> Pointer:
    """Write a snapshot, point to it, and drop all but the newest keep snapshots.

    Shape: rows of marts.fct_trader_scores with one as_of. Equal rows give the same file and the same id. guard is shown
    the file as it lies on the disk before the pointer moves to it, and raises when it must not.
    Raises: SnapshotError when a number that the runner needs is missing; nothing is written then.
    """
    _refuse_gaps(rows)
    content = snapshot_bytes(rows)
    digest = hashlib.sha256(content).hexdigest()
    snapshot_id = f"{to_name(as_of)}-{digest[:HASH_DIGITS]}"
    pointer = Pointer(
        snapshot_id=snapshot_id,
        file=f"{SNAPSHOT_FOLDER}/{snapshot_id}.parquet",
        sha256=digest,
        rows=len(rows),
        as_of=as_of,
        score_version=str(rows["score_version"].iloc[0]),
        dagster_run_id=run_id,
    )
    write_durably(home.published / pointer.file, content)
    guard(pq.read_table(home.published / pointer.file).to_pandas())
    write_durably(home.published / POINTER_FILE, _json({"schema_version": SCHEMA_VERSION, **asdict(pointer)}))
    _prune(home.published / SNAPSHOT_FOLDER, keep, current=f"{snapshot_id}.parquet")
    return pointer


def publish_gate(home: Home, gate: Gate) -> None:
    """Write the gate file."""
    write_durably(home.published / GATE_FILE, _json({"schema_version": SCHEMA_VERSION, **asdict(gate)}))


def snapshot_bytes(rows: pd.DataFrame) -> bytes:
    """A snapshot file of score rows, the same bytes for the same rows in any order."""
    ordered = rows.sort_values(["wallet", "category"], kind="stable")
    columns = [_column(ordered[field.name], field) for field in SNAPSHOT_COLUMNS]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=SNAPSHOT_COLUMNS), sink, compression="zstd")
    return bytes(sink.getvalue())


def _refuse_gaps(rows: pd.DataFrame) -> None:
    for field in SNAPSHOT_COLUMNS:
        missing = rows.loc[rows[field.name].isna(), "wallet"]
        if not field.nullable and len(missing):
            raise SnapshotError(
                f"{field.name} of {missing.iloc[0]} is missing ({len(missing)} rows); the last snapshot stays, "
                "run trader_scores again"
            )


def _column(values: pd.Series, field: pa.Field) -> pa.Array:
    if pa.types.is_list(field.type):
        return pa.array([list(value) for value in values], type=field.type)
    return pa.Array.from_pandas(values, type=field.type, safe=not pa.types.is_timestamp(field.type))


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, allow_nan=False).encode() + b"\n"


def _prune(folder: Path, keep: int, *, current: str) -> None:
    # A name begins with its as_of, so the newest come last.
    names = sorted(path.name for path in folder.glob("*.parquet"))
    for name in names[: max(0, len(names) - keep)]:
        if name != current:
            (folder / name).unlink(missing_ok=True)
