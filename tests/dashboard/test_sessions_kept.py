"""S09: a dashboard that starts again knows who is logged in; what ended stays ended, and what is kept is no key."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.dashboard.access.keys import KeyRecord, KeyRing, rotate_key
from copytrade_live.dashboard.access.session_file import SessionFile
from copytrade_live.dashboard.access.sessions import SessionStore
from copytrade_live.dashboard.app import build_api
from copytrade_live.dashboard.desk import Desk
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.errors import StateError
from tests.builders import NOW
from tests.dashboard.conftest import MakeStand, served
from tests.dashboard.test_sessions import RECORD


class Starts:
    """A dashboard's sessions, over and over again in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder / "dashboard", ManualClock(NOW)
        self.path = self.folder / "sessions-8080.json"
        self.record: KeyRecord | None = RECORD
        self.is_locked = False

    def again(self) -> SessionStore:
        return SessionStore(
            self.clock,
            self._record_of,
            idle_minutes=30,
            session_hours=12,
            file=SessionFile(self.folder, 8080),
        )

    def _record_of(self, sha256: str) -> KeyRecord | None:
        if self.is_locked:
            raise StateError("keys/dashboard.json is open to others")
        return self.record

    def passes(self, minutes: float) -> None:
        self.clock.set(self.clock.now() + round(minutes * MINUTE))


@pytest.fixture
def starts(tmp_path: Path) -> Starts:
    return Starts(tmp_path)


def test_a_dashboard_that_starts_again_knows_who_was_logged_in(make_stand: MakeStand) -> None:
    stand = make_stand()
    browser = stand.client(Role.OPERATOR)
    again = Desk(home=stand.home, config=stand.desk.config, keys=KeyRing(stand.home, {}))
    with served(again, build_api(again)) as url:
        browser.base_url = url
        browser.headers["Origin"] = url
        assert browser.get("/api/session").json()["role"] == "operator"
        assert browser.post("/api/config/validate", json={"config": "{}"}).status_code == 200
        stranger = stand.client()
        stranger.cookies.set("copytrade_session", browser.cookies["copytrade_session"] + "x")
        assert stranger.get(f"{url}/api/session").status_code == 401
        rotate_key(stand.home, Role.OPERATOR)
        assert browser.get("/api/session").status_code == 401


def test_a_session_is_the_same_one_after_a_start(starts: Starts) -> None:
    token, before = starts.again().begin(RECORD)
    assert starts.again().find(token) == before
    other, _ = starts.again().begin(RECORD)
    last = starts.again()
    assert last.find(token) is not None
    assert last.find(other) is not None


def test_who_logged_out_stays_so(starts: Starts) -> None:
    first = starts.again()
    (token, session), (other, _) = first.begin(RECORD), first.begin(RECORD)
    first.end(session)
    assert starts.again().find(token) is None
    # A login in the same browser ends the session before, also one that nobody asked for since the start.
    starts.again().begin(RECORD, replaced=other)
    assert starts.again().find(other) is None


def test_a_start_gives_no_session_more_time(starts: Starts) -> None:
    token, _ = starts.again().begin(RECORD)
    starts.passes(30)
    assert starts.again().find(token) is None
    token, _ = starts.again().begin(RECORD)
    for _ in range(12 * 3 - 1):
        starts.passes(20)
        assert starts.again().find(token) is not None
    starts.passes(20)
    assert starts.clock.now() == NOW + 30 * MINUTE + 12 * HOUR
    assert starts.again().find(token) is None


def test_a_session_ends_with_its_key_and_has_its_keys_role(starts: Starts) -> None:
    token, _ = starts.again().begin(RECORD)
    starts.record = KeyRecord(user="viewer", role=Role.VIEWER, sha256=RECORD.sha256)
    found = starts.again().find(token)
    assert found is not None
    assert found.role is Role.VIEWER
    starts.record = None
    assert starts.again().find(token) is None


def test_keys_that_cannot_be_read_for_a_while_end_no_session(starts: Starts) -> None:
    token, _ = starts.again().begin(RECORD)
    after = starts.again()
    starts.is_locked = True
    with pytest.raises(StateError):
        after.find(token)
    starts.is_locked = False
    assert after.find(token) is not None


def test_what_is_kept_is_for_its_owner_alone_and_logs_nobody_in(starts: Starts) -> None:
    token, session = starts.again().begin(RECORD)
    kept = starts.path.read_text()
    assert token not in kept
    assert session.csrf not in kept
    assert stat.S_IMODE(starts.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(starts.folder.stat().st_mode) == 0o700
    assert starts.again().find(session.token_id) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sessions": [1]}', '{"sessions": [{"token_id": "x"}]}'])
def test_a_file_that_cannot_be_read_logs_everyone_out(starts: Starts, content: str) -> None:
    token, _ = starts.again().begin(RECORD)
    starts.path.write_text(content)
    after = starts.again()
    assert after.find(token) is None
    assert after.find(after.begin(RECORD)[0]) is not None


def test_a_file_that_others_can_open_is_not_believed(starts: Starts) -> None:
    token, _ = starts.again().begin(RECORD)
    starts.path.chmod(0o644)
    assert starts.again().find(token) is None


def test_where_nothing_can_be_kept_nothing_comes_back(starts: Starts, caplog: pytest.LogCaptureFixture) -> None:
    sessions = starts.again()
    token, session = sessions.begin(RECORD)
    in_the_way = starts.path.with_name(f"{starts.path.name}.{os.getpid()}.part")
    in_the_way.mkdir()
    with caplog.at_level(logging.WARNING):
        sessions.end(session)
    assert "cannot be kept" in caplog.text
    assert starts.again().find(token) is None
    assert sessions.find(sessions.begin(RECORD)[0]) is not None
