"""S16: every change is an audited row, dangerous ones ask for the key again, and none goes above the ceiling."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copytrade_live.clock import SystemClock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.core.reasons import Mode
from copytrade_live.dashboard.access.lockout import Lockout
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.settings import Home
from copytrade_live.store import commands
from copytrade_live.store.journal import Journal
from tests import builders
from tests.cli.journals import write_journal
from tests.dashboard.conftest import MakeStand, Stand, home_in, stands, wait_for


def left(home: Home) -> list[OperatorCommanded]:
    """What the runner of this home will find."""
    with Journal.open_reader(home.state) as journal:
        return commands.pending(journal.connection, home.state, 2**45)


def test_each_change_is_the_command_it_names_with_who_and_why(make_stand: MakeStand) -> None:
    stand = make_stand()
    browser, key = stand.client(Role.ADMIN), stand.keys[Role.ADMIN]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/api/controls/halt", {"note": "lunch"}),
        ("/api/controls/halt", {"stop": True}),
        ("/api/controls/resume", {"note": "back", "confirm": "resume", "api_key": key}),
        (f"/api/leaders/{builders.OTHER_WALLET}/cutoff", {"note": "odd"}),
        (f"/api/leaders/{builders.OTHER_WALLET}/uncutoff", {}),
        (f"/api/positions/{builders.YES}/close", {"note": "enough"}),
    ]
    for path, body in asked:
        answer = browser.post(path, json=body)
        assert answer.status_code == 200, answer.text
        [command] = answer.json()["commands"]
        assert (command["by"], command["journal"]) == ("dashboard:admin", "paper")
    found = left(stand.home)
    verbs = [Verb.HALT, Verb.STOP, Verb.RESUME, Verb.CUTOFF, Verb.UNCUTOFF, Verb.CLOSE_POSITION]
    assert [one.verb for one in found] == verbs
    assert [one.note for one in found] == ["lunch", "", "back", "odd", "", "enough"]
    assert found[3].wallet == builders.OTHER_WALLET
    assert found[5].argument == builders.YES
    trail = browser.get("/api/controls/audit?limit=4").json()
    assert [one["verb"] for one in trail["items"]] == [one.value for one in reversed(verbs)][:4]
    assert key not in str(trail)
    rest = browser.get(f"/api/controls/audit?before={trail['next_before']}").json()["items"]
    assert [one["verb"] for one in rest] == [one.value for one in reversed(verbs)][4:]


def test_a_halt_reaches_paper_and_live_alike_and_is_shown_once_it_is_taken(make_stand: MakeStand, home: Home) -> None:
    write_journal(home.live().state, builders.opening(), DecisionConfig(), mode="live")
    stand = make_stand()
    answer = stand.client(Role.OPERATOR).post("/api/controls/halt", json={})
    assert [one["journal"] for one in answer.json()["commands"]] == ["paper", "live"]
    assert [one.verb for one in left(home)] == [one.verb for one in left(home.live())] == [Verb.HALT]
    [command] = left(home)
    with Journal.open(home.state, "paper") as journal:
        journal.append("run-1", [command])
    browser = stand.client(Role.VIEWER)
    wait_for(lambda: browser.get("/api/controls").json()["is_halted"])
    assert browser.get("/api/overview").json()["halts"][0]["name"] == "operator"
    taken = [one for one in browser.get("/api/controls/audit").json()["items"] if one["journal"] == "paper"]
    assert taken[0]["taken_seq"] is not None


@pytest.mark.parametrize("body", [{"confirm": "resume", "api_key": "x"}, {"confirm": "yes"}, {"confirm": ""}])
def test_resume_asks_for_the_key_and_the_word_again(stand: Stand, body: dict[str, str]) -> None:
    browser = stand.client(Role.ADMIN)
    answer = browser.post("/api/controls/resume", json={"api_key": stand.keys[Role.ADMIN], **body})
    assert answer.status_code in (401, 403)
    other = {"confirm": "resume", "api_key": stand.keys[Role.OPERATOR]}
    assert browser.post("/api/controls/resume", json=other).json()["code"] == "another_key"
    assert left(stand.home) == []


def test_guessing_the_key_again_is_slowed_like_logging_in(stand: Stand) -> None:
    browser = stand.client(Role.ADMIN)
    wrong = {"confirm": "resume", "api_key": "x"}
    codes = [browser.post("/api/controls/resume", json=wrong).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert browser.post("/api/controls/halt", json={}).status_code == 200


def test_the_mode_goes_no_higher_than_the_config_file(make_stand: MakeStand, home: Home) -> None:
    write_journal(home.live().state, builders.opening(), DecisionConfig(), mode="live")
    stand = make_stand()
    browser, key = stand.client(Role.ADMIN), stand.keys[Role.ADMIN]
    refused = browser.post("/api/controls/mode", json={"mode": "live", "confirm": "live", "api_key": key})
    assert (refused.status_code, refused.json()["code"]) == (409, "above_ceiling")
    assert left(home.live()) == []
    home.config.write_text("safety: {dry_run: false}\n")
    for mode in ("live", "paper"):
        answer = browser.post("/api/controls/mode", json={"mode": mode, "confirm": mode, "api_key": key})
        assert answer.status_code == 200, answer.text
    assert [(one.verb, one.argument) for one in left(home.live())] == [(Verb.MODE, "live"), (Verb.MODE, "paper")]
    assert left(home) == []


def test_without_live_trading_there_is_no_mode_to_switch(make_stand: MakeStand) -> None:
    stand = make_stand()
    body = {"mode": "paper", "confirm": "paper", "api_key": stand.keys[Role.ADMIN]}
    answer = stand.client(Role.ADMIN).post("/api/controls/mode", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_journal")


def test_a_position_that_is_not_held_is_not_closed(stand: Stand) -> None:
    answer = stand.client(Role.OPERATOR).post(f"/api/positions/{builders.NO}/close", json={})
    assert answer.status_code == 404


def test_without_a_journal_there_is_nobody_to_tell(make_stand: MakeStand, tmp_path: Path) -> None:
    empty = Home(tmp_path / "empty")
    empty.root.mkdir()
    stand = make_stand(place=empty)
    browser = stand.client(Role.ADMIN)
    answer = browser.post("/api/controls/halt", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_journal")
    found = browser.get("/api/overview").json()
    assert found["runner"]["is_alive"] is False
    for path in ("positions", "leaders", "signals", "equity", "pnl", "health", "controls", "backtests", "config"):
        assert browser.get(f"/api/{path}").status_code == 200, path


CONTROLS = st.lists(
    st.tuples(
        st.sampled_from(["halt", "stop", "resume", "live", "paper", "cutoff", "close"]),
        st.sampled_from(list(Role)),
        st.sampled_from(["right", "wrong word", "wrong key", "no csrf"]),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def live_stand(tmp_path_factory: pytest.TempPathFactory):
    home = home_in(tmp_path_factory.mktemp("ceiling"))
    write_journal(home.live().state, builders.opening(), DecisionConfig(), mode="live")
    with stands(home) as make:
        stand = make()
        yield stand, {role: stand.client(role) for role in Role}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=CONTROLS, dry_run=st.booleans())
def test_no_sequence_of_controls_gets_above_the_ceiling(live_stand, sequence, dry_run: bool) -> None:
    stand, browsers = live_stand
    live = stand.home.live()
    stand.home.config.write_text(f"safety: {{dry_run: {str(dry_run).lower()}}}\n")
    before = len(left(live))
    for what, role, how in sequence:
        stand.desk.lockout = Lockout(SystemClock())
        key = "x" if how == "wrong key" else stand.keys[role]
        word = "no" if how == "wrong word" else {"live": "live", "paper": "paper"}.get(what, "resume")
        path, body = {
            "halt": ("/api/controls/halt", {}),
            "stop": ("/api/controls/halt", {"stop": True}),
            "resume": ("/api/controls/resume", {"confirm": word, "api_key": key}),
            "cutoff": (f"/api/leaders/{builders.WALLET}/cutoff", {}),
            "close": (f"/api/positions/{builders.YES}/close", {}),
        }.get(what) or ("/api/controls/mode", {"mode": what, "confirm": word, "api_key": key})
        headers = {"X-CSRF-Token": "no"} if how == "no csrf" else {}
        answer = browsers[role].post(path, json=body, headers=headers)
        assert answer.status_code < 500
        is_dangerous = what in ("resume", "live", "paper")
        may = role is Role.ADMIN if is_dangerous else role is not Role.VIEWER
        is_confirmed = how != "no csrf" and not (is_dangerous and how != "right")
        is_allowed = may and is_confirmed and not (what == "live" and dry_run)
        assert (answer.status_code == 200) == is_allowed, (what, role, how, answer.text)
    state = initial_state()
    for command in left(live)[before:]:
        state = step(state, command, DecisionConfig()).state
        assert not (dry_run and state.standing.mode is Mode.LIVE)


def test_a_restart_with_another_ceiling_is_heard(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=tmp_path) as folder, stands(home_in(Path(folder))) as make:
        stand = make()
        browser = stand.client(Role.VIEWER)
        assert browser.get("/api/controls").json()["ceiling"] == "paper"
        stand.home.config.write_text("safety: {dry_run: false}\n")
        assert browser.get("/api/controls").json()["ceiling"] == "live"
        stand.home.config.write_text("safety: {dry_rum: false}\n")
        assert "did you mean" in browser.get("/api/config").json()["problem"]
        assert browser.get("/api/controls").json()["ceiling"] == "live"
