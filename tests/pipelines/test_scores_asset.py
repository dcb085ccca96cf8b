"""From raw rows to marts.fct_trader_scores, through Dagster and DuckDB."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets import episodes, scores
from copytrade_pipelines.assets.scores import ScoreConfig, times_of
from copytrade_pipelines.failures import failures_in
from copytrade_pipelines.scoring.episodes import merge_fills
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, parameters_of
from copytrade_pipelines.scoring.scores import COLUMNS, MORE_COLUMNS, score_wallets
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.score_world import AS_OF, DAY, add, home_in, lay_out, materialize, resources, rows_of, small_world

COUNT = "select count(*) from marts.fct_trader_scores"
CHAMPION = f"select * from marts.fct_trader_scores where score_version = '{SCORE_VERSION}'"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dg.ExecuteInProcessResult]:
    home = home_in(tmp_path_factory.mktemp("scored"))
    lay_out(home, small_world())
    with dg.DagsterInstance.ephemeral() as instance:
        return home, materialize(home, instance)


def test_scores_of_the_warehouse_are_those_of_the_pure_scorer(
    scored: tuple[Home, dg.ExecuteInProcessResult],
) -> None:
    world = small_world()
    expected = score_wallets(world.fill_frame(), world.evidence(), AS_OF, parameters_of(CopytradeConfig()))
    with Warehouse(path=str(scored[0].warehouse)).connect() as con:
        found = con.execute(f"select * from ({CHAMPION}) order by wallet, category").df()
    numbers = [
        name for name, kind in (COLUMNS | MORE_COLUMNS).items() if kind in ("DOUBLE", "BIGINT", "VARCHAR", "TIMESTAMP")
    ]
    pd.testing.assert_frame_equal(found[numbers], expected[numbers], check_dtype=False)
    assert [list(flags) for flags in found["flags"]] == expected["flags"].tolist()


def test_the_asset_says_how_many_rows_and_whom_it_ranks_best(scored: tuple[Home, dg.ExecuteInProcessResult]) -> None:
    home, result = scored
    (event,) = result.asset_materializations_for_node("trader_scores")
    assert event.metadata["dagster/row_count"].value == rows_of(home, COUNT)[0][0] == 2 * 12
    assert event.metadata["wallets"].value == 6
    best = rows_of(
        home, f"select wallet from ({CHAMPION}) where category = 'overall' order by rank desc, wallet limit 1"
    )
    assert str(event.metadata["best"].value).splitlines()[2].startswith(f"| {best[0][0]} |")


def test_a_wallet_with_an_incomplete_history_is_not_scored(scored: tuple[Home, dg.ExecuteInProcessResult]) -> None:
    assert rows_of(scored[0], "select * from marts.fct_trader_scores where wallet = '0xpartial'") == []


def test_kept_episodes_are_those_of_the_pure_merger(scored: tuple[Home, dg.ExecuteInProcessResult]) -> None:
    world = small_world()
    expected = merge_fills(world.fill_frame(), world.evidence().markets, parameters_of(CopytradeConfig()))
    with Warehouse(path=str(scored[0].warehouse)).connect() as con:
        found = con.execute("select * from intermediate.int_episodes").df()
    order = ["wallet", "started_at", "episode_id"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True), check_dtype=False
    )


def test_scoring_the_same_time_again_replaces_its_rows_with_equal_ones(
    scored: tuple[Home, dg.ExecuteInProcessResult],
) -> None:
    home, _ = scored
    first = rows_of(home, "select * from marts.fct_trader_scores order by all")
    with dg.DagsterInstance.ephemeral() as instance:
        materialize(home, instance, selection=[["trader_scores"]])
    assert rows_of(home, "select * from marts.fct_trader_scores order by all") == first


def test_a_backfill_writes_earlier_rows_as_they_would_have_been_then(
    scored: tuple[Home, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    world, home = small_world(), home_in(tmp_path)
    shutil.copytree(scored[0].root, home.root)
    with dg.DagsterInstance.ephemeral() as instance:
        materialize(home, instance, selection=[["trader_scores"]], backfill_days=40, backfill_step_days=20)
    dates = rows_of(home, "select distinct as_of, known_at from marts.fct_trader_scores order by as_of")
    assert [(as_of, known) for as_of, known in dates] == [
        (pd.Timestamp(AS_OF - back * DAY, unit="ms"),) * 2 for back in (40, 20, 0)
    ]
    then = score_wallets(world.fill_frame(), world.evidence(), AS_OF - 40 * DAY, parameters_of(CopytradeConfig()))
    kept = rows_of(
        home,
        f"select edge_mean from ({CHAMPION}) where as_of = "
        "(select min(as_of) from marts.fct_trader_scores) order by wallet, category",
    )
    assert [edge for (edge,) in kept] == pytest.approx(list(then["edge_mean"]))


def test_backfill_steps_go_back_from_the_newest_time() -> None:
    config = ScoreConfig(backfill_days=15, backfill_step_days=7)
    assert times_of(config, AS_OF) == [AS_OF, AS_OF - 7 * DAY, AS_OF - 14 * DAY]


def test_a_time_that_is_not_iso_8601_is_refused_with_an_example(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(dg.Failure, match="2026-01-31T12:00:00Z, was 'yesterday'"),
    ):
        dg.materialize(
            scores.ASSETS,
            instance=instance,
            resources=resources(home),
            run_config={"ops": {"trader_scores": {"config": {"as_of": "yesterday"}}}},
        )


def test_a_refresh_after_new_rows_equals_scoring_everything_anew(tmp_path: Path) -> None:
    world, home, other = small_world(), home_in(tmp_path), home_in(tmp_path / "anew")
    lay_out(home, world)
    with dg.DagsterInstance.ephemeral() as instance:
        materialize(home, instance)
        world.fill("0xnoise01", "0xnoise00-2", 0.45, when=AS_OF - DAY)
        world.bet("0xnoise02", 99, 0.4, 0.5, 1.0)
        world.wallets[-1]["history_complete"] = True
        add(home, world)
        materialize(home, instance, as_of=AS_OF + DAY)
        shutil.copytree(home.root, other.root)
        shutil.rmtree(other.evidence)
        materialize(other, instance, as_of=AS_OF + DAY)
    newest = "select * from marts.fct_trader_scores where as_of = (select max(as_of) from marts.fct_trader_scores)"
    found, expected = (rows_of(place, f"{newest} order by wallet, category, score_version") for place in (home, other))
    assert found == expected
    assert len(found) > 0


def test_a_refresh_sees_a_payout_when_its_table_is_made_however_early_its_row_was_written(tmp_path: Path) -> None:
    world, home, other = small_world(), home_in(tmp_path), home_in(tmp_path / "anew")
    paid = [row for row in world.outcomes if row["token_id"].startswith("0xnoise00-")]
    world.outcomes = [row for row in world.outcomes if row not in paid]
    lay_out(home, world)
    with dg.DagsterInstance.ephemeral() as instance:
        materialize(home, instance)
        world.outcomes += paid
        add(home, world)
        # Scored once before the models saw the new rows, then once after.
        materialize(home, instance, selection=[["trader_scores"]], as_of=AS_OF + 60_000)
        materialize(home, instance, as_of=AS_OF + 120_000)
        shutil.copytree(home.root, other.root)
        shutil.rmtree(other.evidence)
        materialize(other, instance, as_of=AS_OF + 120_000)
    newest = "select * from marts.fct_trader_scores where as_of = (select max(as_of) from marts.fct_trader_scores)"
    found, expected = (rows_of(place, f"{newest} order by wallet, category, score_version") for place in (home, other))
    assert found == expected


def test_before_the_first_ingest_it_is_said_what_is_missing_and_what_makes_it(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            episodes.ASSETS, instance=instance, resources=resources(home_in(tmp_path)), raise_on_error=False
        )
    [said] = failures_in(result.all_events)
    assert said.startswith("intermediate.int_episodes: InputFileError: the warehouse has no marts.fct_fills, ")
    assert "run copytrade ingest" in said
