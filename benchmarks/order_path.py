"""Signal received to order on the wire, at a sandbox on the same machine, with 50 ms between signals (L1, L2).

Interleaved with the bare cost in the same process: the official client's own signing, and one POST. Our part is
everything else until the POST begins (decide, encode, commit, take turns), but the one wait for the disk that guards
the signed order, which is shown beside it and counted in the total. We sign as the runner does, behind the policy, and
all default limits hold: as many orders work at once as may, and a leader's fills come at the pace that is allowed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from polymarket import AsyncSecureClient

from benchmarks.order_path_world import (
    decision_config,
    guarded_signer,
    known_market,
    leader_fill,
    prepare,
    sandbox,
    settings_of,
)
from copytrade_live.clock import Clock
from copytrade_live.core.events import LeaderFillVoided
from copytrade_live.failpoints import Failpoint, armed
from copytrade_live.keys.sdk_client import open_client
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.clocks import clock_for
from copytrade_live.runner.health import Health
from copytrade_live.runner.live.executor import LiveExecutor
from copytrade_live.runner.recorder import Recorder
from copytrade_live.settings import LiveOptions
from copytrade_live.store.journal import Journal
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.trading.sdk_venue import SdkVenue
from tests.sandbox.trading import trading_environment

GAP_SECONDS = 0.05
# Copies of one round, then they are called back: fewer than the positions that may be open, at most sixty a minute.
ROUND, ROUND_SECONDS = 20, 21.0
# The ceiling on entries is a safety of ours and would be all that is measured at this pace.
OPTIONS = LiveOptions(look_seconds=3600.0, entries_per_second=1e6, requests_per_second=1e6)
OWN_GOALS_MS = {"p50": 0.3, "p99": 1.0}
TOTAL_GOAL = 1.2
# The commit that the order waits for: what was seen and decided, and the signed order.
_COMMIT = "LeaderFillObserved+OrderSigned"


def measure(rounds: int = 6) -> dict[str, dict[str, Any]]:
    """Time the whole path and the bare cost, one after the other."""
    with tempfile.TemporaryDirectory() as folder, sandbox() as (url, tokens):
        return asyncio.run(_measure(Path(folder), url, tokens[:ROUND], rounds))


class _Times:
    """When each order reached which point."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, str], float] = {}

    def __call__(self, point: Failpoint, detail: str) -> None:
        self.at[point.value, detail] = time.perf_counter()


@dataclass(slots=True)
class _Measured:
    """Milliseconds of each copy: its parts in the order in which they come, what they sum to, and the bare cost."""

    parts: dict[str, list[float]] = field(default_factory=dict)
    own: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def add(self, began: float, at: dict[tuple[str, str], float], order_id: str) -> None:
        """Note one copy."""
        moments = {
            "decide": at["sign.before", order_id],
            "sign": at["sign.after", order_id],
            "decide, signed": at["journal.before_write", _COMMIT],
            "encode": at["journal.before_commit", _COMMIT],
            "disk": at["journal.after_commit", _COMMIT],
            "turn": at["post.before", order_id],
        }
        before = began
        for name, moment in moments.items():
            self.parts.setdefault(name, []).append((moment - before) * 1000)
            before = moment
        self.own.append(sum(values[-1] for name, values in self.parts.items() if name not in ("sign", "disk")))
        self.total.append((at["post.after", order_id] - began) * 1000)


@dataclass(slots=True, kw_only=True)
class _Desk:
    """What copies are made with, and what the bare cost is measured with."""

    recorder: Recorder
    executor: LiveExecutor
    client: AsyncSecureClient
    clock: Clock
    times: _Times = field(default_factory=_Times)
    measured: _Measured = field(default_factory=_Measured)


async def _measure(folder: Path, url: str, tokens: list[tuple[str, str]], rounds: int) -> dict[str, dict[str, Any]]:
    key = "0x" + hashlib.sha256(b"bench").hexdigest()
    wallet = Account.from_key(key).address
    async with httpx.AsyncClient(base_url=url) as http:
        (await http.post("/admin/fund", json={"address": wallet, "cash": 1_000_000})).raise_for_status()
    async with AsyncExitStack() as open_things:
        desk = await _open(open_things, folder, url, key, wallet, tokens)
        with armed(desk.times):
            for number in range(rounds):
                began = time.monotonic()
                await _round(desk, number * len(tokens), tokens)
                await asyncio.sleep(max(0.0, began + ROUND_SECONDS - time.monotonic()))
        await desk.executor.end(cancels=False)
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.get("/admin/truth", params={"parts": "orders", "wallets": wallet.lower()})
    done, orders = desk.measured, answer.json()["orders"]
    return _rows(done, is_equal=len(done.own) == rounds * len(tokens) and len(orders) == len(done.own) + len(done.bare))


async def _open(
    stack: AsyncExitStack, folder: Path, url: str, key: str, wallet: str, tokens: list[tuple[str, str]]
) -> _Desk:
    settings = settings_of(url).venue
    clock, health = await clock_for(settings), Health()
    client = await AsyncSecureClient.create(private_key=key, wallet=wallet, environment=trading_environment(url))
    stack.push_async_callback(client.close)
    clob = ClobApi.from_config(settings, clock=clock)
    stack.push_async_callback(clob.close)
    signer = guarded_signer(key, folder, clock)
    stack.callback(signer.close)
    ours = await open_client(signer, settings, wallet)
    stack.push_async_callback(ours.close)
    venue = SdkVenue(ours, clock)
    executor = LiveExecutor(venue, BookDesk(clob, clock, health), clock, health, OPTIONS)
    recorder = Recorder(stack.enter_context(Journal.open(folder / "state.sqlite", "live")), decision_config(), executor)
    recorder.restore((executor.apply,))
    prepare(recorder, clock)
    executor.begin(recorder, None)
    await asyncio.sleep(1.0)
    for token, condition in tokens:
        await venue.prepare(known_market(condition, token), token)
    return _Desk(recorder=recorder, executor=executor, client=client, clock=clock)


async def _round(desk: _Desk, first: int, tokens: list[tuple[str, str]]) -> None:
    """Copy, by turns with the bare cost, then call the copies back."""
    for number, (token, condition) in enumerate(tokens, first):
        await asyncio.sleep(GAP_SECONDS)
        seen = leader_fill(number, token, condition, desk.clock)
        began = time.perf_counter()
        desk.recorder.observe(seen)
        order_id = _placed(desk.recorder, token)
        await _until(lambda sent=("post.after", order_id): sent in desk.times.at)
        desk.measured.add(began, desk.times.at, order_id)
        await asyncio.sleep(GAP_SECONDS)
        desk.measured.bare.append(await _bare(desk.client, token))
    for number in range(first, first + len(tokens)):
        now = desk.clock.now()
        desk.recorder.observe(
            LeaderFillVoided(event_at=now, observed_at=now, signal_id=f"bench{number}", cause="bench")
        )
    await _until(lambda: not desk.recorder.state.portfolio.working)


async def _bare(client: AsyncSecureClient, token: str) -> float:
    """Milliseconds of the official client for signing an order and posting it."""
    began = time.perf_counter()
    signed = await client.create_limit_order(asset_id=token, price=Decimal("0.02"), size=Decimal(60), side="BUY")
    await client.post_order(signed)
    return (time.perf_counter() - began) * 1000


def _placed(recorder: Recorder, token: str) -> str:
    for name, entry in recorder.state.portfolio.working.items():
        if entry.order.token_id == token:
            return name
    raise RuntimeError(f"a signal was not copied: it holds {len(recorder.state.portfolio.positions)} positions")


async def _until(is_done: Callable[[], bool]) -> None:
    while not is_done():  # noqa: ASYNC110 - a hook that runs within the loop sets it
        await asyncio.sleep(0.002)


def _rows(done: _Measured, *, is_equal: bool) -> dict[str, dict[str, Any]]:
    # The first few find nothing warm: connections, caches of the interpreter.
    own, total, bare = done.own[5:], done.total[5:], done.bare[5:]
    parts = {name: values[5:] for name, values in done.parts.items()}
    rows: dict[str, dict[str, Any]] = {}
    for name, goal in OWN_GOALS_MS.items():
        value = _quantile(own, name)
        shown = ", ".join(f"{part} {_quantile(values, name):.3f}" for part, values in parts.items())
        rows[f"L1.own.{name}"] = {
            "value": f"{value:.3f} ms",
            "anchor": f"{goal} ms, without sign and disk; {shown}",
            "ratio": round(value / goal, 3),
            "goal": "ratio <= 1",
            "holds": value <= goal,
            "equal": is_equal,
        }
    for name in OWN_GOALS_MS:
        value, anchor = _quantile(total, name), _quantile(bare, name)
        rows[f"L1.total.{name}"] = {
            "value": f"{value:.3f} ms",
            "anchor": f"bare sign and POST {anchor:.3f} ms",
            "ratio": round(value / anchor, 3),
            "goal": f"ratio <= {TOTAL_GOAL}" if name == "p50" else "shown",
            "holds": name != "p50" or value <= TOTAL_GOAL * anchor,
            "equal": is_equal,
        }
    backend = _signing_backend()
    rows["L2.signing"] = {
        "value": backend,
        "anchor": "coincurve",
        "ratio": 1.0,
        "goal": "coincurve, terms read ahead",
        "holds": "CoinCurve" in backend,
        "equal": is_equal,
    }
    return rows


def _quantile(values: list[float], name: str) -> float:
    return statistics.median(values) if name == "p50" else statistics.quantiles(values, n=100)[98]


def _signing_backend() -> str:
    from eth_keys.backends import get_backend

    return type(get_backend()).__name__


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
