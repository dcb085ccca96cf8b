"""Up to which write of the raw tables a score has read, so that an audit can leave out what came later."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring.evidence import moment
from copytrade_pipelines.warehouse_schema import LOAD_SEQUENCE

MARKS = "intermediate.int_score_marks"
# Nothing is known of older scores: they are taken to have read everything there is.
EVERYTHING = 2**62


def newest_write(con: duckdb.DuckDBPyConnection) -> int:
    """The number of the newest write of any raw table; reading it uses one up."""
    ((number,),) = con.execute(f"select nextval('{LOAD_SEQUENCE}')").fetchall()
    return int(number)


def write_marks(con: duckdb.DuckDBPyConnection, as_ofs: Sequence[Instant], version: str, seq: int) -> None:
    """Remember what the scores of these times have read."""
    _ensure(con)
    for as_of in as_ofs:
        key = [moment(as_of).item(), version]
        con.execute(f"delete from {MARKS} where as_of = ? and score_version = ?", key)  # noqa: S608 - a constant of ours
        con.execute(f"insert into {MARKS} values (?, ?, ?)", [*key, seq])  # noqa: S608 - a constant of ours


def read_mark(con: duckdb.DuckDBPyConnection, as_of: Instant, version: str) -> int:
    """The newest write that a score has read, EVERYTHING where that was not kept."""
    _ensure(con)
    found = con.execute(
        f"select loaded_seq from {MARKS} where as_of = ? and score_version = ?",  # noqa: S608 - a constant of ours
        [moment(as_of).item(), version],
    ).fetchall()
    return int(found[0][0]) if found else EVERYTHING


def _ensure(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create table if not exists {MARKS} (as_of timestamp, score_version varchar, loaded_seq bigint)")
