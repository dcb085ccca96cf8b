"""A real sandbox on loopback, stepped by hand, and runners that live in its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml

from benchmarks.good_score import good_score
from copytrade_live.clock import ManualClock
from copytrade_live.core.market import HOUR, Instant
from copytrade_live.core.score import OVERALL, Gate, ScoreSnapshot
from copytrade_live.runner.app import Runner, Sources
from copytrade_live.sandbox.server import build_app, listen, make_server
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.settings import CopytradeConfig, Home, parse_config
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from tests.worlds import default_world


@dataclass
class Desk:
    """The published folder's readers, set by hand."""

    snapshot: ScoreSnapshot | None = None
    gate: Gate | None = None


@dataclass
class SnapshotDesk:
    desk: Desk

    def poll(self) -> ScoreSnapshot | None:
        return self.desk.snapshot


@dataclass
class GateDesk:
    desk: Desk

    def poll(self) -> Gate | None:
        return self.desk.gate


@dataclass
class SteppedVenue:
    """A sandbox whose time stands still until told."""

    world: SyntheticWorld
    url: str
    keeper: TimeKeeper
    clients: list[ClobApi | DataApi | GammaApi] = field(default_factory=list)

    def config(self, **sections: object) -> CopytradeConfig:
        venue = {"data_url": self.url, "gamma_url": self.url, "clob_url": self.url, "max_attempts": 1}
        return parse_config(yaml.safe_dump({"venue": venue, **sections}), origin="test")

    def sources(self, config: CopytradeConfig, clock: ManualClock, desk: Desk) -> Sources:
        data = DataApi.from_config(config.venue, clock=clock)
        clob = ClobApi.from_config(config.venue, clock=clock)
        gamma = GammaApi.from_config(config.venue)
        self.clients += [data, clob, gamma]
        return Sources(
            leaders=data,
            books=clob,
            markets=gamma,
            resolutions=data,
            snapshots=SnapshotDesk(desk),
            gates=GateDesk(desk),
        )

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        self.clients.clear()


@pytest.fixture(scope="session")
def world() -> SyntheticWorld:
    return default_world()


@pytest.fixture
def start_sandbox(world: SyntheticWorld) -> Iterator[Callable[[float | None], SteppedVenue]]:
    """Starts sandboxes over real HTTP, each at the world's start; a speed of None stands still until stepped."""
    with ExitStack() as stack:

        def start(speed: float | None) -> SteppedVenue:
            keeper = TimeKeeper(world.start_at, speed=speed)
            listener = stack.enter_context(listen("127.0.0.1", 0))
            server = make_server(build_app(world, keeper))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
            stack.callback(thread.join, timeout=10)
            stack.callback(setattr, server, "should_exit", True)
            return SteppedVenue(world, f"http://127.0.0.1:{listener.getsockname()[1]}", keeper)

        yield start


@pytest.fixture
def start_venue(start_sandbox: Callable[[float | None], SteppedVenue]) -> Callable[[], SteppedVenue]:
    """Starts stepped sandboxes."""
    return lambda: start_sandbox(None)


@pytest.fixture
def start_accelerated(start_sandbox: Callable[[float | None], SteppedVenue]) -> Callable[[float], SteppedVenue]:
    """Starts sandboxes whose time runs fast."""
    return start_sandbox


@pytest.fixture
def venue(start_venue: Callable[[], SteppedVenue]) -> SteppedVenue:
    """One stepped sandbox."""
    return start_venue()


def skilled(world: SyntheticWorld, count: int = 8) -> list[str]:
    return [wallet.address for wallet in world.wallets if wallet.kind == "skilled_taker"][:count]


def scored(wallets: Sequence[str], now: Instant) -> ScoreSnapshot:
    rows = {wallet: {OVERALL: good_score(wallet, now - HOUR)} for wallet in wallets}
    return ScoreSnapshot(snapshot_id="s1", as_of=now - HOUR, rows=rows)


def open_gate(now: Instant, hours: float = 48.0) -> Gate:
    return Gate(is_open=True, reasons=(), snapshot_id="s1", written_at=now, valid_until=now + int(hours * HOUR))


@pytest.fixture
def make_home(tmp_path: Path) -> Callable[[str], Home]:
    def make(name: str) -> Home:
        (tmp_path / name).mkdir(exist_ok=True)
        return Home(tmp_path / name)

    return make


async def run_steps(runner: Runner, venue: SteppedVenue, clock: ManualClock, seconds: int, by: int = 1) -> None:
    """Let the world and the runner live on together."""
    for _ in range(0, seconds, by):
        now = clock.now() + by * 1000
        venue.keeper.step_to(now)
        clock.set(now)
        await runner.tick()


async def live_until(
    runner: Runner,
    venue: SteppedVenue,
    clock: ManualClock,
    is_done: Callable[[], bool],
    *,
    wallets: Sequence[str],
    fills: int = 60,
    by: int = 2,
) -> None:
    """Skip from one leader's fill to the next and live through the time after each, until something happened."""
    for _ in range(fills):
        async with httpx.AsyncClient() as client:
            answer = await client.get(
                f"{venue.url}/admin/next", params={"wallets": ",".join(wallets), "after_ms": clock.now() - 10_000}
            )
        shown_at = answer.json()["visible_ms"]
        if shown_at > clock.now():
            venue.keeper.step_to(shown_at)
            clock.set(shown_at)
            await runner.tick()
        await run_steps(runner, venue, clock, 40, by=by)
        if is_done():
            return
    raise AssertionError(f"did not happen within {fills} fills of the leaders")
