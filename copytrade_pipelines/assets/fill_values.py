"""The value of every fill at its market's payout, computed by the core and kept as a column that SQL models read."""

import dagster as dg
import duckdb
import numpy as np
import pandas as pd

from copytrade_live.core.market import Side
from copytrade_live.core.valuation import value_to_resolution
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

TABLE = "intermediate.int_fill_values"

_READ = """
    select fills.fill_id, fills.side, fills.price, fills.size, outcomes.payout,
        coalesce(outcomes.is_resolved, false) as is_resolved
    from staging.stg_fills as fills
    left join intermediate.int_outcomes as outcomes
        on fills.condition_id = outcomes.condition_id and fills.token_id = outcomes.token_id
    order by fills.fill_id
"""


def value_fills(fills: pd.DataFrame) -> pd.DataFrame:
    """Value each fill to its payout, NaN where the market has none yet.

    Shape: fill_id, side, price, size, payout, is_resolved in; fill_id, value_to_resolution, is_resolved out.
    """
    sign = np.where(fills["side"].to_numpy() == Side.BUY.value, 1.0, -1.0)
    price, size, payout = (fills[name].to_numpy(dtype=float, na_value=np.nan) for name in ("price", "size", "payout"))
    return pd.DataFrame(
        {
            "fill_id": fills["fill_id"],
            "value_to_resolution": value_to_resolution(sign, price, size, payout),
            "is_resolved": fills["is_resolved"].astype(bool),
        }
    )


def write_fill_values(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Value every staged fill and replace the table with the result."""
    values = value_fills(con.execute(_READ).df())
    con.register("fill_values", values)
    con.execute(
        f"create or replace table {TABLE} as "  # noqa: S608 - a constant of ours
        "select cast(fill_id as varchar) as fill_id, "
        "if(isnan(value_to_resolution), null, value_to_resolution) as value_to_resolution, is_resolved "
        "from fill_values"
    )
    con.unregister("fill_values")
    return values


@dg.asset(
    key=["intermediate", "int_fill_values"],
    deps=[["staging", "stg_fills"], ["intermediate", "int_outcomes"]],
    group_name="intermediate",
    kinds={"python", "duckdb"},
    owners=["team:copytrade"],
    code_version="1",
    metadata={"dagster/table_name": TABLE},
    pool=WAREHOUSE_POOL,
)
def int_fill_values(warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """What each fill is worth at its market's payout, before fees. One row per fill; null until the market resolved."""
    with warehouse.connect() as con:
        values = write_fill_values(con)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(values),
            "dagster/table_name": TABLE,
            "resolved_fills": int(values["is_resolved"].sum()),
        }
    )


ASSETS = [int_fill_values]
