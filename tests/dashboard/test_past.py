"""Backtests are read from the folders that they left; replay and what-if are the verbs' own answers."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.settings import Home
from tests.dashboard.conftest import MakeStand, home_in, stands


def write_run(home: Home, name: str, pnl: float, spread: float) -> Path:
    """A run's folder as copytrade backtest leaves it."""
    folder = home.reports / name
    (folder / "inputs").mkdir(parents=True)
    summary = {
        "run_id": name, "from_at": "2026-02-24T00:00:00.000Z", "to_at": "2026-03-01T00:00:00.000Z",
        "config_digest": "abc", "code_version": "0.1.0", "leaders": [], "decisions": {"copied": 3, "dust": 2},
        "exits": {"mirror": 1}, "books": {"modelled": 5}, "saved_by_rule": {"dust": 1.5},
        "summary": {"pnl": pnl, "copies": 3, "sharpe": None},
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    rows = [f"2026-02-2{day} 00:00:00.000Z,{1000 + day},900,50,2,0.01" for day in range(4, 9)]
    (folder / "equity.csv").write_text("\n".join(["at,equity,cash,exposure,positions,drawdown", *rows]) + "\n")
    (folder / "report.html").write_text("<!doctype html><script>alert(1)</script><h1>report</h1>")
    (folder / "inputs" / "run.json").write_text(json.dumps({"config": {"filter": {"max_spread": spread}}}))
    return folder


def test_backtests_are_listed_and_shown_with_their_curve(make_stand: MakeStand, home: Home) -> None:
    write_run(home, "backtest-1", 5.0, 0.03)
    (home.reports / "tapes").mkdir()
    broken = home.reports / "backtest-broken"
    broken.mkdir()
    (broken / "summary.json").write_text("{")
    browser = make_stand().client(Role.VIEWER)
    [row] = browser.get("/api/backtests").json()["items"]
    assert (row["run_id"], row["numbers"]["pnl"], row["numbers"]["sharpe"]) == ("backtest-1", 5.0, None)
    found = browser.get("/api/backtests/backtest-1").json()
    assert [one["equity"] for one in found["equity"]] == [1004, 1005, 1006, 1007, 1008]
    assert found["decisions"] == {"copied": 3, "dust": 2}
    assert browser.get("/api/backtests/backtest-2").status_code == 404
    assert browser.get("/api/backtests/backtest-broken").status_code == 404


def test_two_backtests_are_compared(make_stand: MakeStand, home: Home) -> None:
    write_run(home, "backtest-1", 5.0, 0.03)
    write_run(home, "backtest-2", 7.0, 0.05)
    found = make_stand().client(Role.VIEWER).get("/api/backtests/compare?a=backtest-1&b=backtest-2").json()
    assert {one["name"]: one["difference"] for one in found["numbers"]}["pnl"] == 2.0
    assert found["settings"] == [{"name": "filter.max_spread", "one": 0.03, "other": 0.05}]


def test_a_report_is_walled_in(make_stand: MakeStand, home: Home) -> None:
    write_run(home, "backtest-1", 5.0, 0.03)
    answer = make_stand().client(Role.VIEWER).get("/api/backtests/backtest-1/report")
    assert "<h1>report</h1>" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory):
    with stands(home_in(tmp_path_factory.mktemp("trials"))) as make:
        stand = make()
        yield stand, stand.client(Role.OPERATOR)


def test_a_replay_says_whether_today_decides_the_same(operator) -> None:
    _, browser = operator
    found = browser.post("/api/replay", json={}).json()
    assert found["agrees"]
    assert found["decisions"] == found["agreed"] > 0


def test_a_what_if_says_what_another_config_would_have_done(operator) -> None:
    _, browser = operator
    found = browser.post("/api/what-if", json={"config": "filter: {min_leader_notional: 1.0}\n"}).json()
    assert found["changed"] == 1
    [change] = found["changes"]
    assert change["recorded"] == "dust"
    outcomes = {one["outcome"]: one for one in found["outcomes"]}
    assert (outcomes["dust"]["before"], outcomes["dust"]["after"]) == (1, 0)
    assert browser.post("/api/what-if", json={"config": "filter: {min_leader: 1}\n"}).status_code == 422


def test_one_trial_runs_at_a_time_and_not_for_ever(operator) -> None:
    stand, browser = operator
    codes: list[int] = []

    def ask() -> None:
        codes.append(browser.post("/api/replay", json={}).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 429]
    stand.desk.trials._seconds = 0.05
    slow = browser.post("/api/replay", json={})
    assert (slow.status_code, slow.json()["code"]) == (409, "too_long")
