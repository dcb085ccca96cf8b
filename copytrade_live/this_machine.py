"""Which hosts are this machine: what stays on it needs no TLS, has no budget, and may be a sandbox."""

from __future__ import annotations

import ipaddress

# As a Host header gives them.
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def is_here(host: str | None) -> bool:
    """Whether a host name or address is this machine, reached by nobody else."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
