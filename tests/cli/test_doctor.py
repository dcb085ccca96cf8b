"""What `copytrade doctor` finds, on a real sandbox and in homes with something wrong."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.doctor_home import look_at_files, look_at_roster, look_at_runner
from copytrade_live.doctor_venue import look_at_venue
from copytrade_live.findings import Finding, Verdict
from copytrade_live.settings import CopytradeConfig, Home, VenueConfig
from tests import builders
from tests.builders import NOW, at
from tests.cli.journals import write_journal
from tests.venue.loopback import Script, served


@pytest.fixture
def home() -> Home:
    home = Home(Path(os.environ["COPYTRADE_HOME"]))
    home.root.mkdir(parents=True)
    return home


def verdicts(found: list[Finding]) -> dict[str, str]:
    return {one.subject: one.verdict.value for one in found}


def look(answer: Response) -> list[Finding]:
    script = Script(answer, answer, answer, answer)
    with served(script.app()) as url:
        config = VenueConfig.model_validate({"data_url": url, "gamma_url": url, "geoblock_url": url})
        return asyncio.run(look_at_venue(config))


def test_a_venue_that_answers_and_takes_orders_is_well() -> None:
    found = look(JSONResponse({"blocked": False, "country": "CH"}))
    assert verdicts(found) == {"data api": "ok", "gamma api": "ok", "region": "ok"}


def test_a_region_the_venue_refuses_fails_with_its_name() -> None:
    (region,) = [one for one in look(JSONResponse({"blocked": True, "country": "XX"})) if one.subject == "region"]
    assert region.verdict is Verdict.FAIL
    assert "XX" in region.found


def test_a_venue_in_trouble_is_told_from_one_that_is_not_there() -> None:
    assert set(verdicts(look(Response(status_code=503))).values()) == {"warn"}
    away = VenueConfig.model_validate(
        {"data_url": "http://127.0.0.1:9", "gamma_url": "http://127.0.0.1:9", "geoblock_url": ""}
        | {"rpc_url": "http://127.0.0.1:9"}
    )
    found = asyncio.run(look_at_venue(away))
    assert verdicts(found) == {"data api": "fail", "gamma api": "fail", "chain": "fail"}
    assert all(one.advice for one in found)


def test_files_that_others_can_read_or_write_are_named_with_the_command_that_mends_them(home: Home) -> None:
    write_journal(home.state, builders.opening(), DecisionConfig())
    home.config.touch()
    assert verdicts(list(look_at_files(home))) == {"files": "ok"}
    home.state.chmod(0o644)
    home.config.chmod(0o666)
    found = list(look_at_files(home))
    assert [one.verdict for one in found] == [Verdict.WARN, Verdict.WARN]
    assert f"chmod 600 {home.state}" in found[0].advice
    assert f"chmod go-w {home.config}" in found[1].advice


def test_a_halt_that_was_forgotten_is_found(home: Home) -> None:
    halt = OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="op")
    write_journal(home.state, [*builders.opening(), halt], DecisionConfig())
    found = verdicts(list(look_at_runner(home, CopytradeConfig(), NOW)))
    assert found == {"journal": "ok", "halts": "warn", "runner": "ok"}


def test_following_nobody_is_worth_a_word() -> None:
    config = CopytradeConfig.model_validate({"tracker": {"follow_top": 0}})
    assert look_at_roster(config).verdict is Verdict.WARN
    assert look_at_roster(CopytradeConfig()).verdict is Verdict.OK
