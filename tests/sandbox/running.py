"""A real sandbox server in a thread, on a free port, and where recorded data is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.server import build_app, listen, make_server
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it listens, what it serves, its time, and a client."""

    url: str
    world: World
    time: TimeKeeper
    http: httpx.Client
    options: VenueOptions

    def get(self, path: str, **params: object) -> Any:
        """A successful answer's JSON."""
        response = self.http.get(path, params={name: str(value) for name, value in params.items()})
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def run_server(
    world: World, start: Instant, speed: float | None, options: VenueOptions | None = None
) -> Iterator[Sandbox]:
    """Serve a world from a thread until the block ends."""
    options = options or VenueOptions()
    keeper = TimeKeeper(start, speed=speed)
    listener = listen("127.0.0.1", 0)
    server = make_server(build_app(world, keeper, options=options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=20) as http:
            yield Sandbox(url, world, keeper, http, options)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        assert not thread.is_alive()


def shared(*parts: str) -> Path:
    """A path in the folder of recorded data; skips, saying why, where there is none."""
    root = Path(os.environ.get("COPYTRADE_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"recorded data is absent: {path} does not exist; set COPYTRADE_SHARED to the folder that has it")
    return path
