"""What a market charges and how fine its prices are, since when: a row only where something changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from copytrade_live.core.market import Instant, Market
from copytrade_live.venue.gamma import SOURCE
from copytrade_live.venue.rows import MarketRow
from copytrade_pipelines.ingest import tables

FEES = ("rate", "exponent", "taker_only", "rebate")
TICKS = ("tick_size", "min_order_size")
RUNNER = "runner"

Rows = Sequence[Mapping[str, object]]


def append_terms(con: duckdb.DuckDBPyConnection, markets: Iterable[MarketRow], *, lag: Instant, now: Instant) -> None:
    """Write down the fees and ticks of markets where they are new or differ from the last.

    The venue shows only what holds now. The first we see is taken to hold since the market began, a change since now.
    """
    listed = list(markets)
    known = {str(row[0]) for row in con.execute("SELECT DISTINCT condition_id FROM raw.tick_sizes").fetchall()}
    since = {row.condition_id: now if row.condition_id in known else _began(row, lag, now) for row in listed}
    _append(
        con,
        "raw.fee_schedules",
        FEES,
        [
            {
                "condition_id": row.condition_id,
                "observed_at": since[row.condition_id],
                "rate": row.fee_rate,
                "exponent": row.fee_exponent,
                "taker_only": row.fee_taker_only,
                "rebate": row.fee_rebate,
                "source": SOURCE,
            }
            for row in listed
        ],
    )
    ticks = [(row.condition_id, since[row.condition_id], row.tick_size, row.min_order_size) for row in listed]
    _append(con, "raw.tick_sizes", TICKS, [_tick(*tick, SOURCE) for tick in ticks])


def append_terms_seen(con: duckdb.DuckDBPyConnection, markets: Iterable[Market]) -> None:
    """The same from markets as the runner saw them, at the time it did; it does not know rebates."""
    seen = {(market.condition_id, market.observed_at): market for market in markets}
    fees = [
        {
            "condition_id": condition,
            "observed_at": at,
            "rate": market.fee_rate,
            "exponent": market.fee_exponent,
            "source": RUNNER,
        }
        for (condition, at), market in seen.items()
    ]
    _append(con, "raw.fee_schedules", FEES, fees)
    ticks = [(condition, at, market.tick_size, market.min_order_size) for (condition, at), market in seen.items()]
    _append(con, "raw.tick_sizes", TICKS, [_tick(*tick, RUNNER) for tick in ticks])


def _began(row: MarketRow, lag: Instant, now: Instant) -> Instant:
    return now if row.start_at is None else min(row.start_at + lag, now)


def _tick(condition: str, at: Instant, tick_size: float, min_order_size: float, source: str) -> dict[str, object]:
    return {
        "condition_id": condition,
        "observed_at": at,
        "tick_size": tick_size,
        "min_order_size": min_order_size,
        "source": source,
    }


def _append(con: duckdb.DuckDBPyConnection, table: str, terms: Sequence[str], rows: Rows) -> None:
    """Insert rows that differ from what held just before them; a term that is not given is taken as it was."""
    if not rows:
        return
    con.register("incoming_terms", tables.arrow(table, rows))
    same = " AND ".join(f"{name} IS NOT DISTINCT FROM lag({name}) OVER w" for name in terms)
    try:
        con.execute(
            f"""
            INSERT INTO {table} BY NAME
            WITH timed AS (
                FROM {table} SEMI JOIN incoming_terms USING (condition_id)
                UNION ALL BY NAME
                FROM incoming_terms AS new ANTI JOIN {table} AS old USING (condition_id, observed_at)
            ), filled AS (
                SELECT * EXCLUDE (loaded_seq, {", ".join(terms)}), {_carried(terms)} FROM timed
                WINDOW w AS (PARTITION BY condition_id ORDER BY observed_at)
            ), kept AS (
                SELECT * FROM filled
                WINDOW w AS (PARTITION BY condition_id ORDER BY observed_at)
                QUALIFY lag(condition_id) OVER w IS NULL OR NOT ({same})
            )
            FROM kept ANTI JOIN {table} USING (condition_id, observed_at)
            """  # noqa: S608 our own names
        )
    finally:
        con.unregister("incoming_terms")


def _carried(terms: Sequence[str]) -> str:
    return ", ".join(f"last_value({name} IGNORE NULLS) OVER w AS {name}" for name in terms)
