"""What the report card reads of frozen scores, and the table it is kept in."""

# Table names are our own, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pandas as pd
import pyarrow as pa

from copytrade_live.core.market import DAY, Instant
from copytrade_pipelines.scoring.evidence import moment
from copytrade_pipelines.scoring.names import REPORT_CARD
from copytrade_pipelines.scoring.report_card.card import CARD_STEP
from copytrade_pipelines.scoring.report_card.columns import COLUMNS
from copytrade_pipelines.scoring.tables import has_scores, scores_as_of

_ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}
_FROZEN = [
    *("wallet", "category", "as_of", "score_version", "edge_mean", "edge_sd", "p_pos", "rank", "coverage"),
    *("maker_share", "flags", "known_at"),
]


def read_frozen(
    con: duckdb.DuckDBPyConnection, as_of: Instant, horizons_days: Iterable[int], versions: Sequence[str]
) -> pd.DataFrame:
    """The scores of each version as they stood at each freeze, and a card before it."""
    nothing = pd.DataFrame(columns=_FROZEN).astype({"as_of": "datetime64[us]", "known_at": "datetime64[us]"})
    if not has_scores(con):
        return nothing
    freezes = [as_of - days * DAY for days in horizons_days]
    times = sorted({at - back for at in freezes for back in (0, CARD_STEP)})
    found = [scores_as_of(con, at, version)[_FROZEN] for version in versions for at in times]
    rows = pd.concat(found, ignore_index=True) if found else nothing
    return rows.drop_duplicates(["wallet", "category", "as_of", "score_version"], ignore_index=True)


def write_card(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame, as_of: Instant) -> int:
    """Put a card in the place of that with the same as_of. Returns: rows the table has now."""
    _ensure(con)
    con.execute(f"delete from {REPORT_CARD} where as_of = ?", [moment(as_of).item()])
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])
    # Through Arrow, where a NaN of pandas becomes the NULL it means.
    arrays = [pa.array(rows[name], type=_ARROW[kind], from_pandas=True) for name, kind in COLUMNS.items()]
    con.register("incoming", pa.table(arrays, schema=schema))
    con.execute(f"insert into {REPORT_CARD} by name select * from incoming")
    con.unregister("incoming")
    ((found,),) = con.execute(f"select count(*) from {REPORT_CARD}").fetchall()
    return int(found)


def read_card(con: duckdb.DuckDBPyConnection, as_of: Instant | None = None) -> pd.DataFrame:
    """A card, by default the newest: a row a version and horizon, the champion first."""
    _ensure(con)
    return con.execute(
        f"select * from {REPORT_CARD} where as_of = coalesce($as_of, (select max(as_of) from {REPORT_CARD})) "
        "order by is_champion desc, score_version, horizon_days",
        {"as_of": None if as_of is None else moment(as_of).item()},
    ).df()


def _ensure(con: duckdb.DuckDBPyConnection) -> None:
    body = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    con.execute(f"create table if not exists {REPORT_CARD} ({body})")
    for name, kind in COLUMNS.items():
        con.execute(f'alter table {REPORT_CARD} add column if not exists "{name}" {kind}')
