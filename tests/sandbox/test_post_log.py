"""The sandbox counts what it was sent, whatever came of it."""

from __future__ import annotations

import httpx
import pytest

from copytrade_live.sandbox.venue_options import VenueOptions
from tests.sandbox.conftest import StartSandbox


def test_an_order_that_came_twice_is_told_so_though_it_was_refused_and_a_fault_befell_it(
    start_sandbox: StartSandbox,
) -> None:
    sandbox, maker = start_sandbox(), "0x" + "1" * 40
    order = {"maker": maker, "signature": "0x12", "tokenId": "7", "side": "BUY"}
    sandbox.http.post("/order", json={"order": order})
    sandbox.http.post("/admin/faults", json={"name": "server_error", "probability": 1.0})
    sandbox.http.post("/orders", json=[{"order": order}, {"order": {**order, "signature": "0x13"}}])
    posts = sandbox.get("/admin/truth", parts="posts", wallets=maker)["posts"]
    assert {row["signature"]: row["times"] for row in posts} == {"0x12": 2, "0x13": 1}


def test_a_fault_that_hangs_up_does_so_behind_everything_that_reads_an_order(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(options=VenueOptions(enforce_limits=True))
    sandbox.http.post("/admin/faults", json={"name": "answer_lost", "probability": 1.0})
    order = {"maker": "0x" + "1" * 40, "signature": "0x12", "tokenId": "7", "side": "BUY"}
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.http.post("/order", json={"order": order}, headers={"POLY_ADDRESS": "0x" + "1" * 40})
