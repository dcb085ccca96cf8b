"""Where signed orders and logins may go: the venue's own hosts over TLS, or this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from copytrade_live.errors import ConfigError
from copytrade_live.settings import VenueConfig
from copytrade_live.this_machine import is_here

# What each address of the config may be in live trading; everything of the venue's trading side is told a secret.
HOSTS = {
    "clob_url": "clob.polymarket.com",
    "user_stream_url": "ws-subscriptions-clob.polymarket.com",
    "relayer_url": "relayer-v2.polymarket.com",
    "data_url": "data-api.polymarket.com",
    "gamma_url": "gamma-api.polymarket.com",
}


def check_endpoints(venue: VenueConfig) -> None:
    """Raises: ConfigError naming the first address that a key may not be shown to."""
    for name, host in HOSTS.items():
        parts = urlsplit(getattr(venue, name))
        is_venue = parts.scheme in ("https", "wss") and parts.hostname == host and parts.port in (None, 443)
        if not is_venue and not is_here(parts.hostname):
            raise ConfigError(
                f"venue.{name} is {getattr(venue, name)!r}: live trading talks only to {host} over TLS, or to a "
                "sandbox on this machine; mend the address, or trade on paper"
            )
