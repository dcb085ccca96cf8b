"""The door itself: names, origins and logins are looked at, then whoever may passes on to Dagster's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from copytrade_live.clock import Clock
from copytrade_live.dagster_door.passing import Passage
from copytrade_live.dagster_door.rules import is_own_origin, is_own_site, refusal_of, refusal_to_look
from copytrade_live.dagster_door.visitors import DashboardSilent, Visitor, Visitors
from copytrade_live.dashboard.access.binding import host_names, name_of
from copytrade_live.dashboard.access.policy import cookie_name
from copytrade_live.dashboard.access.walls import Walls, problem
from copytrade_live.door_word import OPERATE
from copytrade_live.settings import DashboardConfig

_POLICY_VIOLATION = 1008
# Names of files with their digest in them: a browser may keep them.
_STATIC = ("/assets/", "/_next/", "/vendor/")


def build_door(config: DashboardConfig, dashboard: str, socket: Path, clock: Clock) -> ASGIApp:
    """The door to a webserver on a Unix socket. dashboard: where logins are asked and made."""
    keeper = _Keeper(config, dashboard, socket, clock)
    app = Starlette(
        routes=[
            Route("/healthz", keeper.healthz),
            WebSocketRoute("/{path:path}", keeper.talk),
            Route("/{path:path}", keeper.page, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
        ],
        lifespan=keeper.life,
    )
    return Walls(app, hosts=host_names(config), origins=(), behind_tls=config.behind_tls)


class _Keeper:
    def __init__(self, config: DashboardConfig, dashboard: str, socket: Path, clock: Clock) -> None:
        self._names = frozenset(map(str.lower, host_names(config)))
        self._scheme = "https" if config.behind_tls else "http"
        self._dashboard = dashboard
        self._visitors = Visitors(dashboard, cookie_name(config.behind_tls), clock)
        self._passage = Passage(socket)

    @asynccontextmanager
    async def life(self, app: Starlette) -> AsyncIterator[None]:
        yield
        await self._passage.close()
        await self._visitors.close()

    async def healthz(self, request: Request) -> Response:
        is_open = await self._passage.is_open()
        return JSONResponse({"status": "alive", "dagster": is_open}, status_code=200 if is_open else 503)

    async def page(self, request: Request) -> Response:
        if why := refusal_of(request):
            return problem(403, "not_through_this_door", why)
        try:
            visitor = await self._visitors.find(request.cookies)
        except DashboardSilent as error:
            return problem(503, "dashboard_silent", f"{error}; start it: copytrade dashboard")
        if visitor is None:
            return self._send_away(request)
        if visitor.may != OPERATE and (why := refusal_to_look(request)):
            return problem(403, "role_too_low", why)
        try:
            answer = await self._passage.ask(request, visitor.may)
        except httpx.HTTPError:
            return problem(503, "dagster_silent", "Dagster's webserver does not answer; it may still be starting.")
        if request.url.path.startswith(_STATIC):
            answer.headers.setdefault("Cache-Control", "private, max-age=86400")
        # Ours is for the dashboard's own pages; Dagster's pages bring theirs, and everything else needs none.
        answer.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'; object-src 'none'")
        return answer

    async def talk(self, visitor: WebSocket) -> None:
        is_ours = name_of(visitor.headers.get("host", "")) in self._names
        if not (is_ours and is_own_origin(visitor, self._scheme) and is_own_site(visitor)):
            await visitor.close(_POLICY_VIOLATION)
            return
        known = await self._known(visitor)
        if known is None:
            await visitor.close(_POLICY_VIOLATION)
            return

        async def is_still_welcome() -> bool:
            return await self._known(visitor) == known

        await self._passage.talk(visitor, known.may, is_still_welcome)

    async def _known(self, connection: HTTPConnection) -> Visitor | None:
        try:
            return await self._visitors.find(connection.cookies)
        except DashboardSilent:
            return None

    def _send_away(self, request: Request) -> Response:
        is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if is_page:
            return RedirectResponse(self._dashboard, status_code=303)
        return problem(401, "not_logged_in", f"Log in at {self._dashboard} first.")
