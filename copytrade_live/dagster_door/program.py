"""The door as one program of a stack."""

from __future__ import annotations

from dataclasses import replace

from copytrade_live.programs import copytrade, dagster_socket
from copytrade_live.settings import Home
from copytrade_live.supervise import Program


def door_program(home: Home, port: int, dashboard: str) -> Program:
    """Start it in front of this home's webserver. dashboard: where logins are made."""
    where = ("--socket", str(dagster_socket(home)), "--dashboard", dashboard, "--dagster-port", str(port))
    return replace(copytrade("dagster-door", "dagster-door", *where), may_fall=True)
