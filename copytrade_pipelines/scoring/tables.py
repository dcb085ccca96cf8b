"""What scoring reads from the warehouse and writes back to it; no formula lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd
import pyarrow as pa

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring import episodes as episode
from copytrade_pipelines.scoring import scores
from copytrade_pipelines.scoring.cluster_tables import read_clusters
from copytrade_pipelines.scoring.evidence import Evidence, moment
from copytrade_pipelines.scoring.latency_curve import BOOK_WAIT_SECONDS
from copytrade_pipelines.scoring.names import EPISODES, SCORES
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, ScoreParameters

FILL_COLUMNS = "fill_id, wallet, condition_id, token_id, side, role, price, size, event_at, observed_at"

_ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
    "DOUBLE[]": pa.list_(pa.float64()),
}
# Only books that some episode may have met; which of them it met is decided in copier_cost.
_BOOKS_IN_REACH = f"""
    select token_id, event_at, observed_at, bids, asks
    from raw.books as books
    where exists (
        select 1 from {EPISODES} as episodes
        where episodes.token_id = books.token_id
            and books.event_at between episodes.started_at and episodes.started_at + to_seconds($reach)
    )
    order by event_at, book_id
"""  # noqa: S608 - constants of ours
_MARKETS = """
    select markets.condition_id, markets.event_id, markets.category, markets.fee_rate, markets.fee_exponent,
        markets.end_at, markets.closed_at, markets.token_ids, markets.is_neg_risk as neg_risk,
        len(events.condition_ids) as event_size
    from marts.dim_markets as markets
    left join raw.events as events on markets.event_id = events.event_id and events.neg_risk
    order by markets.condition_id
"""
_ENTRIES = """
    select wallet, slippage, observed_at as known_at from marts.fct_copies
    where side = 'BUY' and signal_id is not null order by run_id, seq
"""


def read_fills(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every fill of every wallet we have, watched or not: who is not scored is still the market."""
    return con.execute(f"select {FILL_COLUMNS} from marts.fct_fills order by event_at, fill_id").df()  # noqa: S608


def read_markets(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """What scoring needs to know of markets."""
    return con.execute(_MARKETS).df()


def read_evidence(con: duckdb.DuckDBPyConnection, parameters: ScoreParameters) -> Evidence:
    """Everything but fills that scores are made of, known at whatever time."""
    reach = max(parameters.latency_seconds, *parameters.latency_delays) + BOOK_WAIT_SECONDS
    return Evidence(
        wallets=con.execute("select wallet, coverage, history_complete from raw.wallets").df(),
        markets=read_markets(con),
        outcomes=con.execute(
            "select token_id, payout, resolved_at, known_at from intermediate.int_outcomes where is_resolved"
        ).df(),
        books=con.execute(_BOOKS_IN_REACH, {"reach": reach}).df(),
        prices=con.execute('select token_id, "at", mid from raw.prices order by "at", token_id').df(),
        copies=con.execute(_ENTRIES).df(),
        clusters=read_clusters(con),
    )


def write_episodes(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame) -> None:
    """Replace the table of episodes."""
    _register(con, rows, episode.COLUMNS)
    con.execute(f"create or replace table {EPISODES} as select * from incoming")  # noqa: S608 - a constant of ours
    con.unregister("incoming")


def write_scores(
    con: duckdb.DuckDBPyConnection,
    rows: pd.DataFrame,
    as_ofs: Sequence[Instant],
    versions: Sequence[str] = (SCORE_VERSION,),
) -> int:
    """Put scores in the place of those with the same as_of and version. Returns: rows the table has now."""
    every = scores.COLUMNS | scores.MORE_COLUMNS
    body = ", ".join(f'"{name}" {kind}' for name, kind in every.items())
    con.execute(f"create table if not exists {SCORES} ({body})")
    for name, kind in every.items():
        con.execute(f'alter table {SCORES} add column if not exists "{name}" {kind}')
    for as_of in as_ofs:
        con.execute(
            f"delete from {SCORES} where as_of = ? and list_contains(?, score_version)",  # noqa: S608 - ours
            [moment(as_of).item(), list(versions)],
        )
    _register(con, rows, every)
    con.execute(f"insert into {SCORES} by name select * from incoming")  # noqa: S608 - a constant of ours
    con.unregister("incoming")
    ((found,),) = con.execute(f"select count(*) from {SCORES}").fetchall()  # noqa: S608 - a constant of ours
    return int(found)


def read_latest_scores(con: duckdb.DuckDBPyConnection, version: str = SCORE_VERSION) -> pd.DataFrame:
    """The rows of the newest as_of of a version."""
    return con.execute(
        f"select * from {SCORES} where score_version = $version and as_of = "  # noqa: S608 - a constant of ours
        f"(select max(as_of) from {SCORES} where score_version = $version) order by wallet, category",
        {"version": version},
    ).df()


def scores_as_of(con: duckdb.DuckDBPyConnection, at: Instant, version: str = SCORE_VERSION) -> pd.DataFrame:
    """What was believed at a time: of each wallet and category the newest row that was known by then."""
    return con.execute(
        f"select * from {SCORES} where score_version = $version and known_at <= $at "  # noqa: S608 - a constant of ours
        "qualify row_number() over (partition by wallet, category order by known_at desc, as_of desc) = 1 "
        "order by wallet, category",
        {"version": version, "at": moment(at).item()},
    ).df()


def has_scores(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything was ever scored."""
    named = "select 1 from duckdb_tables() where schema_name || '.' || table_name = ?"
    return con.execute(named, [SCORES]).fetchone() is not None


def score_versions(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Every version that has rows."""
    if not has_scores(con):
        return []
    found = con.execute(f"select distinct score_version from {SCORES} order by all").fetchall()  # noqa: S608
    return [version for (version,) in found]


def _register(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame, columns: Mapping[str, str]) -> None:
    # Through Arrow, where a NaN of pandas becomes the NULL it means; a column that rows lack is null.
    arrays = {
        name: pa.array(rows[name], type=_ARROW[kind], from_pandas=True) if name in rows else pa.nulls(len(rows))
        for name, kind in columns.items()
    }
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])
    con.register("incoming", pa.table(arrays).cast(schema))
