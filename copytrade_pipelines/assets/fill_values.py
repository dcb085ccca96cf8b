"""intermediate/int_fill_values: the value of every fill at its market's payout, a column that SQL models read."""

import dagster as dg

from copytrade_pipelines.fill_values import TABLE, VERSION, write_fill_values
from copytrade_pipelines.sql_assets import ModelRun
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_render import Relation
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

_COLUMNS = load_project().columns_of(Relation(*TABLE.split(".")))


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
def int_fill_values(config: ModelRun, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """What each fill is worth at its market's payout, before fees. One row per fill; null until the market resolved."""
    with warehouse.connect() as con:
        valued = write_fill_values(con, full_refresh=config.full_refresh)
        ((resolved,),) = con.execute(f"select count(*) from {TABLE} where is_resolved").fetchall()  # noqa: S608 ours
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": valued.rows,
            "dagster/table_name": TABLE,
            "dagster/column_schema": dg.TableSchema([dg.TableColumn(name, kind) for name, kind in _COLUMNS.items()]),
            "written_rows": valued.written,
            "why_full": valued.why,
            "resolved_fills": int(resolved),
        }
    )


ASSETS = [int_fill_values]
