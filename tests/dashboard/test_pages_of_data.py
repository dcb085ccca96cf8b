"""Every page's data is what the journal folds to, and what other verbs say of the same."""

from __future__ import annotations

import pytest

from copytrade_live.core.events import ScoresPublished
from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.core.pricing import from_micro
from copytrade_live.dashboard import leader_history
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.explanation import explain_signal
from copytrade_live.store.views import read_view
from tests import builders
from tests.builders import NOW, at
from tests.cli.living import tell
from tests.dashboard.conftest import MakeStand, Stand, wait_for
from tests.dashboard.test_stream import journal_on


def get(stand: Stand, path: str) -> dict:
    answer = stand.client(Role.VIEWER).get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_overview_is_the_fold_and_says_why_nothing_is_bought(stand: Stand) -> None:
    found, state = get(stand, "/api/overview"), read_view(stand.home.state).state
    assert found["money"]["equity"] == pytest.approx(state.portfolio.equity)
    assert (found["mode"], found["ceiling"], found["trading"]) == ("paper", "paper", "none")
    assert found["stopped_by"][0]["reason"] == "no_runner"
    assert (found["headline"]["copying"], found["headline"]["level"]) == ("no_runner", "bad")
    assert not found["entries_allowed"]
    assert found["counts"]["positions"] == 1
    assert found["last_refused"]["reason"] == "dust"
    assert found["last_refused"]["unit"] == "collateral"
    assert found["gate"]["state"] == "open"
    assert not found["is_catching_up"]


def test_the_overviews_word_is_no_better_than_its_reasons(make_stand: MakeStand) -> None:
    stand = make_stand()
    tell(stand.home.state.parent)
    assert get(stand, "/api/overview")["headline"] == {
        "copying": "on",
        "title": "Copying",
        "level": "good",
        "concerns": [],
    }
    tell(stand.home.state.parent, not_ready=["streams is 40 s late, 15 s allowed"])
    found = get(stand, "/api/overview")
    assert found["entries_allowed"]
    assert (found["headline"]["title"], found["headline"]["level"]) == ("Copying, degraded", "warn")
    assert found["headline"]["concerns"] == found["runner"]["not_ready"]


def test_a_position_says_when_it_is_left(stand: Stand) -> None:
    [found] = get(stand, "/api/positions")["items"]
    held = read_view(stand.home.state).state.portfolio.positions[builders.YES]
    assert found["size"] == pytest.approx(from_micro(held.size))
    assert (found["outcome"], found["signal_id"], found["mark"]) == ("Yes", "f1", 0.5)
    plan = {one["reason"]: one for one in found["plan"]}
    assert list(plan) == ["mirror", "take_profit", "stop_loss", "time_exit", "resolution"]
    assert plan["take_profit"]["level"] > held.average_cost > plan["stop_loss"]["level"]
    assert plan["time_exit"]["at"] < plan["resolution"]["at"]


def test_signals_are_told_newest_first_in_pages_and_by_filter(stand: Stand) -> None:
    first = get(stand, "/api/signals?limit=1")
    assert [one["decision"] for one in first["items"]] == ["rejected"]
    second = get(stand, f"/api/signals?limit=1&before={first['next_before']}")
    assert [one["decision"] for one in second["items"]] == ["copied"]
    assert second["next_before"] is None
    assert [one["signal_id"] for one in get(stand, "/api/signals?reason=dust")["items"]] == ["f2"]
    assert [one["signal_id"] for one in get(stand, "/api/signals?outcome=copied")["items"]] == ["f1"]
    assert get(stand, f"/api/signals?leader={builders.OTHER_WALLET}")["items"] == []
    assert len(get(stand, f"/api/signals?leader={builders.WALLET}")["items"]) == 2


def test_why_is_what_the_verb_why_says(stand: Stand) -> None:
    found = get(stand, "/api/signals/f2")
    said = explain_signal(stand.home.state, "f2", stand.desk.moment().decided_by)
    assert [(one["name"], one["holds"]) for one in found["gates"]] == [(one.name, one.holds) for one in said.gates]
    [deciding] = [one for one in found["gates"] if one["decides"]]
    assert (deciding["reason"], deciding["unit"]) == ("dust", "collateral")
    assert deciding["measured"] < deciding["limit"]
    assert (found["recorded"], found["again"], found["is_exact"]) == ("dust", "dust", False)
    assert found["book"]["bids"][0]["price"] == 0.49
    copied = get(stand, "/api/signals/f1")
    assert copied["sizing"]["notional"] > 0
    assert "filled" in [one["event"] for one in copied["later"]]
    assert stand.client(Role.VIEWER).get("/api/signals/nothing").status_code == 404


def test_leaders_come_with_score_refusals_and_what_their_copies_came_to(stand: Stand) -> None:
    [row] = get(stand, "/api/leaders")["items"]
    assert (row["place"], row["wallet"], row["copied"], row["open_positions"]) == (1, builders.WALLET, "yes", 1)
    detail = get(stand, f"/api/leaders/{builders.WALLET}")
    assert detail["decisions"] == {"copied": 1, "dust": 1}
    assert [one["snapshot_id"] for one in detail["history"]] == ["s1"]
    assert stand.client(Role.VIEWER).get(f"/api/leaders/{builders.OTHER_WALLET}").status_code == 404


def test_equity_and_pnl_add_up(stand: Stand) -> None:
    series, money = get(stand, "/api/equity"), get(stand, "/api/overview")["money"]
    assert series["is_complete"]
    assert series["points"][-1]["equity"] == pytest.approx(series["points"][-1]["equity"])
    for by in ("leader", "category", "day"):
        rows = get(stand, f"/api/pnl?by={by}")["rows"]
        assert sum(one["unrealised"] for one in rows) == pytest.approx(money["unrealised_pnl"])
    assert len(get(stand, "/api/equity?points=2")["points"]) <= 3


def test_the_config_and_its_meanings_are_told(stand: Stand) -> None:
    found = get(stand, "/api/config")
    settings = {one["path"]: one for part in found["sections"] for one in part["settings"]}
    assert settings["filter.max_spread"]["is_decision"]
    assert settings["filter.max_spread"]["is_default"]
    assert settings["dashboard.port"]["value"] == 8080
    assert not settings["dashboard.port"]["is_decision"]


def test_a_config_is_judged_and_not_written(stand: Stand) -> None:
    browser = stand.client(Role.OPERATOR)
    good = browser.post("/api/config/validate", json={"config": "filter: {max_spread: 0.5}\n"}).json()
    assert (good["ok"], good["changed"]) == (True, ["filter.max_spread"])
    bad = browser.post("/api/config/validate", json={"config": "filter: {max_spred: 0.5}\n"}).json()
    assert not bad["ok"]
    assert "did you mean" in bad["errors"][0]
    assert not stand.home.config.exists()


def test_health_names_what_does_not_work(stand: Stand) -> None:
    found = get(stand, "/api/health")
    parts = {one["name"]: one for one in found["components"]}
    assert not found["ok"]
    assert not parts["runner"]["ok"]
    assert parts["journal"]["ok"]
    assert stand.client().get("/healthz").json() == {"status": "alive"}


def test_every_word_has_its_sentence(stand: Stand) -> None:
    found = get(stand, "/api/words")
    assert {one["word"] for one in found["reject_reasons"]} >= {"dust", "halted"}
    assert all(one["meaning"] for kind in found.values() for one in kind)


def test_a_positions_marks_are_a_line_that_ends_now_and_goes_with_it(make_stand: MakeStand) -> None:
    stand = make_stand()
    where = f"/api/positions/{builders.YES}/marks"
    # A book between two steps of the line is not on it, but for the newest.
    bids = ((6, 0.47), (7, 0.46), (12, 0.48), (13, 0.49))
    journal_on(stand.home, *(builders.book_seen(NOW + minute * MINUTE, bid, bid + 0.02) for minute, bid in bids))
    wait_for(lambda: stand.desk.projection.place.seq == read_view(stand.home.state).last_seq)
    stand.wait()
    found = get(stand, where)
    assert [one["mark"] for one in found["points"]] == [0.47, 0.48, 0.49]
    assert found["points"][-1]["at"] == NOW + 13 * MINUTE
    assert found["is_complete"]
    assert stand.client(Role.VIEWER).get(f"/api/positions/{builders.NO}/marks").status_code == 404


def test_a_leaders_scores_are_a_line_over_all_snapshots_each_once(
    make_stand: MakeStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader_history, "MOST_SNAPSHOTS", 5)
    stand = make_stand()
    where = f"/api/leaders/{builders.WALLET}"
    assert [one["snapshot_id"] for one in get(stand, where)["history"]] == ["s1"]
    # Read again by a runner that started again.
    numbers = [2, 3, 3, 4, 5, 6, 7, 8]
    journal_on(stand.home, *(published(place, number) for place, number in enumerate(numbers, start=1)))
    wait_for(lambda: stand.desk.projection.place.seq == read_view(stand.home.state).last_seq)
    stand.wait()
    found = get(stand, where)["history"]
    assert [one["snapshot_id"] for one in found] == ["s2", "s4", "s6", "s8"]
    assert [one["p_pos"] for one in found] == pytest.approx([0.92, 0.94, 0.96, 0.98])
    assert get(stand, where)["history"] == found
    assert get(stand, f"/api/leaders/{builders.OTHER_WALLET}")["history"][-1]["snapshot_id"] == "s8"


def published(hours: int, number: int) -> ScoresPublished:
    """A snapshot that was read some hours after the start."""
    now = NOW + hours * HOUR
    rows = [
        builders.score(p_pos=0.9 + number / 100, as_of=now),
        builders.score(wallet=builders.OTHER_WALLET, as_of=now),
    ]
    return ScoresPublished(**at(now), snapshot=builders.snapshot(*rows, snapshot_id=f"s{number}", as_of=now))
