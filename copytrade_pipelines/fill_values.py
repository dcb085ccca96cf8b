"""The value of every fill at its market's payout: the core's formula as a column, written only where it changed."""

# Table names are constants of ours, and identifiers cannot be bound as parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType
from duckdb.sqltypes import DOUBLE

from copytrade_live.core.valuation import value_to_resolution
from copytrade_pipelines.changes import next_seq
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_render import Materialized, Relation
from copytrade_pipelines.sql_state import (
    State,
    Tokens,
    kind_of,
    read_states,
    text_of,
    tokens_in,
    tokens_of,
    why_full,
    write_state,
)

TABLE = "intermediate.int_fill_values"
# The payouts that the values were computed with, so that only fills of markets that paid since are valued anew.
PAYOUTS = "intermediate.int_fill_values__payouts"
VERSION = "2"
FILLS, OUTCOMES = "staging.stg_fills", "intermediate.int_outcomes"

_SELECT = f"""
    select fills.fill_id, fills.wallet, fills.condition_id, fills.token_id,
        fills.price * fills.size * if(fills.side = 'BUY', 1.0, -1.0) as paid,
        value_to_resolution(if(fills.side = 'BUY', 1.0, -1.0), fills.price, fills.size, outcomes.payout)
            as value_to_resolution,
        coalesce(outcomes.is_resolved, false) as is_resolved,
        cast($seq as bigint) as changed_seq
    from {FILLS} as fills
    left join {OUTCOMES} as outcomes
        on fills.condition_id = outcomes.condition_id and fills.token_id = outcomes.token_id
"""
# A token belongs to one condition, and one long text compares faster than two.
_OF_NEW_PAYOUTS = "fills.token_id in (select token_id from new_payouts)"
_CURRENT_PAYOUTS = f"select condition_id, token_id, payout from {OUTCOMES} where is_resolved"
_NEW_PAYOUTS = f"""
    create or replace temp table new_payouts as
    select distinct coalesce(now.token_id, before.token_id) as token_id
    from ({_CURRENT_PAYOUTS}) as now
    full join {PAYOUTS} as before on now.condition_id = before.condition_id and now.token_id = before.token_id
    where now.payout is distinct from before.payout or now.token_id is null or before.token_id is null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What an update did. why says why every fill was valued, empty when only changed ones were."""

    rows: int
    written: int
    why: str


def write_fill_values(con: duckdb.DuckDBPyConnection, *, full_refresh: bool = False) -> Valued:
    """Value fills that are new or changed, and those whose market paid out since; all of them when asked."""
    models = load_project()
    version = "-".join([VERSION, *(models.model(name.split(".")[1]).build_version for name in (FILLS, OUTCOMES))])
    states = read_states(con)
    state, tokens = states.get(TABLE), tokens_of(con, [FILLS], states)
    known = state if _is_there(con, TABLE) and _is_there(con, PAYOUTS) else None
    why = "asked for" if full_refresh else why_full(known, version, tokens)
    with _core_formula(con):
        if state is None or tokens is None or why:
            written = _value_all(con, version, tokens)
        else:
            written = _value_changed(con, state, tokens)
        if _count(con, TABLE) != _count(con, FILLS):  # never so, unless somebody wrote past the numbers
            why = f"{TABLE} had {_count(con, TABLE)} rows for {_count(con, FILLS)} fills"
            written = _value_all(con, version, tokens)
    return Valued(rows=_count(con, TABLE), written=written, why=why)


def _is_there(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return kind_of(con, Relation(*table.split("."))) == "table"


def value_column(sign: pa.Array, price: pa.Array, size: pa.Array, payout: pa.Array) -> pa.Array:
    """The core's formula over whole columns; null where the market has no payout yet."""
    columns = (column.to_numpy(zero_copy_only=False).astype(np.float64) for column in (sign, price, size, payout))
    return pa.array(value_to_resolution(*columns), from_pandas=True)


@contextmanager
def _core_formula(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    # The formula goes to the rows: no id of ten million fills passes through Python.
    con.create_function(
        "value_to_resolution",
        value_column,
        [DOUBLE] * 4,
        DOUBLE,
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )
    try:
        yield
    finally:
        con.remove_function("value_to_resolution")


def _value_all(con: duckdb.DuckDBPyConnection, version: str, tokens: Tokens | None) -> int:
    seq = next_seq(con)
    con.execute(f"create or replace table {TABLE} as {_SELECT}", {"seq": seq})
    con.execute(f"create or replace table {PAYOUTS} as {_CURRENT_PAYOUTS}")
    write_state(
        con,
        State(
            relation=TABLE,
            materialized=Materialized.INCREMENTAL,
            version=version,
            changed_seq=seq,
            full_seq=seq,
            reads=(FILLS, OUTCOMES),
            inputs=text_of(tokens),
        ),
    )
    return _count(con, TABLE)


def _value_changed(con: duckdb.DuckDBPyConnection, state: State, tokens: Tokens) -> int:
    mark, before = _reached(tokens_in(state.inputs))
    con.execute(_NEW_PAYOUTS)
    parts = [f"{_SELECT} where fills.loaded_seq > {mark}"]
    paid = _count(con, "new_payouts")
    if paid:
        parts.append(f"{_SELECT} where fills.loaded_seq <= {mark} and {_OF_NEW_PAYOUTS}")
        con.execute(f"create or replace table {PAYOUTS} as {_CURRENT_PAYOUTS}")
        con.execute(f"delete from {TABLE} as fills where {_OF_NEW_PAYOUTS}")
    seq = next_seq(con)
    con.execute(f"create or replace temp table fresh_values as {' union all '.join(parts)}", {"seq": seq})
    written = _count(con, "fresh_values")
    changed = _count(con, f"{FILLS} where loaded_seq > {mark}")
    if changed > _reached(tokens)[1] - before:  # not only new fills: some take the place of what they were
        con.execute(f"delete from {TABLE} where fill_id in (select fill_id from fresh_values)")
    con.execute(f"insert into {TABLE} by name select * from fresh_values")
    con.execute("drop table fresh_values; drop table new_payouts")
    write_state(con, replace(state, inputs=text_of(tokens), changed_seq=seq if written or paid else state.changed_seq))
    return written


def _reached(tokens: Tokens) -> tuple[int, int]:
    # Fills are read through a view of one raw table: the number of its newest write, and its rows.
    ((changed, _, rows),) = tokens.values()
    return changed, rows


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    ((rows,),) = con.execute(f"select count(*) from {table}").fetchall()
    return int(rows)
