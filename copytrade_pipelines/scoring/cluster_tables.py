"""What clusters are read from in the warehouse, and where they are kept, one snapshot an as_of."""

from __future__ import annotations

import duckdb
import pandas as pd

from copytrade_live.core.market import DAY, Instant
from copytrade_pipelines.scoring.clusters import CROWD
from copytrade_pipelines.scoring.evidence import moment
from copytrade_pipelines.scoring.names import CLUSTERS

COLUMNS = {"wallet": "VARCHAR", "cluster_id": "VARCHAR", "known_at": "TIMESTAMP"}
# In one transaction more wallets than this are a busy market, not a meeting.
MEETING = 50

_EPISODES = "select * from intermediate.int_episodes where known_at <= $as_of and started_at >= $since"
# Both directions are counted together here, so twice a crowd may still be two pairs.
_MOMENTS = f"""
    with seen as (
        select *, date_trunc('second', started_at) as second_of, round(size * 100) as shares from ({_EPISODES})
    ),
    shared as (
        select condition_id, second_of, shares from seen group by all
        having count(distinct wallet) between 2 and {2 * CROWD}
    )
    select wallet, condition_id, token_id, side, size, started_at
    from seen join shared using (condition_id, second_of, shares)
    order by wallet, started_at, token_id, side
"""  # noqa: S608 - constants of ours
_MEETINGS = f"""
    with seen as (
        select wallet, condition_id, token_id, side, size, event_at, tx_hash,
            coalesce(tx_hash, token_id || ' ' || date_trunc('second', event_at)) as place
        from marts.fct_fills where observed_at <= $as_of and event_at >= $since
    ),
    shared as (
        select place from seen group by place having count(distinct wallet) between 2 and {MEETING}
    )
    select * exclude (place) from seen join shared using (place) order by event_at, wallet, token_id, side, size
"""  # noqa: S608 - constants of ours


def read_moments(con: duckdb.DuckDBPyConnection, as_of: Instant, history_days: float) -> tuple[pd.DataFrame, pd.Series]:
    """What clusters.pairs_in_step takes: episodes that coincide with another wallet's, and how many each wallet has."""
    window = _window(as_of, history_days)
    counted = con.execute(f"select wallet, count(*) as episodes from ({_EPISODES}) group by wallet", window).df()  # noqa: S608
    return con.execute(_MOMENTS, window).df(), counted.set_index("wallet")["episodes"]


def read_meetings(con: duckdb.DuckDBPyConnection, as_of: Instant, history_days: float) -> pd.DataFrame:
    """What clusters.washing_pairs takes: fills that share a transaction, or where none is known the second."""
    return con.execute(_MEETINGS, _window(as_of, history_days)).df()


def read_clusters(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every snapshot; who left its cluster is there with none."""
    _ensure(con)
    return con.execute(f"select wallet, cluster_id, known_at from {CLUSTERS} order by known_at, wallet").df()  # noqa: S608


def write_clusters(con: duckdb.DuckDBPyConnection, found: pd.DataFrame, as_of: Instant) -> int:
    """Keep the clusters known at as_of, with every wallet that was in one before. Returns: rows written."""
    _ensure(con)
    at = moment(as_of).item()
    con.execute(f"delete from {CLUSTERS} where known_at = ?", [at])  # noqa: S608 - a constant of ours
    con.register("found", found.astype("string"))
    con.execute(
        f"""
        insert into {CLUSTERS}
        select wallet, found.cluster_id, cast($at as timestamp)
        from (select wallet from found union select wallet from {CLUSTERS} where known_at < $at)
        left join found using (wallet) order by wallet
        """,  # noqa: S608 - constants of ours
        {"at": at},
    )
    con.unregister("found")
    ((rows,),) = con.execute(f"select count(*) from {CLUSTERS} where known_at = ?", [at]).fetchall()  # noqa: S608
    return int(rows)


def _ensure(con: duckdb.DuckDBPyConnection) -> None:
    body = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"create table if not exists {CLUSTERS} ({body})")


def _window(as_of: Instant, history_days: float) -> dict[str, object]:
    return {"as_of": moment(as_of).item(), "since": moment(as_of - round(history_days * DAY)).item()}
