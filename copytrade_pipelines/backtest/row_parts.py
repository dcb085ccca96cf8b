"""A Parquet table written row by row, in parts that a run can be taken up after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Rows held before they are written.
_BATCH = 20_000


class RowParts:
    """Rows of one table. Pickled after a cut, it goes on with the next part."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._part = 1
        self._open()

    def append(self, row: tuple[Any, ...]) -> None:
        """Add one row, its values in the order of the schema."""
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def cut(self) -> None:
        """Close the part; what follows goes to the next one."""
        self.close()
        self._part += 1
        self._open()

    def close(self) -> None:
        """Write what is left of the part."""
        self._flush()
        self._writer.close()

    def finish(self) -> None:
        """Make one file of all parts."""
        self.close()
        if self._part == 1:
            self._place(1).replace(self._path)
            return
        with pq.ParquetWriter(self._path, self._schema, compression="zstd") as writer:
            for part in range(1, self._part + 1):
                for batch in pq.ParquetFile(self._place(part)).iter_batches():
                    writer.write_batch(batch)
        for part in range(1, self._part + 1):
            self._place(part).unlink()

    def __getstate__(self) -> tuple[Path, pa.Schema, int]:
        """Where the next part begins. Raises: AssertionError unless it was cut."""
        if self._rows:
            raise AssertionError("cut the rows before they are pickled")
        return self._path, self._schema, self._part

    def __setstate__(self, state: tuple[Path, pa.Schema, int]) -> None:
        """Go on from there: what was written to this part after the cut is written anew."""
        self._path, self._schema, self._part = state
        later = self._part
        while self._place(later).is_file():
            self._place(later).unlink()
            later += 1
        self._open()

    def _open(self) -> None:
        self._writer = pq.ParquetWriter(self._place(self._part), self._schema, compression="zstd")
        self._rows: list[tuple[Any, ...]] = []

    def _flush(self) -> None:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()

    def _place(self, part: int) -> Path:
        return self._path.with_name(f".{self._path.stem}.{part:04d}.parquet")
