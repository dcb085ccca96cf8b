"""S14: the event stream goes by cookie, is capped, ends with its session, and tells again what was missed."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import step
from copytrade_live.core.events import Observation, OperatorCommanded, Verb
from copytrade_live.dashboard.routes import events
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.dashboard.stream import MOST_WAITING, Hub
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from copytrade_live.store.views import read_view
from tests import builders
from tests.builders import NOW, at
from tests.dashboard.conftest import MakeStand, Stand, wait_for
from tests.dashboard.test_sessions import RECORD


@contextmanager
def listening(browser: httpx.Client, **headers: str) -> Iterator[tuple[list[dict], threading.Thread]]:
    """An open stream: the events told so far, and the thread that reads it."""
    found: list[dict] = []
    with browser.stream("GET", "/api/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        def read() -> None:
            event: dict = {}
            try:
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "data":
                        found.append({**event, "data": json.loads(value)})
                    event = {} if not line else {**event, name: value}
            except httpx.HTTPError:
                return

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield found, reader
        # Only so does the other thread wake up.
        answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        reader.join(timeout=5)


def journal_on(home: Home, *observations: Observation) -> None:
    """What a runner would add to the journal."""
    state = read_view(home.state).state
    with Journal.open(home.state, "paper") as journal:
        for one in observations:
            done = step(state, one, DecisionConfig())
            state = done.state
            journal.append("run-1", done.events)


def told(found: list[dict], name: str) -> list[dict]:
    return [one for one in found if one["event"] == name]


def test_a_stream_without_a_session_is_refused_whatever_its_address_carries(stand: Stand) -> None:
    stranger = stand.client()
    assert stranger.get("/api/events").status_code == 401
    token = stand.client(Role.VIEWER).cookies["copytrade_session"]
    assert stranger.get(f"/api/events?token={token}&copytrade_session={token}").status_code == 401
    assert stranger.get("/api/events", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_signals_commands_and_summaries_are_told_as_they_come(make_stand: MakeStand) -> None:
    stand = make_stand()
    with listening(stand.client(Role.VIEWER)) as (found, _):
        wait_for(lambda: bool(told(found, "overview") and told(found, "health") and told(found, "position")))
        command = OperatorCommanded(**at(NOW + 5000), command_id="c1", verb=Verb.HALT, by="op<script>")
        journal_on(stand.home, command, builders.leader_fill(NOW + 6000, signal_id="f3"))
        wait_for(lambda: bool(told(found, "signal") and told(found, "audit")))
        [signal], [audit] = told(found, "signal"), told(found, "audit")
        assert (signal["data"]["signal_id"], signal["data"]["reason"]) == ("f3", "halted")
        assert int(signal["id"]) == signal["data"]["seq"] > int(audit["id"])
        assert audit["data"]["verb"] == "halt"
        wait_for(lambda: told(found, "overview")[-1]["data"]["halts"] != [])


def test_who_comes_back_is_told_what_was_missed_or_to_read_again(make_stand: MakeStand, monkeypatch) -> None:
    stand = make_stand()
    browser = stand.client(Role.VIEWER)
    with listening(browser, **{"Last-Event-ID": "1"}) as (found, _):
        wait_for(lambda: len(told(found, "signal")) == 2)
        assert [one["data"]["signal_id"] for one in told(found, "signal")] == ["f1", "f2"]
    with listening(browser, **{"Last-Event-ID": "999999"}) as (found, _):
        wait_for(lambda: bool(told(found, "reset")))
    monkeypatch.setattr(events, "MOST_MISSED", 1)
    with listening(browser, **{"Last-Event-ID": "1"}) as (found, _):
        wait_for(lambda: bool(told(found, "reset")))
        assert told(found, "signal") == []
    assert browser.get("/api/events", headers={"Last-Event-ID": "x; drop"}).status_code == 422


def test_a_session_has_five_streams_and_all_have_fifty(make_stand: MakeStand) -> None:
    stand = make_stand(streams_per_session=2, streams=3)
    one, other = stand.client(Role.VIEWER), stand.client(Role.OPERATOR)
    with listening(one), listening(one):
        refused = one.get("/api/events")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        with listening(other):
            assert other.get("/api/events").status_code == 429
        wait_for(lambda: len(stand.desk.hub._listeners) == 2)
        with listening(other) as (found, _):
            wait_for(lambda: bool(found))


def test_a_stream_ends_soon_after_its_session(make_stand: MakeStand, monkeypatch: pytest.MonkeyPatch) -> None:
    assert events.CHECK_SECONDS <= 60
    monkeypatch.setattr(events, "CHECK_SECONDS", 0.2)
    stand = make_stand()
    browser = stand.client(Role.VIEWER)
    with listening(browser) as (found, reader):
        wait_for(lambda: bool(found))
        assert browser.delete("/api/session").status_code == 204
        reader.join(timeout=5)
        assert not reader.is_alive()


def test_no_log_holds_a_token_or_a_key(make_stand: MakeStand, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        stand = make_stand()
        browser = stand.client(Role.ADMIN)
        with listening(browser) as (found, _):
            wait_for(lambda: bool(found))
        browser.post("/api/session", json={"api_key": "ctk_" + "wrong" * 9})
        tokens = [*stand.keys.values(), browser.cookies["copytrade_session"], browser.headers["X-CSRF-Token"]]
        ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any("logged in" in line for line in ours)
    assert not [line for line in ours for token in (*tokens, "wrongwrong") if token in line]


def test_a_browser_that_reads_too_slowly_is_told_to_read_again() -> None:
    import asyncio

    from copytrade_live.clock import ManualClock
    from tests.dashboard.test_sessions import store

    async def fall_behind() -> bytes:
        hub = Hub(streams=2, streams_per_session=2)
        slow, fast = (hub.open(store(ManualClock(NOW)).begin(RECORD)[1]) for _ in range(2))
        for number in range(MOST_WAITING + 1):
            hub.send(b"%d" % number)
            if number < MOST_WAITING:
                assert await hub.next_batch(fast, 7) == b"%d" % number
        assert await hub.next_batch(fast, 7) == b"%d" % MOST_WAITING
        said = await hub.next_batch(slow, 7)
        hub.send(b"new")
        assert await hub.next_batch(slow, 7) == b"new"
        return said

    assert b"event: reset" in asyncio.run(fall_behind())
