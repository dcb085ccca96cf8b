"""What scoring reads from the warehouse and writes back to it; no formula lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd
import pyarrow as pa

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring import episodes as episode
from copytrade_pipelines.scoring import scores
from copytrade_pipelines.scoring.evidence import Evidence, moment
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, ScoreParameters

EPISODES = "intermediate.int_episodes"
SCORES = "marts.fct_trader_scores"
FILL_COLUMNS = "fill_id, wallet, condition_id, token_id, side, role, price, size, event_at, observed_at"

_ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}
# The fills of episodes that were still growing at as_of.
_GROWING_FILLS = f"""
    select {", ".join(f"fills.{name}" for name in FILL_COLUMNS.split(", "))}
    from marts.fct_fills as fills
    join {EPISODES} as episodes
        on fills.wallet = episodes.wallet and fills.token_id = episodes.token_id and fills.side = episodes.side
        and fills.event_at between episodes.started_at and episodes.ended_at
    where episodes.known_at > $as_of and fills.observed_at <= $as_of
"""  # noqa: S608 - constants of ours
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
_ENTRIES = """
    select wallet, slippage, observed_at as known_at from marts.fct_copies
    where side = 'BUY' and signal_id is not null order by run_id, seq
"""


def read_fills(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every fill of a watched wallet."""
    return con.execute(f"select {FILL_COLUMNS} from marts.fct_fills").df()  # noqa: S608 - constants of ours


def read_episodes(con: duckdb.DuckDBPyConnection, as_of: Instant, parameters: ScoreParameters) -> pd.DataFrame:
    """Episodes as they stood at as_of: whole ones as kept, growing ones from the fills known by then."""
    names, at = ", ".join(episode.COLUMNS), {"as_of": moment(as_of).item()}
    whole = con.execute(f"select {names} from {EPISODES} where known_at <= $as_of", at).df()  # noqa: S608
    growing = episode.merge_fills(con.execute(_GROWING_FILLS, at).df(), parameters.episode_gap_minutes)
    parts = [part for part in (whole, growing) if len(part)] or [whole]
    return pd.concat(parts, ignore_index=True).sort_values(
        ["wallet", "started_at", "episode_id"], kind="stable", ignore_index=True
    )


def read_evidence(con: duckdb.DuckDBPyConnection, parameters: ScoreParameters) -> Evidence:
    """Everything but fills that scores are made of, known at whatever time."""
    reach = parameters.latency_seconds + 60.0
    return Evidence(
        wallets=con.execute("select wallet, coverage, history_complete from raw.wallets").df(),
        markets=con.execute(
            "select condition_id, event_id, category, fee_rate, fee_exponent, end_at, closed_at from marts.dim_markets"
        ).df(),
        outcomes=con.execute(
            "select token_id, payout, resolved_at, known_at from intermediate.int_outcomes where is_resolved"
        ).df(),
        books=con.execute(_BOOKS_IN_REACH, {"reach": reach}).df(),
        prices=con.execute(
            f'select token_id, "at", mid from raw.prices where token_id in (select token_id from {EPISODES})'  # noqa: S608
        ).df(),
        copies=con.execute(_ENTRIES).df(),
    )


def write_episodes(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame) -> None:
    """Replace the table of episodes."""
    _register(con, rows, episode.COLUMNS)
    con.execute(f"create or replace table {EPISODES} as select * from incoming")  # noqa: S608 - a constant of ours
    con.unregister("incoming")


def write_scores(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame, as_ofs: Sequence[Instant]) -> int:
    """Put scores in the place of those with the same as_of and version. Returns: rows the table has now."""
    body = ", ".join(f'"{name}" {kind}' for name, kind in scores.COLUMNS.items())
    con.execute(f"create table if not exists {SCORES} ({body})")
    for as_of in as_ofs:
        con.execute(
            f"delete from {SCORES} where as_of = ? and score_version = ?",  # noqa: S608 - a constant of ours
            [moment(as_of).item(), SCORE_VERSION],
        )
    _register(con, rows, scores.COLUMNS)
    con.execute(f"insert into {SCORES} by name select * from incoming")  # noqa: S608 - a constant of ours
    con.unregister("incoming")
    ((found,),) = con.execute(f"select count(*) from {SCORES}").fetchall()  # noqa: S608 - a constant of ours
    return int(found)


def read_latest_scores(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The rows of the newest as_of of this version."""
    return con.execute(
        f"select * from {SCORES} where score_version = $version and as_of = "  # noqa: S608 - a constant of ours
        f"(select max(as_of) from {SCORES} where score_version = $version) order by wallet, category",
        {"version": SCORE_VERSION},
    ).df()


def _register(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame, columns: Mapping[str, str]) -> None:
    # Through Arrow, where a NaN of pandas becomes the NULL it means.
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])
    con.register("incoming", pa.Table.from_pandas(rows[list(columns)], schema=schema, preserve_index=False))
