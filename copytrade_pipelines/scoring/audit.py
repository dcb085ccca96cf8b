"""The look-ahead auditor: scores again from a warehouse that physically ends at an as_of, and compares what was kept.

It trusts no filter of scoring: rows are copied to a database of their own by the knowledge times written here.
"""

# Table names and conditions are our own, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring.episodes import merge_fills
from copytrade_pipelines.scoring.evidence import moment, span
from copytrade_pipelines.scoring.marks import read_mark
from copytrade_pipelines.scoring.names import CLUSTERS, SCORES
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.scores import COLUMNS, MORE_COLUMNS, score_wallets
from copytrade_pipelines.scoring.tables import read_evidence, read_fills, read_markets, write_episodes
from copytrade_pipelines.scoring.versions import VERSIONS

# Two ways to the same sum may differ by this much.
TOLERANCE = 1e-6
KEY = ["wallet", "category"]
# A row that only one side has.
WHOLE_ROW = "*"
_LOADED = "loaded_seq <= $seq"

# Each table as it stood at $as_of: rows known by then, columns that say more put back to what they were. A row that
# came late, with an earlier knowledge time, is told by the number of its write: the score cannot have seen it.
TRUNCATED: dict[str, str] = {
    "raw.wallets": f"""
        select wallet, any_value(coverage) as coverage, true as history_complete
        from {SCORES} where as_of = $as_of and score_version = $version group by wallet
    """,
    "marts.fct_fills": f"""
        select * from marts.fct_fills
        where observed_at <= $as_of and fill_id in (select fill_id from raw.fills where {_LOADED})
    """,
    "marts.dim_markets": """
        select * replace (
            case when closed_at <= $as_of then closed_at end as closed_at,
            case when resolved_at <= $as_of then resolved_at end as resolved_at,
            case when resolved_at <= $as_of then status end as status,
            case when resolved_at <= $as_of then winning_outcome end as winning_outcome,
            coalesce(resolved_at <= $as_of, false) and is_resolved as is_resolved
        ) from marts.dim_markets
    """,
    # No history is kept of which markets belong to an event: one that grew since shows up as a difference.
    "raw.events": "select * from raw.events",
    "intermediate.int_outcomes": f"""
        select * from intermediate.int_outcomes
        where known_at <= $as_of and condition_id in (select condition_id from raw.resolutions where {_LOADED})
    """,
    "raw.books": f"select * from raw.books where observed_at <= $as_of and {_LOADED}",
    "raw.prices": f'select * from raw.prices where "at" <= $mids_until and {_LOADED}',
    "marts.fct_copies": """
        select * from marts.fct_copies
        where observed_at <= $as_of and exists (
            select 1 from raw.journal where journal.run_id = fct_copies.run_id and journal.seq = fct_copies.seq
                and journal.loaded_seq <= $seq
        )
    """,
    CLUSTERS: f"select * from {CLUSTERS} where known_at <= $as_of",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that the truncated warehouse does not give; column is WHOLE_ROW where a row is on one side only."""

    as_of: Instant
    score_version: str
    wallet: str
    category: str
    column: str
    stored: object
    recomputed: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was compared, and what differed."""

    as_ofs: tuple[Instant, ...]
    rows: int
    differences: tuple[Difference, ...]


def audit(
    con: duckdb.DuckDBPyConnection,
    as_ofs: Sequence[Instant],
    parameters: ScoreParameters,
    version: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Audit:
    """Score again at each as_of from what was physically known then, and compare with the rows that are kept."""
    rows, found = 0, list[Difference]()
    for place, as_of in enumerate(as_ofs):
        stored = _stored(con, as_of, version)
        with closing(truncated(con, as_of, version, parameters)) as past:
            recomputed = recompute(past, as_of, parameters, version)
        rows += len(stored)
        found += differences(stored, recomputed, as_of, version)
        progress(place + 1, len(as_ofs))
    return Audit(as_ofs=tuple(as_ofs), rows=rows, differences=tuple(found))


def kept_versions(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The versions that rows are kept of and that this code can still make."""
    if not _exists(con):
        return []
    found = con.execute(f"select distinct score_version from {SCORES} order by 1").fetchall()
    return [str(row[0]) for row in found if row[0] in VERSIONS]


def kept_as_ofs(con: duckdb.DuckDBPyConnection, version: str) -> list[Instant]:
    """The times that rows of a version are kept of, newest first."""
    if not _exists(con):
        return []
    found = con.execute(
        f"select distinct epoch_ms(as_of) from {SCORES} where score_version = ? order by 1 desc",
        [version],
    ).fetchall()
    return [int(row[0]) for row in found]


def sample(as_ofs: Sequence[Instant], samples: int) -> list[Instant]:
    """The newest, the oldest and evenly those between, so that the same table is audited alike each time."""
    if samples >= len(as_ofs):
        return list(as_ofs)
    places = np.unique(np.linspace(0, len(as_ofs) - 1, max(samples, 1)).round().astype(int))
    return [as_ofs[place] for place in places.tolist()]


def truncated(
    con: duckdb.DuckDBPyConnection, as_of: Instant, version: str, parameters: ScoreParameters
) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds what was known at an as_of and nothing else."""
    past = duckdb.connect()
    values = {
        "as_of": moment(as_of).item(),
        "mids_until": (moment(as_of) - span(parameters.index_lag_seconds)).item(),
        "seq": read_mark(con, as_of, version),
        "version": version,
    }
    for table, select in TRUNCATED.items():
        past.execute(f"create schema if not exists {table.split('.')[0]}")
        wanted = {name: value for name, value in values.items() if f"${name}" in select}
        past.register("known", con.sql(select, params=wanted).to_arrow_reader())
        past.execute(f"create table {table} as select * from known")
        past.unregister("known")
    return past


def recompute(
    past: duckdb.DuckDBPyConnection, as_of: Instant, parameters: ScoreParameters, version: str
) -> pd.DataFrame:
    """Score a truncated database from its fills on, by no shortcut."""
    fills = read_fills(past)
    write_episodes(past, merge_fills(fills, read_markets(past), parameters))
    return score_wallets(fills, read_evidence(past, parameters), as_of, parameters, version)


def differences(stored: pd.DataFrame, recomputed: pd.DataFrame, as_of: Instant, version: str) -> list[Difference]:
    """Every value in which two sets of score rows differ."""
    columns = [
        name for name in stored.columns if name in recomputed.columns and name not in (*KEY, "known_at", "as_of")
    ]
    both = stored.merge(recomputed, on=KEY, how="outer", suffixes=("", "_again"), indicator=True)
    both = both.sort_values(KEY, kind="stable", ignore_index=True)
    return list(_differences(both, columns, as_of, version))


def _differences(both: pd.DataFrame, columns: Sequence[str], as_of: Instant, version: str) -> Iterator[Difference]:
    for row in both[both["_merge"] != "both"].to_dict("records"):
        sides = (row["_merge"] == "left_only", row["_merge"] == "right_only")
        yield Difference(
            as_of=as_of,
            score_version=version,
            wallet=row["wallet"],
            category=row["category"],
            column=WHOLE_ROW,
            stored="a row" if sides[0] else None,
            recomputed="a row" if sides[1] else None,
        )
    matched = both[both["_merge"] == "both"]
    for name in columns:
        off = ~_same(matched[name], matched[f"{name}_again"])
        for row in matched.loc[off, [*KEY, name, f"{name}_again"]].to_dict("records"):
            yield Difference(
                as_of=as_of,
                score_version=version,
                wallet=row["wallet"],
                category=row["category"],
                column=name,
                stored=_plain(row[name]),
                recomputed=_plain(row[f"{name}_again"]),
            )


def _same(stored: pd.Series, recomputed: pd.Series) -> np.ndarray:
    if pd.api.types.is_float_dtype(stored) and pd.api.types.is_numeric_dtype(recomputed):
        left, right = stored.to_numpy(float), recomputed.to_numpy(float)
        return np.asarray(np.isclose(left, right, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))
    return np.array([_agree(_plain(left), _plain(right)) for left, right in zip(stored, recomputed, strict=True)], bool)


def _agree(left: object, right: object) -> bool:
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return all(_agree(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, float) and isinstance(right, float):
        return bool(np.isclose(left, right, rtol=TOLERANCE, atol=TOLERANCE))
    return left == right


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if pd.isna(value) else value


def _stored(con: duckdb.DuckDBPyConnection, as_of: Instant, version: str) -> pd.DataFrame:
    # A table of an older release may lack columns of this one: they are compared from its next scores on.
    rows = con.execute(
        f"select * from {SCORES} where as_of = ? and score_version = ? order by wallet, category",
        [moment(as_of).item(), version],
    ).df()
    return rows[[name for name in COLUMNS | MORE_COLUMNS if name in rows]]


def _exists(con: duckdb.DuckDBPyConnection) -> bool:
    named = "select 1 from information_schema.tables where table_schema || '.' || table_name = ?"
    return bool(con.execute(named, [SCORES]).fetchall())
