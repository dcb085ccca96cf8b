"""published_marts: marts as immutable Parquet, which analysts read while the pipelines write."""

import dagster as dg

from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.mart_files import is_built, publish_marts
from copytrade_pipelines.resources import Settings
from copytrade_pipelines.sql_assets import asset_key_of
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

_PROJECT = load_project()


@dg.asset(
    key=["published_marts"],
    deps=[
        asset_key_of(_PROJECT, model.relation)
        for model in _PROJECT.models.values()
        if model.relation.schema == "marts" and "scores" not in model.rendered.tags
    ],
    group_name="marts",
    kinds={"python", "parquet"},
    owners=["team:copytrade"],
    code_version="1",
    pool=WAREHOUSE_POOL,
)
def published_marts(
    context: dg.AssetExecutionContext, settings: Settings, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Marts as files and one manifest, all of one moment, for readers beside the writer: copytrade sql shell."""
    wanted, published = settings.config().pipelines, settings.home().published
    with expected_failures(), warehouse.connect() as con:
        # A journal may come before the first ingest: what is there is published.
        built = [name for name in wanted.published_marts if is_built(con, name)]
        manifest = publish_marts(con, published, built, keep=wanted.keep_marts, run_id=context.run.run_id)
    records = [
        dg.TableRecord({"mart": mart.name, "rows": mart.rows, "bytes": mart.bytes, "file": mart.file})
        for mart in manifest.marts
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(mart.rows for mart in manifest.marts),
            "publication_id": manifest.publication_id,
            "not_built_yet": [name for name in wanted.published_marts if name not in built],
            "written": sum(manifest.publication_id in mart.file for mart in manifest.marts),
            "marts": dg.MetadataValue.table(records),
        }
    )


ASSETS = [published_marts]
