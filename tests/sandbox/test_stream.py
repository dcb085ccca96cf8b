"""The activity stream over a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from eth_utils import keccak, to_checksum_address
from websockets.sync.client import connect

from copytrade_live.core.market import MINUTE
from copytrade_live.sandbox.checksum import checksummed, keccak256
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox

SUBSCRIBE = json.dumps({"action": "subscribe", "subscriptions": [{"topic": "activity", "type": "trades"}]})


def test_takers_fills_arrive_as_time_reaches_them(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld, samples: Path
) -> None:
    running = start_sandbox()
    until = synthetic.start_at + 60 * MINUTE
    ledger = synthetic.ledger
    is_due = (ledger.at > synthetic.start_at - 1000) & (ledger.at <= until - 1000)
    rows = np.flatnonzero(is_due & (ledger.kind == Kind.TRADE) & ledger.is_taker)
    assert len(rows) >= 3
    with connect(running.url.replace("http", "ws") + "/", proxy=None) as socket:
        socket.send("PING")
        assert socket.recv(timeout=5) == "PONG"
        socket.send(SUBSCRIBE)
        socket.send("PING")
        assert socket.recv(timeout=5) == "PONG"
        running.time.step_to(until)
        frames = [json.loads(socket.recv(timeout=5)) for _ in rows]
    theirs = json.loads((samples / "rtds_activity_trade.json").read_text())
    assert [frame["payload"]["transactionHash"] for frame in frames] == [ledger.tx[row] for row in rows]
    for frame in frames:
        assert set(frame) == set(theirs)
        assert {key: type(value) for key, value in frame["payload"].items()} == {
            key: type(value) for key, value in theirs["payload"].items()
        }
        assert (frame["topic"], frame["type"]) == ("activity", "trades")
        assert frame["payload"]["proxyWallet"] == to_checksum_address(frame["payload"]["proxyWallet"].lower())


def test_nothing_comes_without_a_subscribe_frame_and_a_wrong_one_fails_whole(start_sandbox: StartSandbox) -> None:
    running = start_sandbox()
    with connect(running.url.replace("http", "ws") + "/", proxy=None) as socket:
        topics = [{"topic": "activity", "type": "trades"}, {"topic": "weather", "type": "*"}]
        for wrong in (
            "nonsense",
            json.dumps({"subscriptions": [{"topic": "activity", "type": "trades"}]}),
            json.dumps({"action": "subscribe", "subscriptions": topics}),
        ):
            socket.send(wrong)
            assert "message" in json.loads(socket.recv(timeout=5))
        running.time.step_to(running.world.start_at + 60 * MINUTE)
        socket.send("PING")
        received = [socket.recv(timeout=5)]
        while received[-1] != "PONG":
            received.append(socket.recv(timeout=5))
        assert received[:-1] == []
        # Nothing but an empty keep-alive follows.
        assert socket.recv(timeout=10) == ""


def test_addresses_are_checksummed_as_ethereum_does(synthetic: SyntheticWorld) -> None:
    for wallet in synthetic.wallets:
        assert checksummed(wallet.address) == to_checksum_address(wallet.address)
    for length in (0, 1, 135, 136, 137, 300):
        assert keccak256(b"q" * length) == keccak(b"q" * length)
