"""Worlds of other sizes, and the default one, which stays what it was."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.sandbox.cli import build_world, scale_of
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import Scale, SyntheticWorld, build_synthetic_world
from tests.sandbox.running import run_server


def past_fills(world: SyntheticWorld) -> np.ndarray:
    is_past = (world.ledger.kind == Kind.TRADE) & (world.ledger.at <= world.start_at)
    return np.bincount(world.ledger.wallet[is_past], minlength=len(world.wallets))


def test_the_default_world_stays_what_it_was(synthetic: SyntheticWorld) -> None:
    ledger = synthetic.ledger
    told = hashlib.sha256(repr([(one.address, one.kind, one.skill) for one in synthetic.wallets]).encode())
    told.update(repr([(one.condition_id, one.end_at, one.payouts) for one in synthetic.markets]).encode())
    told.update("".join(ledger.tx).encode())
    for column in (ledger.at, ledger.wallet, ledger.market, ledger.outcome, ledger.kind, ledger.is_buy, ledger.is_taker,
                   ledger.price, ledger.size, ledger.cash):  # fmt: skip
        told.update(column.tobytes())
    assert told.hexdigest() == "ac59be54b2bc9c8f862943f78da7e8733aee0a9ce65452f66eb34df4b878eaa7"


@pytest.mark.parametrize(("wallets", "fills"), [(1, 40), (13, 3_000), (100, 400)])
def test_a_world_has_the_wallets_and_at_least_the_fills_that_were_asked_for(wallets: int, fills: int) -> None:
    world = build_synthetic_world(3, Scale(wallets=wallets, fills=fills))
    assert len(world.wallets) == len({one.address for one in world.wallets}) == wallets
    assert fills <= past_fills(world).sum() < 2 * fills + 1_000  # pumps come with the world, not with its size
    assert world.ledger.at[-1] > world.start_at


def test_a_big_world_is_a_mixture_with_a_few_very_busy_wallets_and_the_same_again() -> None:
    world = build_synthetic_world(1, Scale(wallets=120, fills=30_000))
    counts = past_fills(world)
    assert counts.max() > 5 * np.median(counts)
    assert {one.kind for one in world.wallets} == {
        "noise", "favourite_buyer", "longshot_gambler", "maker", "pump", "skilled_taker"
    }  # fmt: skip
    again = build_synthetic_world(1, Scale(wallets=120, fills=30_000))
    assert again.ledger.tx == world.ledger.tx
    assert np.array_equal(again.ledger.size, world.ledger.size)


def test_one_of_the_two_sizes_follows_from_the_other() -> None:
    assert scale_of(None, None) is None
    assert scale_of(10, None) == Scale(wallets=10, fills=2_600)
    assert scale_of(None, 900) == Scale(wallets=64, fills=900)
    with pytest.raises(ConfigError, match="has the size it has"):
        build_world("recorded", 1, None, scale_of(10, 20))


def test_a_sandbox_of_another_size_starts_from_the_command_line() -> None:
    command = [
        sys.executable,
        "-c",
        "from copytrade_live.cli import main; main()",
        "sandbox",
        "--stepped",
        "--port",
        "0",
    ]
    sized = [*command, "--wallets", "9", "--fills", "500", "--seed", "4"]
    with subprocess.Popen(sized, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().split(" at ")[1].strip()
        told = httpx.get(url + "/admin/world", timeout=10).json()
        process.terminate()
    assert told["wallets"] == len(told["truth"]) == 9


@pytest.mark.slow
def test_big_pages_of_a_big_world_are_served_fast() -> None:
    world = build_synthetic_world(1, Scale(wallets=200, fills=200_000))
    with run_server(world, world.start_at, None) as running, ThreadPoolExecutor(1) as pool:
        busiest = world.wallets[int(past_fills(world).argmax())].address
        query = f"/v2/trades?user={busiest}&taker_only=false&limit=1000"
        pool.submit(running.http.get, query).result()
        began = time.process_time()
        sizes = [len(pool.submit(running.http.get, query).result().content) for _ in range(60)]
        seconds = time.process_time() - began
    assert min(sizes) > 500_000
    assert 60 / seconds > 30, f"{60 / seconds:.0f} pages a second of both sides' processor time"
