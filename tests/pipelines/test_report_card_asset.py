"""The report card in Dagster: made from the warehouse, checked, told on the command line, and read by the gate."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, HOUR
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets import report_card as asset
from copytrade_pipelines.assets.report_card import CHECKS, judge_versions, metadata_of, score_is_worth_following
from copytrade_pipelines.cli_score import app
from copytrade_pipelines.gate_facts import newest_card
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from copytrade_pipelines.scoring.report_card.card import judge_scores
from copytrade_pipelines.scoring.report_card.rules import Verdict
from copytrade_pipelines.scoring.report_card.tables import read_card, write_card
from copytrade_pipelines.scoring.tables import scores_as_of
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.score_world import AS_OF, UPSTREAM, home_in, lay_out, materialize, resources, rows_of, small_world
from tests.scoring.card_world import AS_OF as JUDGED_AT
from tests.scoring.card_world import RULES, question
from tests.scoring.world import START, World

SCORED = [*UPSTREAM, ["intermediate", "int_episodes"], ["intermediate", "int_clusters"], ["trader_scores"]]


def world() -> World:
    """The small world with mids that count, whose wallets go on trading after the freezes."""
    made = small_world()
    for number in range(48):
        wallet, bet = divmod(number, 8)
        made.mid(f"0xnoise{wallet:02d}-{bet}", START + (bet + 5) * HOUR, 0.4 + 0.02 * wallet)
    for number in range(12):
        wallet, market = f"0xnoise{number % 6:02d}", made.market(f"after-{number}")
        when = START + 22 * DAY + 2 * number * DAY
        made.fill(wallet, market, 0.5, when=when)
        made.mid(market, when + 23 * HOUR, 0.52)
        made.resolve(market, float(number % 2), START + 47 * DAY)
    return made


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = home_in(tmp_path_factory.mktemp("judged"))
    lay_out(home, world())
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialize(home, instance, selection=SCORED, backfill_days=40, backfill_step_days=10).success
    return home


def warehouse_of(home: Home) -> Warehouse:
    return Warehouse(path=str(home.warehouse))


def keep(home: Home, champion: str) -> None:
    """Keep the card of a world in which versions of known worth were judged."""
    with warehouse_of(home).connect() as con:
        write_card(con, judge_scores(question(3, champion=champion), RULES), JUDGED_AT)


def test_the_asset_keeps_a_card_and_says_that_little_is_known(scored: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize(
            [*asset.ASSETS, *CHECKS],
            instance=instance,
            resources=resources(scored),
            run_config={"ops": {"report_card": {"config": {"as_of": to_iso(AS_OF)}}}},
        )
        fact = newest_card(instance, SCORE_VERSION)
    assert fact is not None
    assert fact.verdict is Verdict.INSUFFICIENT
    assert "events were judged, needed are 100" in fact.said
    (check,) = run.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    columns = "horizon_days, wallets_scored, events, verdict"
    kept = rows_of(scored, f"select {columns} from marts.fct_report_card where is_champion order by 1")
    assert [row[0] for row in kept] == [7, 14, 30]
    beside = rows_of(scored, f"select {columns} from marts.fct_report_card where not is_champion order by 1")
    assert [row[:3] for row in beside] == [row[:3] for row in kept]
    assert all(row[1] == 6 and row[3] == "insufficient" for row in kept)
    assert kept[2][2] > kept[0][2] > 0


def test_rows_that_came_later_change_no_card(scored: Home, tmp_path: Path) -> None:
    before = judge_versions(CopytradeConfig(), warehouse_of(scored), AS_OF)
    later = world()
    for number in range(6):
        market = f"after-{number}"
        later.fill("0xnoise00", market, 0.9, when=AS_OF + HOUR, stake=1e6)
        later.mid(market, AS_OF + HOUR, 0.99)
        later.resolve(later.market(f"new-{number}"), 1.0, AS_OF + HOUR)
    home = home_in(tmp_path)
    lay_out(home, later)
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialize(home, instance, selection=SCORED, backfill_days=40, backfill_step_days=10).success
        assert materialize(home, instance, selection=[["trader_scores"]], as_of=AS_OF + 2 * DAY).success
    after = judge_versions(CopytradeConfig(), warehouse_of(home), AS_OF)
    assert before.drop(columns="reasons").equals(after.drop(columns="reasons"))
    assert before["reasons"].map(list).tolist() == after["reasons"].map(list).tolist()


def test_scores_as_of_a_time_are_the_newest_known_then(scored: Home) -> None:
    with warehouse_of(scored).connect() as con:
        found = scores_as_of(con, AS_OF - 7 * DAY, SCORE_VERSION)
        assert scores_as_of(con, AS_OF - 7 * DAY, "another").empty
    assert {at.value // 1_000_000 for at in found["as_of"]} == {AS_OF - 10 * DAY}
    assert not found.duplicated(["wallet", "category"]).any()


@pytest.mark.parametrize(
    ("champion", "passed", "severity"),
    [("right", True, dg.AssetCheckSeverity.WARN), ("luck", False, dg.AssetCheckSeverity.ERROR)],
)
def test_the_check_passes_a_good_champion_and_fails_a_bad_one(
    tmp_path: Path, champion: str, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    home = home_in(tmp_path)
    keep(home, champion)
    found = score_is_worth_following(warehouse_of(home))
    assert isinstance(found, dg.AssetCheckResult)
    assert (found.passed, found.severity) == (passed, severity)


def test_the_gate_reads_the_newest_card_of_the_version_that_is_followed() -> None:
    card = judge_scores(question(3), RULES)
    with dg.DagsterInstance.ephemeral() as instance:
        assert newest_card(instance, "right") is None
        said = metadata_of(card, JUDGED_AT, CopytradeConfig())
        instance.report_runless_asset_event(dg.AssetMaterialization(asset.KEY, metadata=said))
        right, luck = newest_card(instance, "right"), newest_card(instance, "luck")
        assert newest_card(instance, "another") is None
    assert right is not None
    assert luck is not None
    assert (right.verdict, luck.verdict) == (Verdict.PASSED, Verdict.FAILED)
    assert "return of the top list" in luck.said
    assert {name for name in said if name.startswith("plot_")} >= {"plot_rank_correlation", "plot_earned_right"}
    assert "**right (champion): passed**, by scores frozen 30 days before" in said["in_words"].value


def test_the_table_keeps_what_was_judged(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    keep(home, "right")
    keep(home, "luck")
    with warehouse_of(home).connect() as con:
        kept = read_card(con)
    assert kept["score_version"].tolist() == ["luck", "right", "sure"]
    assert kept["is_champion"].tolist() == [True, False, False]
    assert len(json.loads(kept["detail"].iloc[0])["reliability"]) == 8


def test_the_verb_prints_a_card_and_leaves_with_3_where_the_champion_failed(
    scored: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYTRADE_HOME", str(scored.root))
    told = CliRunner().invoke(app, ["card", "--as-of", to_iso(AS_OF), "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["verdicts"][SCORE_VERSION]["verdict"] == "insufficient"
    assert [row["horizon_days"] for row in found["rows"] if row["is_champion"]] == [7, 14, 30]
    strict = tmp_path / "strict.yaml"
    strict.write_text("report_card: {min_events: 1, min_wallets: 2, min_ic_low: 1.0, max_ic_width: 2.0}\n")
    told = CliRunner().invoke(app, ["card", "--as-of", to_iso(AS_OF), "--config", str(strict)])
    assert told.exit_code == 3, told.output
    assert f"{SCORE_VERSION} (champion): failed" in told.stdout
