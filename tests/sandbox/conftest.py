"""Starts real sandbox servers in threads, on free ports."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.recorded import RecordedWorld, build_recorded_world
from copytrade_live.sandbox.server import build_app, listen, make_server
from copytrade_live.sandbox.synthetic import SyntheticWorld, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.world import World

SEED = 7


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it listens, what it serves, its time, and a client."""

    url: str
    world: World
    time: TimeKeeper
    http: httpx.Client

    def get(self, path: str, **params: object) -> object:
        """A successful answer's JSON."""
        response = self.http.get(path, params={name: str(value) for name, value in params.items()})
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def run_server(world: World, start: Instant, speed: float | None) -> Iterator[Sandbox]:
    """Serve a world from a thread until the block ends."""
    keeper = TimeKeeper(start, speed=speed)
    listener = listen("127.0.0.1", 0)
    server = make_server(build_app(world, keeper))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=20) as http:
            yield Sandbox(url, world, keeper, http)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        assert not thread.is_alive()


StartSandbox = Callable[..., Sandbox]


@pytest.fixture(scope="session")
def synthetic() -> SyntheticWorld:
    return build_synthetic_world(SEED)


@pytest.fixture(scope="session")
def sandbox(synthetic: SyntheticWorld) -> Iterator[Sandbox]:
    """A stepped synthetic sandbox at its own start; tests that move time start their own."""
    with run_server(synthetic, synthetic.start_at, None) as running:
        yield running


@pytest.fixture
def start_sandbox(synthetic: SyntheticWorld) -> Iterator[StartSandbox]:
    """Start further sandboxes: world, start and speed as wanted."""
    with ExitStack() as stack:

        def start(world: World | None = None, *, at: Instant | None = None, speed: float | None = None) -> Sandbox:
            served = world or synthetic
            return stack.enter_context(run_server(served, served.start_at if at is None else at, speed))

        yield start


def shared(*parts: str) -> Path:
    """A path in the folder of recorded data; skips, saying why, where there is none."""
    root = Path(os.environ.get("COPYTRADE_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"recorded data is absent: {path} does not exist; set COPYTRADE_SHARED to the folder that has it")
    return path


@pytest.fixture(scope="session")
def samples() -> Path:
    return shared("samples")


@pytest.fixture(scope="session")
def eval1() -> RecordedWorld:
    return build_recorded_world(shared("data", "eval1"))
