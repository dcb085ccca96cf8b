"""Scores that look only back pass the auditor; each planted leak, and history changed afterwards, does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from typer.testing import CliRunner

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, HOUR, SECOND
from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets import scores
from copytrade_pipelines.audit_check import looks_only_back
from copytrade_pipelines.cli_audit import app
from copytrade_pipelines.scoring.audit import Audit, audit, kept_as_ofs, sample
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, parameters_of
from copytrade_pipelines.scoring.tables import scores_as_of
from copytrade_pipelines.warehouse import Warehouse
from tests.pipelines.score_world import AS_OF, UPSTREAM, home_in, lay_out, materialize, resources, small_world
from tests.scoring.world import START, World

# When every market was decided, and half an hour before that could be known.
PAST = START + 40 * DAY + HOUR // 2
RESCORE = [*UPSTREAM, ["intermediate", "int_episodes"], ["intermediate", "int_clusters"], ["trader_scores"]]


def world() -> World:
    """Wallet 0xnoise00 has mids that count, books that came late, and rests a bid after PAST."""
    made = small_world()
    for number in range(8):
        when, market = START + number * HOUR, f"0xnoise00-{number}"
        made.mid(market, when + 5 * HOUR, 0.5 + number / 100)
        made.fill("0xnoise00", market, 0.5, when=START + 41 * DAY + number * HOUR, role="maker")
        made.books.append({"token_id": f"{market}-yes", "event_at": _at(when + 20 * SECOND)})
    return made


def _at(instant: int) -> str:
    return to_iso(instant).rstrip("Z")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = home_in(tmp_path_factory.mktemp("audited"))
    lay_out(home, world())
    run(
        home,
        "insert into raw.books by name select 'b' || i as book_id, * exclude i from (values "
        + ", ".join(
            f"({place}, '{book['token_id']}', timestamp '{book['event_at']}', timestamp '{_at(START + 45 * DAY)}', "
            "[]::struct(price double, size double)[], [{'price': 0.6, 'size': 10000.0}])"
            for place, book in enumerate(world().books)
        )
        + ") as t(i, token_id, event_at, observed_at, bids, asks)",
    )
    with dg.DagsterInstance.ephemeral() as instance:
        for as_of in (PAST, AS_OF):
            assert materialize(home, instance, as_of=as_of, selection=RESCORE).success
    return home


@pytest.fixture
def home(scored: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(scored.root, tmp_path / "copied")))


def run(home: Home, *statements: str) -> None:
    with Warehouse(path=str(home.warehouse)).connect() as con:
        for statement in statements:
            con.execute(statement)


def audited(home: Home, *as_ofs: int) -> Audit:
    with Warehouse(path=str(home.warehouse)).connect() as con:
        chosen = as_ofs or kept_as_ofs(con, SCORE_VERSION)
        return audit(con, chosen, parameters_of(CopytradeConfig()), SCORE_VERSION)


def score_with(home: Home, leak: str, mend: str) -> None:
    """Score as of PAST from a warehouse that a leak was planted in, and take the leak out again."""
    with dg.DagsterInstance.ephemeral() as instance:
        run(home, leak)
        assert materialize(home, instance, as_of=PAST, selection=[["trader_scores"]]).success
        run(home, mend)


LEAKS = {
    "a resolution before it was known": (
        "update intermediate.int_outcomes set known_at = known_at - interval 2 day where known_at is not null",
        "update intermediate.int_outcomes set known_at = known_at + interval 2 day where known_at is not null",
    ),
    "a later book": (
        "update raw.books set observed_at = observed_at - interval 9 day",
        "update raw.books set observed_at = observed_at + interval 9 day",
    ),
    "a later mid": (
        'update raw.prices set "at" = "at" - interval 18 hour',
        'update raw.prices set "at" = "at" + interval 18 hour',
    ),
    "a category of later": (
        "update marts.dim_markets set category = 'politics'",
        "update marts.dim_markets set category = 'sports'",
    ),
    "a fill of later": (
        "update raw.fills set observed_at = observed_at - interval 3 day",
        "update raw.fills set observed_at = observed_at + interval 3 day",
    ),
}


def test_scores_of_the_past_and_of_now_follow_from_what_was_known_then(home: Home) -> None:
    found = audited(home)
    assert found.as_ofs == (AS_OF, PAST)
    assert found.rows > 12
    assert found.differences == ()


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found(home: Home, leak: str) -> None:
    score_with(home, *LEAKS[leak])
    found = audited(home, PAST)
    assert found.differences
    assert {one.as_of for one in found.differences} == {PAST}


def test_what_came_in_later_with_an_earlier_time_is_no_leak_but_a_changed_past_is(home: Home) -> None:
    run(
        home,
        'insert into raw.prices by name select token_id, "at" + interval 1 minute as "at", 0.9 as mid, '
        "nextval('raw.load_seq') as loaded_seq from raw.prices",
    )
    assert audited(home).differences == ()
    run(home, "update raw.prices set mid = 0.01")
    assert audited(home).differences


def test_a_row_that_nobody_could_have_scored_is_named(home: Home) -> None:
    run(
        home,
        f"update marts.fct_trader_scores set category = 'invented' where category <> 'overall' and as_of = "
        f"make_timestamp({AS_OF * 1000}) and wallet = '0xnoise00'",
    )
    found = audited(home, AS_OF).differences
    assert {(one.category, one.column, one.stored, one.recomputed) for one in found} == {
        ("invented", "*", "a row", None),
        ("sports", "*", None, "a row"),
    }


def test_what_was_believed_at_a_time_is_the_newest_row_known_by_then(home: Home) -> None:
    with Warehouse(path=str(home.warehouse)).connect() as con:
        assert scores_as_of(con, PAST - 1).empty
        assert set(scores_as_of(con, AS_OF - 1)["as_of"]) == {pd.Timestamp(PAST, unit="ms")}
        newest = scores_as_of(con, AS_OF)
        assert not newest.duplicated(["wallet", "category"]).any()
        assert (newest.loc[newest["category"] == "overall", "as_of"] == pd.Timestamp(AS_OF, unit="ms")).all()
        assert scores_as_of(con, AS_OF, "another").empty


def test_the_verb_exits_with_3_and_the_rows_that_differ(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRADE_HOME", str(home.root))
    clean = CliRunner().invoke(app, ["lookahead", "--json"])
    assert (clean.exit_code, json.loads(clean.stdout)["differences"]) == (0, [])
    score_with(home, *LEAKS["a later mid"])
    broken = CliRunner().invoke(app, ["lookahead", "--as-of", to_iso(PAST), "--json"])
    assert broken.exit_code == 3
    first = json.loads(broken.stdout)["differences"][0]
    assert first.keys() == {"as_of", "score_version", "wallet", "category", "column", "stored", "recomputed"}
    assert first["as_of"] == to_iso(PAST)
    told = CliRunner().invoke(app, ["lookahead"])
    assert told.exit_code == 3
    assert "differences" in told.stdout
    assert CliRunner().invoke(app, ["lookahead", "--as-of", "2020-01-01T00:00:00Z"]).exit_code == 2
    assert CliRunner().invoke(app, ["lookahead", "--as-of", "noon"]).exit_code == 2


def test_a_home_without_scores_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRADE_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["lookahead"])
    assert isinstance(result.exception, ConfigError)
    assert "copytrade score" in str(result.exception)


def test_a_leak_stops_publishing(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        passed = checked(home, instance)
        assert passed.passed
        run(home, "update marts.fct_trader_scores set edge_mean = edge_mean + 0.01 where wallet = '0xnoise00'")
        failed = checked(home, instance)
    assert not failed.passed
    assert failed.severity is dg.AssetCheckSeverity.ERROR
    assert failed.metadata["rows_audited"].value > 0


def checked(home: Home, instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    result = dg.materialize(
        [*scores.ASSETS, looks_only_back],
        selection=dg.AssetSelection.checks(looks_only_back),
        instance=instance,
        resources=resources(home),
        raise_on_error=False,
    )
    return result.get_asset_check_evaluations()[0]


def test_samples_are_the_newest_the_oldest_and_evenly_between() -> None:
    assert sample(list(range(10, 0, -1)), 3) == [10, 6, 1]
    assert sample([5, 4], 9) == [5, 4]
    assert sample([5, 4, 3], 1) == [5]
    assert sample([], 3) == []
