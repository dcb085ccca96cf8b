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
from copytrade_live.core.market import HOUR, Instant
from copytrade_live.core.score import OVERALL, ScoreSnapshot, best_wallets
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_pipelines.backtest.rows import BATCH_ROWS, read_rows, read_scores
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.scoring.parameters import SCORE_VERSION

# How far before the window mids and books may already say where a market stood.
BEFORE: Instant = 24 * HOUR
FILES = ("scores", "fills", "markets", "statuses", "payouts", "books", "prices")
_TABLES = (
    "marts.fct_fills",
    "marts.fct_resolutions",
    "marts.fct_trader_scores",
    "staging.stg_markets",
    "intermediate.int_outcomes",
)

_SCORES = """
    select wallet, category, score_version, edge_mean, edge_sd, p_pos, lcb10, rank, n_events, n_eff, coverage,
        copy_cost_mean, breakeven_latency, capacity, maker_share, q_value, flags, reasons,
        epoch_ms(as_of) as as_of, epoch_ms(known_at) as known_at
    from marts.fct_trader_scores
    where score_version = $version and epoch_ms(known_at) < $end
        and as_of >= coalesce(
            (select max(as_of) from marts.fct_trader_scores
                where score_version = $version and epoch_ms(known_at) <= $start),
            as_of)
    order by known_at, as_of, wallet, category
"""
_FILLS = """
    select fill_id, wallet, condition_id, token_id, outcome, side, role, price, size, tx_hash,
        epoch_ms(event_at) as event_at, epoch_ms(observed_at) as observed_at
    from marts.fct_fills
    where wallet in (select unnest($leaders)) and epoch_ms(observed_at) < $end
    order by observed_at, fill_id
"""
_TOUCHED = """
    with touched as (
        select distinct condition_id, token_id from marts.fct_fills
        where wallet in (select unnest($leaders))
            and epoch_ms(observed_at) >= $start and epoch_ms(observed_at) < $end
    )
"""
# What is closed by the end of the window was open before; what closes later is none of this tape's business.
_MARKETS = f"""{_TOUCHED}
    select condition_id, token_ids, outcomes, event_id, category, tick_size, min_order_size, fee_rate, fee_exponent,
        is_neg_risk, is_closed or is_accepting_orders as is_accepting_orders,
        epoch_ms(end_at) as end_at,
        if(is_closed and epoch_ms(coalesce(closed_at, observed_at)) < $end,
            epoch_ms(coalesce(closed_at, observed_at)), null) as closed_at
    from staging.stg_markets
    where condition_id in (select condition_id from touched)
    order by condition_id
"""
_STATUSES = f"""{_TOUCHED}
    select condition_id, status, epoch_ms(known_at) as known_at
    from raw.resolutions
    where condition_id in (select condition_id from touched) and epoch_ms(known_at) < $end
    order by condition_id, known_at, status
"""
_PAYOUTS = f"""{_TOUCHED}
    select resolutions.condition_id, outcomes.token_id, outcomes.payout,
        epoch_ms(coalesce(resolutions.resolved_at, resolutions.known_at)) as resolved_at,
        epoch_ms(resolutions.known_at) as known_at
    from marts.fct_resolutions as resolutions
    join intermediate.int_outcomes as outcomes on resolutions.condition_id = outcomes.condition_id
    where resolutions.condition_id in (select condition_id from touched)
        and epoch_ms(resolutions.known_at) < $end
    order by resolutions.known_at, resolutions.condition_id, outcomes.position
"""
_BOOKS = f"""{_TOUCHED}
    select book_id, token_id, bids, asks, epoch_ms(event_at) as event_at, epoch_ms(observed_at) as observed_at
    from raw.books
    where token_id in (select token_id from touched)
        and epoch_ms(observed_at) >= $start - $before and epoch_ms(observed_at) < $end
    order by observed_at, book_id
"""
_PRICES = f"""{_TOUCHED}
    select token_id, epoch_ms("at") as "at", mid
    from raw.prices
    where token_id in (select token_id from touched)
        and epoch_ms("at") >= $start - $before and epoch_ms("at") < $end
    order by "at", token_id
"""


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


def extract(con: duckdb.DuckDBPyConnection, window: Window, folder: Path) -> Extract:
    """Write the tape's rows into a folder.

    Raises: InputFileError when tables are not built or the window holds no fills, ConfigError for an unknown leader.
    """
    _require_tables(con)
    _require_leaders(con, window.leaders)
    folder.mkdir(parents=True, exist_ok=True)
    bounds: dict[str, object] = {"start": window.start, "end": window.end}
    _write(con, folder, "scores", _SCORES, {**bounds, "version": SCORE_VERSION})
    leaders = _ever_followed(folder / "scores.parquet", window)
    chosen = {**bounds, "leaders": list(leaders)}
    _require_fills(con, chosen, window)
    _write(con, folder, "fills", _FILLS, {"leaders": list(leaders), "end": window.end})
    for name, query in (("markets", _MARKETS), ("statuses", _STATUSES), ("payouts", _PAYOUTS)):
        _write(con, folder, name, query, chosen)
    for name, query in (("books", _BOOKS), ("prices", _PRICES)):
        _write(con, folder, name, query, {**chosen, "before": BEFORE})
    return Extract(folder=folder, digest=_digest(folder), leaders=leaders)


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
    found = con.execute(f"{_TOUCHED} select count(*) from touched", chosen).fetchone()  # noqa: S608 constants of ours
    if found and found[0]:
        return
    span = con.execute("select epoch_ms(min(observed_at)), epoch_ms(max(observed_at)) from marts.fct_fills").fetchone()
    first, last = span or (None, None)
    known = "holds no fills at all" if first is None else f"holds fills from {to_iso(first)} to {to_iso(last)}"
    who = f"{len(window.leaders)} leaders" if window.leaders else f"the {window.follow_top} best scored wallets"
    raise InputFileError(
        f"no fill of {who} became known from {to_iso(window.start)} to {to_iso(window.end)}; the warehouse {known}: "
        "choose another window or other leaders"
    )


def _ever_followed(scores: Path, window: Window) -> tuple[str, ...]:
    followed = set(window.leaders)
    if window.follow_top:
        for snapshot in snapshots(scores, TapeNotes()):
            followed.update(best_wallets(snapshot[1], window.follow_top))
    return tuple(sorted(followed))


def snapshots(scores: Path, notes: TapeNotes) -> Iterator[tuple[Instant, ScoreSnapshot]]:
    """Each published set of scores with the time it was known, oldest first; none ever goes back in as_of."""
    known_at, rows = 0, {}  # type: tuple[Instant, dict[str, dict[str, object]]]
    yield from ()


def _write(
    con: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str, parameters: dict[str, object]
) -> None:
    reader = con.sql(query, params=parameters).to_arrow_reader(BATCH_ROWS)
    with pq.ParquetWriter(folder / f"{name}.parquet", reader.schema, compression="zstd") as writer:
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


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(hashlib.sha256((folder / f"{name}.parquet").read_bytes()).digest())
    return digest.hexdigest()[:16]
