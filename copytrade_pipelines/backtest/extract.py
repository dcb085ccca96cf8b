"""Takes what a backtest needs out of the warehouse as Parquet files, while the warehouse is open; it runs later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from copytrade_pipelines.built_tables import require_tables
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

    def rows(self, name: str) -> Path:
        """Where the rows of a name stand."""
        return self.path(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemory:
    """What an extract holds, without a file: a table a name, as far as it is needed."""

    tables: Mapping[str, pa.Table]
    digest: str
    leaders: tuple[str, ...]

    def rows(self, name: str) -> pa.Table:
        """The rows of a name."""
        return self.tables[name]


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
    folder.mkdir(parents=True, exist_ok=True)
    with taking(con, window, version) as take:
        write_rows(take.scores.to_reader(), folder / "scores.parquet")
        write_rows(take.ask(queries.FILLS), folder / "fills.parquet")
        for name, query in {**queries.OF_WINDOW, **queries.OF_TOKENS, "fit": FIT}.items():
            write_rows(take.ask(query, fit=fit), folder / f"{name}.parquet")
        return Extract(folder=folder, digest=digest_of(folder), leaders=take.leaders)


@dataclass(frozen=True, slots=True)
class Taking:
    """A warehouse of which rows are taken for a window: its scores, and all who are ever followed in it."""

    con: duckdb.DuckDBPyConnection
    window: Window
    scores: pa.Table
    leaders: tuple[str, ...]

    def ask(self, query: str, batch_rows: int = BATCH_ROWS, **more: object) -> pa.RecordBatchReader:
        """What a query of queries.py finds; parameters that it does not name are left out."""
        known = {"start": self.window.start, "end": self.window.end, "leaders": list(self.leaders), "before": BEFORE}
        named = {name: value for name, value in {**known, **more}.items() if f"${name}" in query}
        return self.con.sql(query, params=named).to_arrow_reader(batch_rows)


@contextmanager
def taking(con: duckdb.DuckDBPyConnection, window: Window, version: str) -> Iterator[Taking]:
    """A warehouse that holds something to take. Raises: as extract."""
    require_tables(con, _TABLES, "build the tables first: copytrade ingest, then the scores")
    _require_leaders(con, window.leaders)
    bounds: dict[str, object] = {"start": window.start, "end": window.end}
    scores = con.sql(queries.SCORES, params={**bounds, "version": version}).to_arrow_table()
    leaders = _ever_followed(scores, window)
    con.execute(queries.TOUCHED, {**bounds, "leaders": list(leaders)})
    try:
        _require_fills(con, window)
        yield Taking(con, window, scores, leaders)
    finally:
        con.execute(queries.DONE)


def _require_leaders(con: duckdb.DuckDBPyConnection, leaders: Sequence[str]) -> None:
    known = con.execute("select distinct wallet from marts.fct_fills where wallet in (select unnest(?))", [[*leaders]])
    missing = sorted(set(leaders) - {str(row[0]) for row in known.fetchall()})
    if missing:
        raise ConfigError(
            f"the warehouse has no fill of {', '.join(missing)}; check the spelling (lower case), "
            "or add the wallet to the watchlist and run: copytrade ingest"
        )


def _require_fills(con: duckdb.DuckDBPyConnection, window: Window) -> None:
    [[touched]] = con.execute(queries.COUNT).fetchall()
    if touched:
        return
    [[first, last]] = con.execute(queries.SPAN).fetchall()
    known = "holds no fills at all" if first is None else f"holds fills from {to_iso(first)} to {to_iso(last)}"
    who = f"{len(window.leaders)} leaders" if window.leaders else f"the {window.follow_top} best scored wallets"
    raise InputFileError(
        f"no fill of {who} became known from {to_iso(window.start)} to {to_iso(window.end)}; the warehouse {known}: "
        "choose another window or other leaders"
    )


def _ever_followed(scores: pa.Table, window: Window) -> tuple[str, ...]:
    followed = set(window.leaders)
    if window.follow_top:
        for _, snapshot in snapshots(scores, TapeNotes(), are_named=False):
            followed.update(best_wallets(snapshot, window.follow_top))
    if not followed:
        raise InputFileError(
            f"no score was known before {to_iso(window.end)}, so there is no best to follow; name leaders, choose a "
            "later window, or score earlier times too: trader_scores with backfill_days"
        )
    return tuple(sorted(followed))


def write_rows(reader: pa.RecordBatchReader, path: Path) -> None:
    """Write rows so that equal ones give equal bytes."""
    # Numbers hardly repeat: looking for those that do costs a fifth of the writing, and room.
    texts = [one.name for one in reader.schema if pa.types.is_string(one.type)]
    with pq.ParquetWriter(path, reader.schema, compression="zstd", use_dictionary=texts) as writer:
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
