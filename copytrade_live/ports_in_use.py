"""Ports: whether one can be listened on, asked before anything starts, and opening one."""

from __future__ import annotations

import socket

from copytrade_live.errors import PortInUseError

LOOPBACK = "127.0.0.1"
SANDBOX_PORT = 8900
DAGSTER_PORT = 3000
DASHBOARD_PORT = 8080


def loopback_url(port: int) -> str:
    """Where what listens on a port of this machine is reached."""
    return f"http://{LOOPBACK}:{port}"


def check_port(port: int, flag: str) -> None:
    """Do nothing when the port is free. Raises: PortInUseError naming the flag that chooses another."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortInUseError(
                f"port {port} on {LOOPBACK} cannot be listened on ({error.strerror}); stop what uses it, "
                f"or choose another with {flag}"
            ) from None


def open_port(host: str, port: int, flag: str) -> socket.socket:
    """Listen on a port; 0 takes a free one. Raises: PortInUseError naming the flag or key that chooses another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"port {port} on {host} cannot be listened on ({error.strerror}); stop what uses it, "
            f"or choose another with {flag}"
        ) from None
    return listener
