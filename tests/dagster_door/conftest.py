"""A dashboard and a webserver behind its door, really served on loopback and on a Unix socket."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from copytrade_live.clock import SystemClock
from copytrade_live.dagster_door.door import build_door
from copytrade_live.dashboard.access.keys import KeyRing, rotate_key
from copytrade_live.dashboard.app import build_api, build_app
from copytrade_live.dashboard.desk import Desk
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.settings import CopytradeConfig, Home


@contextmanager
def serving(app: object, listener: socket.socket) -> Iterator[None]:
    """Serve an app from a thread of its own."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="websockets-sansio")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def on_loopback() -> tuple[socket.socket, str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


class Upstream:
    """Stands where Dagster's webserver stands, and remembers what reached it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.app = Starlette(
            routes=[
                WebSocketRoute("/graphql", self.echo),
                Route("/slow", self.slow),
                Route("/{path:path}", self.answer, methods=["GET", "POST"]),
            ]
        )

    async def answer(self, request: Request) -> Response:
        target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        self.asked.append((request.method, target, dict(request.headers), await request.body()))
        return JSONResponse({"path": target}, headers={"Set-Cookie": "other=1", "X-Dagster": "yes"})

    async def slow(self, request: Request) -> Response:
        async def parts() -> object:
            for number in range(3):
                yield f"data: {number}\n\n"
                await asyncio.sleep(0.2)

        return StreamingResponse(parts(), media_type="text/event-stream")  # type: ignore[arg-type]

    async def echo(self, visitor: WebSocket) -> None:
        self.asked.append(("WS", visitor.url.path, dict(visitor.headers), b""))
        await visitor.accept(subprotocol="graphql-ws" if visitor.scope["subprotocols"] else None)
        async for text in visitor.iter_text():
            await visitor.send_text(f"heard {text}")


class Place:
    """Where a door stands: its address, the dashboard's, and keys that log in there."""

    def __init__(self, door: str, dashboard: str, desk: Desk, keys: dict[Role, str]) -> None:
        self.door, self.dashboard, self.desk, self.keys = door, dashboard, desk, keys
        self._cookies: dict[Role, str] = {}

    def cookie(self, role: Role) -> str:
        """Log in once, and hand over the cookie as a browser keeps it."""
        if role not in self._cookies:
            asked = {"json": {"api_key": self.keys[role]}, "headers": {"Origin": self.dashboard}}
            answer = httpx.post(f"{self.dashboard}/api/session", **asked)  # type: ignore[arg-type]
            assert answer.status_code == 200, answer.text
            self._cookies[role] = f"copytrade_session={answer.cookies['copytrade_session']}"
        return self._cookies[role]

    def log_out(self, role: Role) -> None:
        """End the session on the dashboard's side."""
        session = self.desk.sessions.find(self._cookies.pop(role).partition("=")[2])
        assert session is not None
        self.desk.sessions.end(session)

    def ask(self, method: str, path: str, *, role: Role | None = None, **headers: str) -> httpx.Response:
        """Ask the door, as a page of its own would unless headers say otherwise."""
        sent = {"Cookie": self.cookie(role)} if role else {}
        content = headers.pop("content", None)
        if method == "POST":
            sent |= {"Origin": self.door, "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, f"{self.door}{path}", headers=sent, content=content)


@contextmanager
def dashboard_at(home: Home) -> Iterator[tuple[str, Desk, dict[Role, str]]]:
    keys = {role: rotate_key(home, role) for role in Role}
    listener, address = on_loopback()
    desk = Desk(home=home, config=CopytradeConfig(), keys=KeyRing(home, os.environ))
    with serving(build_app(desk, build_api(desk)), listener):
        yield address, desk, keys


@contextmanager
def door_at(socket_path: Path, dashboard: str) -> Iterator[str]:
    listener, address = on_loopback()
    door = build_door(CopytradeConfig().dashboard, dashboard, socket_path, SystemClock())
    with serving(door, listener):
        yield address


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Upstream]]:
    folder, upstream = tmp_path_factory.mktemp("door"), Upstream()
    path = folder / "web.sock"
    with ExitStack() as stack:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        stack.enter_context(serving(upstream.app, listener))
        dashboard, desk, keys = stack.enter_context(dashboard_at(Home(folder / "home")))
        door = stack.enter_context(door_at(path, dashboard))
        yield Place(door, dashboard, desk, keys), upstream


@pytest.fixture
def place(standing: tuple[Place, Upstream]) -> Place:
    return standing[0]


@pytest.fixture
def upstream(standing: tuple[Place, Upstream]) -> Upstream:
    standing[1].asked.clear()
    return standing[1]
