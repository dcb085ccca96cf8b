"""intermediate/int_episodes: what leaders decided, one row however many fills each decision took."""

import dagster as dg

from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.built_tables import require_tables
from copytrade_pipelines.column_words import schema_of
from copytrade_pipelines.resources import Settings
from copytrade_pipelines.scoring.names import EPISODES, INGESTED
from copytrade_pipelines.scoring.parameters import parameters_of
from copytrade_pipelines.scoring.rehearsal import wait_for_rehearsal
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

_BUILD = (
    "there is nothing to score before the first ingest: run copytrade ingest, or wait until the first refresh that "
    "copytrade up makes has published"
)


@dg.asset(
    key=["intermediate", "int_episodes"],
    deps=[["marts", "fct_fills"], ["marts", "dim_markets"]],
    group_name="scores",
    kinds={"python", "duckdb"},
    owners=["team:copytrade"],
    code_version="2",
    metadata={"dagster/table_name": EPISODES},
    pool=WAREHOUSE_POOL,
)
def int_episodes(
    context: dg.AssetExecutionContext, settings: Settings, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Fills of one wallet, token and side that follow each other closely, merged at their mean price and netted."""
    # Before numba looks for what is compiled already.
    wait_for_rehearsal(context.log.info)
    # Heavy, and definitions load often.
    from copytrade_pipelines.scoring.episodes import COLUMNS, merge_fills
    from copytrade_pipelines.scoring.tables import read_fills, read_markets, write_episodes

    parameters = parameters_of(settings.config())
    with expected_failures(), warehouse.connect() as con:
        require_tables(con, INGESTED, _BUILD)
        fills, markets = read_fills(con), read_markets(con)
    episodes = merge_fills(fills, markets, parameters)
    with warehouse.connect() as con:
        write_episodes(con, episodes)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(episodes),
            "dagster/table_name": EPISODES,
            "dagster/column_schema": schema_of(COLUMNS),
            "fills": len(fills),
            "gap_minutes": parameters.episode_gap_minutes,
        }
    )


ASSETS = [int_episodes]
