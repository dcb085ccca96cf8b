"""Takes what a backtest needs out of the warehouse as Parquet files, while the warehouse is open; it runs later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, HOUR, Instant
from copytrade_live.core.score import best_wallets
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_pipelines.backtest import queries
from copytrade_pipelines.backtest.book_fit import FIT
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.rows import BATCH_ROWS
from copytrade_pipelines.backtest.scores import snapshots
from copytrade_pipelines.scoring.parameters import SCORE_VERSION

# How far before the window mids and books may already say where a market stood.
BEFORE: Instant = 24 * HOUR
FIT_BEFORE: Instant = 30 * DAY
FILES = ("scores", "fills", "markets", "statuses", "payouts", "prints", "terms", "books", "prices", "fit")
_TABLES = (
    "marts.fct_fills",
    "marts.fct_resolutions",
    "marts.fct_trader_scores",
    "staging.stg_markets",
    "intermediate.int_outcomes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What to test: from start up to, not including, end; leaders always followed, and how many of the best scored."""

    start: Instant
    end: Instant
    leaders: tuple[str, ...] = ()
    follow_top: int = 0

    def __post_init__(self) -> None:
        """Raises: ConfigError for a window that holds no time or nobody to follow."""
        if self.start >= self.end:
            raise ConfigError(
                f"a backtest must begin before it ends, was {to_iso(self.start)} to {to_iso(self.end)}; "
                "give an earlier start or a later end"
            )
        if not self.leaders and self.follow_top == 0:
            raise ConfigError("a backtest needs somebody to follow: name leaders, or set follow_top above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """One Parquet file a name of FILES, in a folder. digest names their content; leaders are all ever followed."""

    folder: Path
    digest: str
    leaders: tuple[str, ...]

    def path(self, name: str) -> Path:
        """The file of a name."""
        return self.folder / f"{name}.parquet"


def extract(
    con: duckdb.DuckDBPyConnection,
    window: Window,
    folder: Path,
    version: str = SCORE_VERSION,
    fit: Instant = FIT_BEFORE,
) -> Extract:
    """Write the tape's rows into a folder, with the scores of one version, and books fitted so long before the window.

    Raises: InputFileError when tables are not built or the window holds no fills, ConfigError for an unknown leader.
    """
    _require_tables(con)
    _require_leaders(con, window.leaders)
    folder.mkdir(parents=True, exist_ok=True)
    bounds: dict[str, object] = {"start": window.start, "end": window.end}
    _write(con, folder, "scores", queries.SCORES, {**bounds, "version": version})
    leaders = _ever_followed(folder / "scores.parquet", window)
    chosen = {**bounds, "leaders": list(leaders)}
    _require_fills(con, chosen, window)
    _write(con, folder, "fills", queries.FILLS, {"leaders": list(leaders), "end": window.end})
    for name, query in queries.OF_WINDOW.items():
        _write(con, folder, name, queries.TOUCHED + query, chosen)
    for name, query in queries.OF_TOKENS.items():
        _write(con, folder, name, queries.TOUCHED + query, {**chosen, "before": BEFORE})
    _write(con, folder, "fit", FIT, {"start": window.start, "fit": fit})
    return Extract(folder=folder, digest=digest_of(folder), leaders=leaders)


def _require_tables(con: duckdb.DuckDBPyConnection) -> None:
    found = {
        str(row[0])
        for row in con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    }
    missing = [table for table in _TABLES if table not in found]
    if missing:
        raise InputFileError(
            f"the warehouse has no {', '.join(missing)} yet; build the tables first: copytrade ingest, then the scores"
        )


def _require_leaders(con: duckdb.DuckDBPyConnection, leaders: Sequence[str]) -> None:
    known = con.execute("select distinct wallet from marts.fct_fills where wallet in (select unnest(?))", [[*leaders]])
    missing = sorted(set(leaders) - {str(row[0]) for row in known.fetchall()})
    if missing:
        raise ConfigError(
            f"the warehouse has no fill of {', '.join(missing)}; check the spelling (lower case), "
            "or add the wallet to the watchlist and run: copytrade ingest"
        )


def _require_fills(con: duckdb.DuckDBPyConnection, chosen: dict[str, object], window: Window) -> None:
    [[touched]] = con.execute(queries.TOUCHED + queries.COUNT, chosen).fetchall()
    if touched:
        return
    [[first, last]] = con.execute(queries.SPAN).fetchall()
    known = "holds no fills at all" if first is None else f"holds fills from {to_iso(first)} to {to_iso(last)}"
    who = f"{len(window.leaders)} leaders" if window.leaders else f"the {window.follow_top} best scored wallets"
    raise InputFileError(
        f"no fill of {who} became known from {to_iso(window.start)} to {to_iso(window.end)}; the warehouse {known}: "
        "choose another window or other leaders"
    )


def _ever_followed(scores: Path, window: Window) -> tuple[str, ...]:
    followed = set(window.leaders)
    if window.follow_top:
        for _, snapshot in snapshots(scores, TapeNotes()):
            followed.update(best_wallets(snapshot, window.follow_top))
    if not followed:
        raise InputFileError(
            f"no score was known before {to_iso(window.end)}, so there is no best to follow; name leaders, choose a "
            "later window, or score earlier times too: trader_scores with backfill_days"
        )
    return tuple(sorted(followed))


def _write(con: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str, parameters: dict[str, object]) -> None:
    reader = con.sql(query, params=parameters).to_arrow_reader(BATCH_ROWS)
    # Numbers hardly repeat: looking for those that do costs a fifth of the writing, and room.
    texts = [one.name for one in reader.schema if pa.types.is_string(one.type)]
    with pq.ParquetWriter(
        folder / f"{name}.parquet", reader.schema, compression="zstd", use_dictionary=texts
    ) as writer:
        for table in _even(reader):
            writer.write_table(table)


def _even(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    # DuckDB's batches vary with its threads; equal rows must give equal bytes.
    pending: list[pa.RecordBatch] = []
    for batch in reader:
        pending.append(batch)
        if sum(part.num_rows for part in pending) >= BATCH_ROWS:
            table = pa.Table.from_batches(pending).combine_chunks()
            yield table.slice(0, BATCH_ROWS)
            pending = table.slice(BATCH_ROWS).to_batches()
    if pending:
        yield pa.Table.from_batches(pending).combine_chunks()


def digest_of(folder: Path) -> str:
    """Sixteen hex digits that name the content of an extract."""
    digest = hashlib.sha256()
    for name in FILES:
        with (folder / f"{name}.parquet").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
