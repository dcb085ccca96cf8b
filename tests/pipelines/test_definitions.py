"""The code location as a whole: its graph by snapshot, what every asset must say, and that models run in Dagster.

After a change of the graph that is meant, write the snapshot again with:

    python tests/pipelines/test_definitions.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets import fill_values
from copytrade_pipelines.column_words import word_for
from copytrade_pipelines.definitions import build, resources_of
from copytrade_pipelines.freshness import WATCHED, window_of
from copytrade_pipelines.pools import POOLS, VENUE_POOL, WAREHOUSE_POOL
from copytrade_pipelines.scoring.episodes import COLUMNS as EPISODE_COLUMNS
from copytrade_pipelines.scoring.scores import COLUMNS as SCORE_COLUMNS
from copytrade_pipelines.scoring.scores import MORE_COLUMNS
from copytrade_pipelines.sql_assets import asset_key_of, sql_assets
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.warehouse import COLUMNS as RAW_COLUMNS
from copytrade_pipelines.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).with_name("graph_snapshot.json")


def location(home: Path) -> dg.Definitions:
    return build(CopytradeConfig(), Home(home))


def graph_of(definitions: dg.Definitions) -> dict[str, Any]:
    repository = definitions.get_repository_def()
    graph = repository.asset_graph
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "deps": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
                "checks": {
                    check.name: "blocking" if graph.get_check_spec(check).blocking else "warning"
                    for check in sorted(graph.get(key).check_keys)
                },
            }
            for key in sorted(graph.get_all_asset_keys())
        },
        "jobs": {
            job.name: sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys)
            for job in repository.get_all_jobs()
            if job.name != "__ASSET_JOB"
        },
        "schedules": {
            schedule.name: f"{schedule.cron_schedule} {schedule.job_name} {schedule.default_status.value}"
            for schedule in repository.schedule_defs
        },
        "sensors": {
            sensor.name: f"{sensor.minimum_interval_seconds} {sensor.default_status.value}"
            for sensor in repository.sensor_defs
        },
    }


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return location(tmp_path)


def test_the_code_location_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_graph_is_the_one_we_agreed_on(definitions: dg.Definitions) -> None:
    found, agreed = graph_of(definitions), json.loads(SNAPSHOT.read_text())
    assert found == agreed, "the graph changed; if that is meant, run: python tests/pipelines/test_definitions.py"


def test_every_asset_says_what_it_is_and_whose(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        key = spec.key.to_user_string()
        assert spec.description, f"{key} has no description"
        assert spec.group_name not in (None, "default"), f"{key} has no group"
        assert spec.kinds, f"{key} has no kinds"
        assert spec.owners == ["team:copytrade"], f"{key} is owned by {spec.owners}"


def test_every_check_and_job_says_what_it_is(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    graph = repository.asset_graph
    assert [key for key in graph.asset_check_keys if not graph.get_check_spec(key).description] == []
    jobs = [job for job in repository.get_all_jobs() if job.name != "__ASSET_JOB"]
    assert [job.name for job in jobs if not job.description] == []


def test_every_step_that_opens_the_warehouse_is_in_a_pool(definitions: dg.Definitions) -> None:
    steps = [node.definition for node in definitions.resolve_implicit_global_asset_job_def().nodes]
    pools = {step.name: step.pool for step in steps if "warehouse" in step.required_resource_keys}  # type: ignore[attr-defined]
    assert len(pools) > len(load_project().models)
    assert {name: pool for name, pool in pools.items() if pool not in POOLS} == {}
    assert pools["raw__fills"] == VENUE_POOL, "a fetching step would keep the models waiting"
    assert {pools["trader_scores"], pools["marts__fct_fills"]} == {WAREHOUSE_POOL}


def test_everything_that_runs_by_the_clock_is_expected_to_stay_fresh(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    on_demand = {dg.AssetKey(["sweep_points"])}
    ageless = {spec.group_name for key, spec in specs.items() if spec.freshness_policy is None and key not in on_demand}
    assert ageless <= {"staging", "intermediate", "live"}, "what others read from these is expected to stay fresh"
    for key, window in WATCHED.items():
        assert window_of(key, specs[key].group_name) == window


def test_tables_that_are_cheap_to_build_follow_their_inputs(definitions: dg.Definitions) -> None:
    specs = definitions.resolve_all_asset_specs()
    automated = {spec.key.to_user_string() for spec in specs if spec.automation_condition}
    assert {"staging/stg_fills", "intermediate/int_fill_values", "marts/fct_fills"} <= automated
    assert automated & {"raw/fills", "trader_scores", "published_scores", "backtest_runs"} == set()


def test_every_table_that_models_read_is_made_by_an_asset(definitions: dg.Definitions) -> None:
    project = load_project()
    made = set(definitions.get_repository_def().asset_graph.materializable_asset_keys)
    assert {asset_key_of(project, relation) for relation in project.sources} - made == set()


def test_every_job_can_be_launched_without_typing_config(definitions: dg.Definitions) -> None:
    for job in definitions.get_repository_def().get_all_jobs():
        config = dg.validate_run_config(job, job.run_config)
        assert set(config["ops"]) == {node.name for node in job.nodes}


def test_every_column_that_python_writes_says_what_it_means() -> None:
    tables = {**RAW_COLUMNS, "scores": SCORE_COLUMNS | MORE_COLUMNS, "episodes": EPISODE_COLUMNS}
    missing = {f"{table}.{name}" for table, columns in tables.items() for name in columns if word_for(name) is None}
    assert missing == set(), "say it in column_words.py"


def test_the_workspace_names_this_location() -> None:
    (entry,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert entry["python_module"] == {
        "module_name": "copytrade_pipelines.definitions",
        "location_name": "copytrade",
    }


def with_rows(warehouse: Warehouse, fill: str = "'f1', '0xa', '0xc', 't1', 'BUY'") -> None:
    with warehouse.connect() as con:
        scores = ", ".join(f"{name} {kind}" for name, kind in SCORE_COLUMNS.items())
        con.execute(f"create table if not exists marts.fct_trader_scores ({scores})")
        con.execute(
            "insert into raw.markets by name select '0xc' as condition_id, ['Yes', 'No'] as outcomes, "
            "['t1', 't2'] as token_ids, timestamp '2026-01-01' as observed_at"
        )
        con.execute(
            "insert into raw.resolutions by name select '0xc' as condition_id, 'resolved' as status, "
            "[1.0, 0.0] as payouts, 'Yes' as winning_outcome, timestamp '2026-01-02' as known_at"
        )
        con.execute(
            "insert into raw.fills (fill_id, wallet, condition_id, token_id, side, role, price, size, event_at, "
            f"observed_at, source) values ({fill}, 'taker', 0.4, 10, '2026-01-01', '2026-01-01', 'test')"
        )


def run_models(warehouse: Warehouse, instance: dg.DagsterInstance | None = None) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [*sql_assets(), *fill_values.ASSETS],
        resources={"warehouse": warehouse},
        instance=instance,
        raise_on_error=False,
    )


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    found = resources_of(CopytradeConfig(), Home(tmp_path))["warehouse"]
    assert isinstance(found, Warehouse)
    return found


def test_models_become_tables_with_their_metadata(warehouse: Warehouse) -> None:
    with_rows(warehouse)
    result = run_models(warehouse)

    assert result.success
    shown = {
        str(event.asset_key.to_user_string()): event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    assert len(shown) == len(load_project().models) + 1
    assert all("dagster/row_count" in metadata for metadata in shown.values())
    fills = shown["marts/fct_fills"]
    assert fills["dagster/row_count"].value == 1
    assert fills["dagster/table_name"].value == "marts.fct_fills"
    columns = fills["dagster/column_schema"].value.columns  # type: ignore[union-attr]
    assert [column.name for column in columns][:2] == ["fill_id", "wallet"]
    lineage = fills["dagster/column_lineage"].value.deps_by_column  # type: ignore[union-attr]
    assert {dep.column_name for dep in lineage["notional"]} == {"price", "size"}
    with warehouse.connect() as con:
        assert con.execute("select realised_pnl, cost, fills, is_resolved from marts.fct_wallet_pnl").fetchall() == [
            (6.0, 4.0, 1, True)
        ]


def test_a_second_run_leaves_the_same_tables(warehouse: Warehouse) -> None:
    with_rows(warehouse)
    tables = [str(model.relation) for model in load_project().models.values()]
    seen = []
    for _ in range(2):
        assert run_models(warehouse).success
        with warehouse.connect() as con:
            seen.append([con.execute(f"from {table}").fetchall() for table in tables])
            assert con.execute("select count(*) from duckdb_tables() where table_name like '%__tmp'").fetchone() == (0,)
    assert seen[0] == seen[1]


def test_a_bad_row_fails_its_blocking_check_and_stops_what_comes_after(warehouse: Warehouse) -> None:
    with_rows(warehouse, "'f1', '0xa', '0xc', 't1', 'buy'")
    result = run_models(warehouse)

    failed = [each for each in result.get_asset_check_evaluations() if not each.passed]
    assert [(each.asset_key.to_user_string(), each.check_name) for each in failed] == [
        ("staging/stg_fills", "accepted")
    ]
    assert failed[0].severity is dg.AssetCheckSeverity.ERROR
    assert failed[0].metadata["bad_rows"].value == 1
    assert failed[0].metadata["failing_rows"].records[0].data["side"] == "buy"  # type: ignore[union-attr]
    assert not result.success
    built = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
    assert "marts/dim_markets" in built
    assert "marts/fct_fills" not in built


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        SNAPSHOT.write_text(json.dumps(graph_of(location(Path(folder))), indent=2) + "\n")
