"""Serve the dashboard until somebody stops it."""

from __future__ import annotations

import socket
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from copytrade_live.dashboard.access.binding import check_binding
from copytrade_live.dashboard.app import build_api, build_app
from copytrade_live.dashboard.desk import Desk
from copytrade_live.ports_in_use import open_port

SHUTDOWN_SECONDS = 2


def serve(desk: Desk) -> None:
    """Serve. Raises: ConfigError for an address that strangers reach, PortInUseError."""
    own = desk.config.dashboard
    check_binding(own, desk.keys)
    with open_port(own.host, own.port, "dashboard.port") as listener:
        host, port = listener.getsockname()[:2]
        print(f"dashboard on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
        Server(server_options(build_app(desk, build_api(desk)), ws="none"), desk).run(sockets=[listener])


def server_options(app: ASGIApp, *, ws: Literal["none", "websockets-sansio"]) -> uvicorn.Config:
    """How pages are served: nothing of ours is said of the server, and nothing of a proxy's is believed."""
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws=ws,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class Server(uvicorn.Server):
    """Ends the event streams first: no browser lets go of one by itself."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Go down."""
        self._desk.hub.end()
        await super().shutdown(sockets)
