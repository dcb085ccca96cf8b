"""A dashboard over a journal made by the real engine, and clients of each role."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from copytrade_live.clock import ManualClock, SystemClock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import LeaderFillObserved, Observation, OrderFilled, SignalCopied
from copytrade_live.core.market import Side
from copytrade_live.core.orders import Fill
from copytrade_live.core.pricing import to_micro
from copytrade_live.dashboard.access.keys import KeyRing, rotate_key
from copytrade_live.dashboard.access.lockout import Lockout
from copytrade_live.dashboard.app import build_api, build_app
from copytrade_live.dashboard.desk import Desk
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.dashboard.serve import Server
from copytrade_live.ports_in_use import open_port
from copytrade_live.settings import CopytradeConfig, Home
from tests import builders
from tests.builders import NOW, at
from tests.cli.journals import write_journal

PATIENCE_SECONDS = 10.0


def story() -> list[Observation]:
    """A copied fill that became a position, and one that was refused."""
    start = builders.opening()
    return [
        *start,
        *bought(start, builders.leader_fill()),
        builders.book_seen(NOW + 2000, 0.50, 0.52),
        builders.leader_fill(NOW + 3000, signal_id="f2", size=10.0),
    ]


def bought(before: Sequence[Observation], fill: LeaderFillObserved) -> list[Observation]:
    """A leader's fill that is copied after these observations, and the fill of our order."""
    order = next(one for one in reversed(decided([*before, fill])) if isinstance(one, SignalCopied)).order
    ours = Fill(
        fill_id=f"x-{order.order_id}",
        order_id=order.order_id,
        token_id=order.token_id,
        side=Side.BUY,
        size=order.size,
        cash=to_micro(order.limit * order.size / 1e6),
        fee=0,
        price=order.limit,
    )
    return [fill, OrderFilled(**at(fill.observed_at + 1000), fill=ours)]


def decided(observations: Sequence[Observation]) -> list[Any]:
    """All events that these observations lead to."""
    from copytrade_live.core.engine import initial_state, step

    state = initial_state()
    events: list[Any] = []
    for one in observations:
        done = step(state, one, DecisionConfig())
        state = done.state
        events += done.events
    return events


@dataclass
class Stand:
    """A dashboard that is served. keys by role."""

    home: Home
    desk: Desk
    api: FastAPI
    url: str
    keys: dict[Role, str]
    open_browser: Callable[[str], httpx.Client]

    def client(self, role: Role | None = None) -> httpx.Client:
        """A browser, logged in unless role is None; its origin and csrf token go along."""
        browser = self.open_browser(self.url)
        browser.headers["Origin"] = self.url
        if role is not None:
            self.desk.lockout = Lockout(self.desk.clock)
            answer = browser.post("/api/session", json={"api_key": self.keys[role]})
            assert answer.status_code == 200, answer.text
            browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return browser

    def wait(self) -> None:
        """Until the replica has read the whole journal."""
        wait_for(lambda: not self.desk.projection.place.problem and not self.desk.moment().is_catching_up)


def wait_for(holds: Callable[[], bool]) -> None:
    """Until something holds. Raises: AssertionError when it does not in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


@contextmanager
def served(desk: Desk, api: FastAPI) -> Iterator[str]:
    """The app behind its walls, over real HTTP. Yields: its address."""
    with open_port("127.0.0.1", 0, "port") as listener:
        config = uvicorn.Config(build_app(desk, api), log_config=None, ws="none", timeout_graceful_shutdown=1)
        server = Server(config, desk)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


MakeStand = Callable[..., Stand]


def home_in(folder: Path) -> Home:
    """A home with a journal."""
    found = Home(folder / "home")
    write_journal(found.state, story(), DecisionConfig())
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of one test."""
    return home_in(tmp_path)


@contextmanager
def stands(home: Home) -> Iterator[MakeStand]:
    """Serves dashboards over a home with these settings of the section dashboard."""
    with ExitStack() as stack:

        def open_browser(url: str) -> httpx.Client:
            return stack.enter_context(httpx.Client(base_url=url, trust_env=False, verify=False, timeout=20.0))  # noqa: S501

        def make(clock: ManualClock | SystemClock | None = None, place: Home | None = None, **own: Any) -> Stand:
            where = place or home
            config = CopytradeConfig.model_validate({"dashboard": own})
            keys = {role: rotate_key(where, role) for role in Role}
            desk = Desk(home=where, config=config, keys=KeyRing(where, {}), clock=clock or SystemClock())
            api = build_api(desk)
            url = stack.enter_context(served(desk, api))
            made = Stand(home=where, desk=desk, api=api, url=url, keys=keys, open_browser=open_browser)
            if where.state.exists():
                made.wait()
            return made

        yield make


@pytest.fixture
def make_stand(home: Home) -> Iterator[MakeStand]:
    """Serves dashboards over this test's own home."""
    with stands(home) as make:
        yield make


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One dashboard with the defaults, for all tests of a module: what they leave there, they leave to each other."""
    with stands(home_in(tmp_path_factory.mktemp("stand"))) as make:
        yield make()
