"""One address that serves every API of the venue, as a sandbox does: what it means for the config."""

from __future__ import annotations

from urllib.parse import urlsplit

from copytrade_live.config_file import Change, Changes
from copytrade_live.errors import ConfigError
from copytrade_live.this_machine import is_here

APIS = ("data_url", "gamma_url", "clob_url", "relayer_url")
# Where a sandbox serves the venue's streams.
STREAMS = {"activity_stream_url": "/", "market_stream_url": "/ws/market", "user_stream_url": "/ws/user"}


def venue_changes(url: str) -> Changes:
    """Config changes that point every API there; a venue on this machine is a sandbox, and its clock counts.

    Raises: ConfigError when it is not an http address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"the venue must be an address like https://host or http://127.0.0.1:8900, was {url!r}")
    changes = {("venue", name): Change(value=url.rstrip("/")) for name in APIS}
    changes["venue", "geoblock_url"] = Change(value="")
    base = parts._replace(scheme="ws" if parts.scheme == "http" else "wss", query="", fragment="").geturl().rstrip("/")
    changes |= {("venue", name): Change(value=base + path) for name, path in STREAMS.items()}
    if is_here(parts.hostname):
        why = "the venue is a sandbox on this machine, and its world has a time of its own."
        changes["venue", "clock"] = Change(value="venue", why=why)
    return changes
