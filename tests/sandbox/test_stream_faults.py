"""Every fault of streams over real sockets: what it does to frames, and what heals it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from copytrade_live.core.market import MINUTE, SECOND
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import open_market, step

ACTIVITY = {"action": "subscribe", "subscriptions": [{"topic": "activity", "type": "trades"}]}


@pytest.fixture
def running(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox()


@contextmanager
def stream(sandbox: Sandbox, path: str = "/", subscribe: object = ACTIVITY) -> Iterator[ClientConnection]:
    with connect(sandbox.url.replace("http", "ws") + path, proxy=None, max_queue=None) as socket:
        socket.send(json.dumps(subscribe))
        ping(socket)
        yield socket


def ping(socket: ClientConnection) -> None:
    socket.send("PING")
    while socket.recv(timeout=5) != "PONG":
        pass


def switch_on(sandbox: Sandbox, name: str, **fields: object) -> None:
    response = sandbox.http.post("/admin/faults", json={"name": name, "probability": 1.0, **fields})
    assert response.status_code == 200, response.text


def met(sandbox: Sandbox, name: str) -> int:
    return int(sandbox.get("/admin/faults")["met"].get(name, 0))


def heard(socket: ClientConnection, seconds: float = 0.5) -> list[dict[str, Any]]:
    """Everything that comes until there is silence."""
    frames: list[dict[str, Any]] = []
    while True:
        try:
            text = socket.recv(timeout=seconds)
        except TimeoutError:
            return frames
        payload = json.loads(text) if text not in ("", "PONG") else []
        frames += payload if isinstance(payload, list) else [payload]


def hashes(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["payload"]["transactionHash"] for frame in frames]


def clean(sandbox: Sandbox, minutes: int = 60) -> list[str]:
    """What an untroubled client hears while so much of the world's time passes."""
    with stream(sandbox) as socket:
        step(sandbox, minutes * 60)
        return hashes(heard(socket))


def test_a_dropped_connection_sends_nothing_again(running: Sandbox) -> None:
    switch_on(running, "stream_dropped")
    with stream(running) as socket:
        step(running, 3600)
        with pytest.raises(ConnectionClosed):
            heard(socket, 5)
    running.http.delete("/admin/faults")
    with stream(running) as socket:
        assert heard(socket) == []
        step(running, 3600)
        assert heard(socket)


def test_a_frozen_stream_answers_pings_and_a_new_subscription_heals_it(running: Sandbox) -> None:
    with stream(running) as socket:
        switch_on(running, "stream_frozen", window_seconds=1e6, paths=["/"])
        step(running, 3600)
        assert heard(socket) == []
        assert met(running, "stream_frozen") >= 3
        ping(socket)
        socket.send(json.dumps(ACTIVITY))
        ping(socket)
        step(running, 3600)
        assert heard(socket)
        with stream(running) as another:
            step(running, 3600)
            assert heard(another)


def test_a_stream_may_be_frozen_about_one_token(running: Sandbox, synthetic: SyntheticWorld) -> None:
    first, second = open_market(synthetic).token_ids
    asked = {"type": "market", "assets_ids": [first, second]}
    with stream(running, "/ws/market", asked) as socket:
        heard(socket)
        switch_on(running, "stream_frozen", window_seconds=1e6, tokens=[first])
        step(running, 120)
        told = [change["asset_id"] for frame in heard(socket) for change in frame.get("price_changes", [])]
    assert set(told) == {second}


def test_dropped_and_repeated_frames_are_a_share_of_them(running: Sandbox) -> None:
    switch_on(running, "frame_dropped", probability=0.3, seed=3)
    switch_on(running, "frame_repeated", probability=0.5, seed=4)
    with stream(running) as broken, stream(running) as other:
        step(running, 86_400)
        shown, elsewhere = hashes(heard(broken)), hashes(heard(other))
    dropped, repeated = met(running, "frame_dropped"), met(running, "frame_repeated")
    frames = dropped + len(shown) + len(elsewhere) - repeated
    assert 0.2 < dropped / frames < 0.4
    assert 0.3 < repeated / (frames - dropped) < 0.7
    # What one connection loses another may hear.
    assert set(shown) != set(elsewhere)


def test_delayed_frames_come_later_and_out_of_order(running: Sandbox) -> None:
    switch_on(running, "frame_delayed", probability=0.5, delay_seconds=1800)
    with stream(running) as socket:
        step(running, 3600)
        at_once = heard(socket)
        step(running, 1800)
        late = heard(socket)
    stamps = [frame["timestamp"] for frame in at_once + late]
    assert met(running, "frame_delayed") >= 3
    assert stamps != sorted(stamps)
    assert min(frame["timestamp"] for frame in late) < running.world.start_at + 60 * MINUTE


def test_a_flood_is_of_strangers_and_comes_at_once(running: Sandbox, synthetic: SyntheticWorld) -> None:
    switch_on(running, "stream_flooded", probability=0.2, frames=1500)
    with stream(running) as socket:
        step(running, 3600)
        frames = heard(socket, 1.0)
    floods = met(running, "stream_flooded")
    assert floods >= 1
    known = {wallet.address for wallet in synthetic.wallets}
    strangers = [frame for frame in frames if frame["payload"]["proxyWallet"].lower() not in known]
    assert len(strangers) == 1500 * floods
    assert len(set(hashes(strangers))) == len(strangers)


def test_a_subscription_may_be_ignored(running: Sandbox) -> None:
    switch_on(running, "subscription_ignored")
    with stream(running) as socket:
        step(running, 3600)
        assert heard(socket) == []
        running.http.delete("/admin/faults")
        socket.send(json.dumps(ACTIVITY))
        ping(socket)
        step(running, 3600)
        assert heard(socket)


def test_a_changed_schema_has_other_names_for_a_while(running: Sandbox, synthetic: SyntheticWorld) -> None:
    switch_on(running, "schema_changed", window_seconds=7200)
    asked = {"type": "market", "assets_ids": list(open_market(synthetic).token_ids)}
    with stream(running) as activity, stream(running, "/ws/market", asked) as market:
        step(running, 3600)
        fills, news = heard(activity), heard(market)
        step(running, 3 * 3600)
        after = heard(activity)
    assert fills
    assert all(frame["type"] == "order_matched" for frame in fills)
    assert all("proxy_wallet" in frame["payload"] and "proxyWallet" not in frame["payload"] for frame in fills)
    kinds = Counter(frame["event_type"] for frame in news)
    assert kinds["price_change"] >= 1
    assert all("price_changes" not in frame for frame in news)
    assert after[-1]["type"] == "trades"


def test_the_same_seed_spoils_the_same_frames(start_sandbox: StartSandbox) -> None:
    def told(seed: int) -> list[str]:
        sandbox = start_sandbox()
        switch_on(sandbox, "frame_dropped", probability=0.4, seed=seed)
        return clean(sandbox, 12 * 60)

    assert told(1) == told(1) != told(2)


def test_windows_open_again_by_their_seed(running: Sandbox) -> None:
    switch_on(running, "schema_changed", probability=0.5, every_seconds=3600, window_seconds=1800, paths=["/"])
    with stream(running) as socket:
        types: list[tuple[int, str]] = []
        for _ in range(16):
            step(running, 1800)
            types += [(frame["timestamp"] // (1800 * SECOND), frame["type"]) for frame in heard(socket, 0.15)]
    assert len({kind for _, kind in types}) == 2
