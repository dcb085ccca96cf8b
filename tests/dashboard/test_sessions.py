"""S09: sessions are named by a cookie that scripts cannot read, end by themselves, and end here when they end."""

from __future__ import annotations

import httpx
import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.dashboard.access.keys import KeyRecord
from copytrade_live.dashboard.access.sessions import MOST_SESSIONS, SessionStore
from copytrade_live.dashboard.schemas.session import Role
from tests.builders import NOW
from tests.dashboard.conftest import Stand

RECORD = KeyRecord(user="admin", role=Role.ADMIN, sha256="0" * 64)


def cookie_of(answer: httpx.Response) -> tuple[str, set[str]]:
    name, *rest = answer.headers["set-cookie"].split(";")
    return name.partition("=")[0], {one.strip().lower() for one in rest}


def test_the_cookie_is_for_this_site_alone_and_for_no_script(stand: Stand) -> None:
    answer = stand.client().post("/api/session", json={"api_key": stand.keys[Role.VIEWER]})
    name, attributes = cookie_of(answer)
    assert name == "copytrade_session"
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert answer.cookies["copytrade_session"] not in answer.text
    assert not [one for one in attributes if one.startswith("domain")]


def test_behind_tls_the_cookie_goes_over_tls_and_to_this_host_alone(make_stand) -> None:
    stand = make_stand(behind_tls=True)
    browser = stand.client()
    browser.headers["Origin"] = stand.url.replace("http://", "https://")
    answer = browser.post("/api/session", json={"api_key": stand.keys[Role.VIEWER]})
    name, attributes = cookie_of(answer)
    assert name == "__Host-copytrade_session"
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= attributes
    assert "strict-transport-security" in answer.headers
    browser.headers["Origin"] = stand.url
    assert browser.post("/api/session", json={"api_key": stand.keys[Role.VIEWER]}).status_code == 403


def store(clock: ManualClock) -> SessionStore:
    return SessionStore(clock, lambda sha256: RECORD, idle_minutes=30, session_hours=12)


def test_a_session_nobody_uses_ends_and_every_one_ends_at_last() -> None:
    clock = ManualClock(NOW)
    sessions = store(clock)
    token, _ = sessions.begin(RECORD)
    clock.set(NOW + 29 * MINUTE)
    assert sessions.find(token) is not None
    clock.set(NOW + 58 * MINUTE)
    assert sessions.find(token) is not None
    clock.set(clock.now() + 30 * MINUTE)
    assert sessions.find(token) is None
    token, _ = sessions.begin(RECORD)
    began = clock.now()
    while clock.now() < began + 12 * HOUR - 20 * MINUTE:
        clock.set(clock.now() + 20 * MINUTE)
        assert (sessions.find(token) is None) == (clock.now() >= began + 12 * HOUR)
    clock.set(began + 12 * HOUR)
    assert sessions.find(token) is None


def test_being_watched_keeps_no_session_alive() -> None:
    clock = ManualClock(NOW)
    sessions = store(clock)
    _, session = sessions.begin(RECORD)
    clock.set(NOW + 29 * MINUTE)
    assert sessions.is_alive(session)
    clock.set(NOW + 30 * MINUTE)
    assert not sessions.is_alive(session)


def test_logging_in_again_is_another_session_and_the_one_before_ends(stand: Stand) -> None:
    browser = stand.client(Role.VIEWER)
    before = browser.cookies["copytrade_session"]
    answer = browser.post("/api/session", json={"api_key": stand.keys[Role.VIEWER]})
    assert answer.cookies["copytrade_session"] != before
    other = stand.client()
    other.cookies.set("copytrade_session", before)
    assert other.get("/api/session").status_code == 401


def test_logging_out_ends_it_here_not_only_in_the_browser(stand: Stand) -> None:
    browser = stand.client(Role.VIEWER)
    token = browser.cookies["copytrade_session"]
    assert browser.delete("/api/session").status_code == 204
    assert "copytrade_session" not in browser.cookies
    browser.cookies.set("copytrade_session", token)
    assert browser.get("/api/overview").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "'; --", "a" * 5000])
def test_a_token_of_nobody_is_nobodys(stand: Stand, token: str) -> None:
    browser = stand.client()
    answer = browser.get("/api/overview", headers={"Cookie": f"copytrade_session={token}"})
    assert answer.status_code == 401


def test_too_many_sessions_end_the_one_unused_for_longest() -> None:
    clock = ManualClock(NOW)
    sessions = store(clock)
    first, _ = sessions.begin(RECORD)
    for _ in range(MOST_SESSIONS):
        clock.set(clock.now() + 1)
        last, _ = sessions.begin(RECORD)
    assert sessions.find(first) is None
    assert sessions.find(last) is not None
