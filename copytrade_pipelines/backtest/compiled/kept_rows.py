"""Rows that were loaded once, kept on disk under a name of all they depend on: the next sweep only maps files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from copytrade_pipelines.backtest.compiled import caching
from copytrade_pipelines.backtest.compiled.fill_columns import AllFills, one_array
from copytrade_pipelines.backtest.compiled.loaded_rows import Books, Prints
from copytrade_pipelines.backtest.compiled.loading import Asked, Loaded
from copytrade_pipelines.backtest.extract import InMemory

# Everything that a load reads.
TABLES = (
    "marts.fct_fills",
    "marts.fct_resolutions",
    "marts.fct_trader_scores",
    "staging.stg_markets",
    "intermediate.int_outcomes",
    "raw.books",
    "raw.fee_schedules",
    "raw.prices",
    "raw.resolutions",
)
# Rows whose writes are not numbered are looked at one by one.
_NUMBERED = "select count(*), count(loaded_seq), sum(loaded_seq), max(loaded_seq) from {}"
_PLAIN = "select count(*), sum(cast(hash(one) as hugeint)) from {} as one"
_COLUMNS = "select count(*) from duckdb_columns() where schema_name || '.' || table_name = ? and column_name = ?"
_VIEWS = "select schema_name, view_name, sql from duckdb_views() where not internal order by all"
_META, _FILLS = "meta.json", "fills"
_ARRAYS = ("book_rows", "book_levels", "book_known", "book_starts", "print_rows", "print_starts")


@dataclass(frozen=True, slots=True)
class KeptRows:
    """A folder of loads. Units: most_bytes for all of them together."""

    folder: Path
    most_bytes: int

    def name(self, con: duckdb.DuckDBPyConnection, asked: Asked) -> str:
        """The name of what a warehouse would give now."""
        made_of = hashlib.sha256(f"{asked} {_sources()} {duckdb.__version__}".encode())
        made_of.update(str(con.execute(_VIEWS).fetchall()).encode())
        for table in TABLES:
            made_of.update(f"{table} {_content(con, table)}".encode())
        return made_of.hexdigest()[:32]

    def find(self, name: str) -> Loaded | None:
        """What was kept under a name, None when nothing was or it is not whole."""
        place = self.folder / name
        try:
            found = _read(place)
            os.utime(place)
        except (OSError, ValueError, KeyError, EOFError):
            shutil.rmtree(place, ignore_errors=True)
            return None
        return found

    def keep(self, name: str, loaded: Loaded) -> None:
        """Keep a load, and let go of those used longest ago where all of them take too much."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.folder, prefix=".part-", ignore_cleanup_errors=True) as part:
            place = Path(part) / name
            place.mkdir()
            _write(place, loaded)
            if _size(place) > self.most_bytes:
                return
            target = self.folder / name
            if not target.exists():
                place.rename(target)
        self.prune()

    def prune(self) -> None:
        """Let go of loads until the rest takes no more than it may."""
        kept = [path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        room = self.most_bytes
        for path in sorted(kept, key=lambda path: (-path.stat().st_mtime_ns, path.name)):
            room -= _size(path)
            if room < 0:
                shutil.rmtree(path, ignore_errors=True)


def _content(con: duckdb.DuckDBPyConnection, table: str) -> tuple[Any, ...]:
    [[is_numbered]] = con.execute(_COLUMNS, [table, "loaded_seq"]).fetchall()
    if is_numbered:
        [found] = con.execute(_NUMBERED.format(table)).fetchall()
        if found[0] == found[1]:
            return tuple(found)
    [found] = con.execute(_PLAIN.format(table)).fetchall()
    return tuple(found)


def _sources() -> str:
    made_of = hashlib.sha256(caching.digest().encode())
    here = Path(__file__).parent
    for source in (
        *sorted(here.glob("*.py")),
        *(here.parent / f"{name}.py" for name in ("book_fit", "extract", "queries")),
    ):
        made_of.update(source.read_bytes())
    return made_of.hexdigest()


def _write(place: Path, loaded: Loaded) -> None:
    books, prints = loaded.books, loaded.prints
    arrays = (books.rows, books.levels, books.known, books.starts, prints.rows, prints.starts)
    for name, array in zip(_ARRAYS, arrays, strict=True):
        np.save(place / f"{name}.npy", array)
    for name, table in {**loaded.small.tables, _FILLS: loaded.fills.as_table()}.items():
        with pa.OSFile(str(place / f"{name}.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table.combine_chunks())
    meta = {
        "tokens": loaded.tokens,
        "conditions": loaded.conditions,
        "leaders": loaded.small.leaders,
        "tables": [*loaded.small.tables],
        "digest": loaded.small.digest,
    }
    (place / _META).write_text(json.dumps(meta), encoding="utf-8")


def _read(place: Path) -> Loaded:
    meta = json.loads((place / _META).read_bytes())
    arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    tables = {name: _table(place, name) for name in meta["tables"]}
    fills = _table(place, _FILLS)
    found = Loaded(
        small=InMemory(tables=tables, digest=meta["digest"], leaders=tuple(meta["leaders"])),
        tokens=meta["tokens"],
        conditions=meta["conditions"],
        fills=AllFills(**{name: _column(fills, name) for name in fills.column_names}),
        books=Books(arrays["book_rows"], arrays["book_levels"], arrays["book_known"], arrays["book_starts"]),
        prints=Prints(arrays["print_rows"], arrays["print_starts"]),
    )
    if found.content() != meta["digest"]:
        raise ValueError(f"{place} does not hold what was put there")
    return found


def _table(place: Path, name: str) -> pa.Table:
    with pa.memory_map(str(place / f"{name}.arrow")) as file:
        return pa.ipc.open_file(file).read_all()


def _column(table: pa.Table, name: str) -> Any:
    column = one_array(table.column(name))
    is_text = pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)
    return column if is_text else column.to_numpy(zero_copy_only=False)


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
