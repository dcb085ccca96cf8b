"""intermediate/int_fill_values: the value of every fill at its market's payout, a column that SQL models read."""

import dagster as dg

from copytrade_pipelines.fill_values import TABLE, VERSION, write_fill_values
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse


@dg.asset(
    key=["intermediate", "int_fill_values"],
    deps=[["staging", "stg_fills"], ["intermediate", "int_outcomes"]],
    group_name="intermediate",
    kinds={"python", "duckdb"},
    owners=["team:copytrade"],
    code_version=VERSION,
    metadata={"dagster/table_name": TABLE},
    pool=WAREHOUSE_POOL,
)
def int_fill_values(warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """What each fill is worth at its market's payout, before fees. One row per fill; null until the market resolved."""
    with warehouse.connect() as con:
        valued = write_fill_values(con)
        ((resolved,),) = con.execute(f"select count(*) from {TABLE} where is_resolved").fetchall()  # noqa: S608 ours
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": valued.rows,
            "dagster/table_name": TABLE,
            "written_rows": valued.written,
            "why_full": valued.why,
            "resolved_fills": int(resolved),
        }
    )


ASSETS = [int_fill_values]
