"""Where the dashboard may listen, and under which names and origins it answers."""

from __future__ import annotations

from copytrade_live.dashboard.access.keys import KeyRing
from copytrade_live.errors import ConfigError
from copytrade_live.settings import DashboardConfig
from copytrade_live.this_machine import LOOPBACK_NAMES, is_here


def check_binding(config: DashboardConfig, keys: KeyRing) -> None:
    """Refuse an address that strangers could reach without consent, TLS and a key. Raises: ConfigError."""
    if "*" in (*config.allowed_hosts, *config.allowed_origins):
        raise ConfigError("dashboard.allowed_hosts and allowed_origins take names, not '*'; name each one")
    if is_here(config.host):
        return
    if not config.expose:
        raise ConfigError(
            f"dashboard.host is {config.host}, which other machines can reach; use 127.0.0.1, or set "
            "dashboard.expose to true and put TLS in front"
        )
    if not config.behind_tls:
        raise ConfigError(
            "dashboard.expose is true but dashboard.behind_tls is not: the key and the session would cross the "
            "network in the clear; put a proxy with TLS in front and set it"
        )
    if not keys.records():
        raise ConfigError("dashboard.expose is true and there is no key; make one: copytrade dashboard key")


def host_names(config: DashboardConfig) -> tuple[str, ...]:
    """Names that a Host header may carry, without ports."""
    own = f"[{config.host}]" if ":" in config.host else config.host
    return tuple(dict.fromkeys((*LOOPBACK_NAMES, own, *config.allowed_hosts)))


def name_of(host: str) -> str:
    """A Host header without its port, lower case."""
    lowered = host.strip().lower()
    if lowered.startswith("["):
        return lowered.partition("]")[0] + "]"
    return lowered.partition(":")[0]
