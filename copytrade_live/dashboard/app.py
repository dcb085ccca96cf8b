"""The dashboard's app: its routes at a desk, behind its walls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from copytrade_live import __version__
from copytrade_live.dashboard import pages
from copytrade_live.dashboard.access.binding import host_names
from copytrade_live.dashboard.access.walls import Walls
from copytrade_live.dashboard.broadcast import Broadcast
from copytrade_live.dashboard.desk import Desk
from copytrade_live.dashboard.problems import handle_problems
from copytrade_live.dashboard.routes import controls, events, health, looking, past, session, signals

ROUTERS = (session, looking, signals, past, controls, health, events, pages)


def build_api(desk: Desk | None) -> FastAPI:
    """The routes. Without a desk it can only be described."""
    api = FastAPI(
        title="copytrade dashboard",
        version=__version__,
        summary="What a copytrade runner does and why, and how to stop it.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_life,
        generate_unique_id_function=lambda route: route.name,
    )
    for part in ROUTERS:
        api.include_router(part.router)
    handle_problems(api)
    api.state.desk = desk
    return api


def build_app(desk: Desk, api: FastAPI) -> ASGIApp:
    """The routes behind the walls: what a server serves."""
    own = desk.config.dashboard
    return Walls(api, hosts=host_names(own), origins=own.allowed_origins, behind_tls=own.behind_tls)


@asynccontextmanager
async def _life(api: FastAPI) -> AsyncIterator[None]:
    desk: Desk = api.state.desk
    broadcast = asyncio.create_task(Broadcast(desk).run(), name="broadcast")
    desk.projection.start()
    try:
        yield
    finally:
        broadcast.cancel()
        await asyncio.gather(broadcast, return_exceptions=True)
        await asyncio.to_thread(desk.projection.stop)
