"""Makes a Dagster asset of each SQL model: lineage, contract checks and table metadata come from the model's file."""

from collections.abc import Mapping, Sequence

import dagster as dg
import duckdb
from pydantic import Field

from copytrade_pipelines.sql_build import Built, build
from copytrade_pipelines.sql_lineage import Origin
from copytrade_pipelines.sql_models import Model, Project, load_project
from copytrade_pipelines.sql_render import Materialized, Relation
from copytrade_pipelines.sql_rules import Rule, RuleResult, rules_of, run_tests
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

OWNERS = ["team:copytrade"]
KINDS = {"sql", "duckdb"}


class ModelRun(dg.Config):
    """How to build and check, where the usual way is not wanted."""

    full_refresh: bool = Field(default=False, description="Build from nothing, whatever changed.")
    check_everything: bool = Field(default=False, description="Rules see every row, not only changed ones.")


def sql_assets(project: Project | None = None) -> list[dg.AssetsDefinition]:
    """One asset for each model of the shipped folder, or of a given project. Raises: SqlModelError."""
    loaded = project or load_project()
    return [_asset(loaded, model) for model in loaded.models.values()]


def asset_key_of(project: Project, relation: Relation) -> dg.AssetKey:
    """The asset that makes a table."""
    source = project.sources.get(relation)
    return dg.AssetKey([relation.schema, relation.name] if source is None else list(source.asset_key))


def failing_rows(rows: Sequence[Mapping[str, str]]) -> dict[str, dg.TableMetadataValue]:
    """Bad rows as a table in a check's metadata; nothing when there are none."""
    if not rows:
        return {}
    return {"failing_rows": dg.MetadataValue.table(records=[dg.TableRecord(dict(row)) for row in rows])}


def _asset(project: Project, model: Model) -> dg.AssetsDefinition:
    key = asset_key_of(project, model.relation)
    tests = project.tests.get(model.name, ())

    @dg.asset(
        key=key,
        deps=[asset_key_of(project, relation) for relation in model.inputs],
        group_name=model.relation.schema,
        kinds=KINDS | ({str(model.rendered.materialized)} - {str(Materialized.TABLE)}),
        owners=OWNERS,
        tags={tag: "" for tag in model.rendered.tags},
        description=_description(model),
        code_version=model.code_version,
        metadata={"dagster/table_name": str(model.relation), "sql": dg.MetadataValue.md(_fenced(model))},
        check_specs=[_spec(key, rule) for rule in rules_of(model, tests)],
        pool=WAREHOUSE_POOL,
    )
    def sql_model(config: ModelRun, warehouse: Warehouse) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads it, bare
        with warehouse.connect() as con:
            built = build(model, con, full_refresh=config.full_refresh)
            results = run_tests(model, tests, con, everything=config.check_everything)
            times = _as_of_range(model, con)
        return dg.MaterializeResult(
            metadata={**_table_metadata(project, model, built), **times},
            check_results=[_result(result) for result in results],
        )

    return sql_model


def _description(model: Model) -> str:
    contract = model.contract
    as_of = f" As of `{contract.as_of}`." if contract.as_of else ""
    return f"{contract.description}\n\n{contract.grain[0].upper()}{contract.grain[1:]}.{as_of}"


def _fenced(model: Model) -> str:
    return f"```sql\n{model.rendered.sql}```"


def _spec(key: dg.AssetKey, rule: Rule) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name=rule.name, asset=key, description=rule.description, blocking=rule.is_blocking)


def _result(result: RuleResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=result.rule.name,
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "bad_rows": result.bad_rows,
            "checked": "every row" if result.since is None else f"rows changed since number {result.since}",
            **failing_rows(result.sample),
        },
    )


def _table_metadata(project: Project, model: Model, built: Built) -> dict[str, dg.MetadataValue]:
    traced = project.lineage(model.name)
    return {
        "dagster/row_count": dg.MetadataValue.int(built.rows),
        "build": dg.MetadataValue.text(f"{built.way}{f': {built.why}' if built.why else ''}"),
        "written_rows": dg.MetadataValue.int(built.written),
        "dagster/column_schema": dg.TableSchemaMetadataValue(_schema(model, traced)),
        "dagster/column_lineage": dg.TableColumnLineageMetadataValue(_lineage(project, traced)),
        "dagster/table_name": dg.MetadataValue.text(str(model.relation)),
    }


def _schema(model: Model, traced: Mapping[str, Sequence[Origin]]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=_meaning(column.meaning, traced.get(column.name, ())),
                constraints=dg.TableColumnConstraints(
                    nullable=not column.is_not_null,
                    unique=column.is_unique,
                    other=[f"one of {', '.join(column.accepted)}"] if column.accepted else [],
                ),
            )
            for column in model.contract.columns
        ]
    )


def _meaning(meaning: str, origins: Sequence[Origin]) -> str:
    # The free UI lists a column's meaning, and its lineage nowhere but as JSON.
    named = ", ".join(f"{origin.relation.name}.{origin.column}" for origin in origins)
    return f"{meaning} ← {named}" if named else meaning


def _lineage(project: Project, traced: Mapping[str, Sequence[Origin]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {column: [_dep(project, origin) for origin in origins] for column, origins in traced.items()}
    )


def _dep(project: Project, origin: Origin) -> dg.TableColumnDep:
    return dg.TableColumnDep(asset_key=asset_key_of(project, origin.relation), column_name=origin.column)


def _as_of_range(model: Model, con: duckdb.DuckDBPyConnection) -> dict[str, dg.MetadataValue]:
    column = model.contract.as_of
    if column is None:
        return {}
    row = con.execute(f'select min("{column}"), max("{column}") from {model.relation}').fetchone()  # noqa: S608 - a declared column of ours
    if row is None or row[0] is None:
        return {}
    return {"first_as_of": dg.MetadataValue.text(str(row[0])), "last_as_of": dg.MetadataValue.text(str(row[1]))}
