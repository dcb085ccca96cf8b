"""Serve the door until somebody stops it."""

from __future__ import annotations

from pathlib import Path

import uvicorn

from copytrade_live.clock import SystemClock
from copytrade_live.dagster_door.door import build_door
from copytrade_live.dashboard.serve import server_options
from copytrade_live.ports_in_use import LOOPBACK, open_port
from copytrade_live.settings import DashboardConfig


def serve_door(config: DashboardConfig, dashboard: str, socket: Path, port: int) -> None:
    """Serve on loopback. Raises: PortInUseError."""
    with open_port(LOOPBACK, port, "--dagster-port") as listener:
        print(f"Dagster behind its door on http://{LOOPBACK}:{listener.getsockname()[1]}", flush=True)
        door = build_door(config, dashboard, socket, SystemClock())
        uvicorn.Server(server_options(door, ws="websockets-sansio")).run(sockets=[listener])
