"""Whether a port can be listened on, asked before anything starts."""

from __future__ import annotations

import socket

from copytrade_live.errors import PortInUseError

LOOPBACK = "127.0.0.1"
SANDBOX_PORT = 8900
DAGSTER_PORT = 3000


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
