"""Serve the door until somebody stops it."""

from __future__ import annotations

from pathlib import Path

import uvicorn

from copytrade_live.clock import SystemClock
from copytrade_live.dagster_door.door import build_door
from copytrade_live.ports_in_use import LOOPBACK, open_port
from copytrade_live.settings import DashboardConfig

SHUTDOWN_SECONDS = 2


def serve_door(config: DashboardConfig, dashboard: str, socket: Path, port: int) -> None:
    """Serve on loopback. Raises: PortInUseError."""
    with open_port(LOOPBACK, port, "--dagster-port") as listener:
        print(f"Dagster behind its door on http://{LOOPBACK}:{listener.getsockname()[1]}", flush=True)
        served = uvicorn.Config(
            build_door(config, dashboard, socket, SystemClock()),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            ws="websockets-sansio",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        uvicorn.Server(served).run(sockets=[listener])
