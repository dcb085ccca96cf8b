"""Session keys: the wallet's owner lets another key trade for it, and takes that right away.

The only place that holds an owner's key, for the moment of one command; the runner never calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrade_live.errors import ConfigError, KeyRefused
from copytrade_live.keys.endpoints import check_endpoints
from copytrade_live.redaction import hide
from copytrade_live.secret import Secret
from copytrade_live.settings import VenueConfig

if TYPE_CHECKING:
    from polymarket.clients.secure import SecureClient

# Orders and cancels, nothing that moves money.
SCOPES = ("CLOB",)
LONGEST_DAYS = 30
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """A key that may trade for a wallet. valid_until: ISO 8601."""

    wallet: str
    address: str
    scopes: tuple[str, ...]
    valid_until: str


def authorise(venue: VenueConfig, owner: Secret[str], wallet: str, address: str, days: int) -> SessionKey:
    """Let address trade for the owner's deposit wallet, its own when wallet is empty.

    Raises: ConfigError, KeyRefused, VenueUnavailable, VenueRefusal.
    """
    from polymarket._internal.actions import session_keys

    if not 1 <= days <= LONGEST_DAYS:
        raise ConfigError(f"--days must be 1 to {LONGEST_DAYS}, was {days}: a lost key should not live long")
    # The client's own is half a year, and no argument of it says otherwise; the owner signs what stands here.
    session_keys._SESSION_KEY_LIFETIME_SECONDS = days * _DAY_SECONDS
    with _owner(venue, owner, wallet) as client:
        made = client.authorize_session_key(address=address, scopes=SCOPES).session_key
        return SessionKey(
            wallet=str(client.wallet),
            address=str(made.address),
            scopes=tuple(str(scope) for scope in made.scopes),
            valid_until=made.valid_until.isoformat(),
        )


def revoke(venue: VenueConfig, owner: Secret[str], wallet: str, address: str) -> str:
    """Take a session key's right away. Returns: the wallet. Raises: as authorise."""
    with _owner(venue, owner, wallet) as client:
        client.revoke_session_key(address=address)
        return str(client.wallet)


@contextmanager
def _owner(venue: VenueConfig, owner: Secret[str], wallet: str) -> Iterator[SecureClient]:
    """The owner's client with a builder's key, which the venue wants for this, deleted again on the way out."""
    from polymarket.clients.secure import SecureClient
    from polymarket.errors import PolymarketError

    from copytrade_live.keys.sdk_client import environment_of
    from copytrade_live.venue.trading.answers import as_venue_error

    check_endpoints(venue)
    environment, key, of = environment_of(venue), owner.reveal(), wallet or None
    try:
        with SecureClient.create(private_key=key, wallet=of, environment=environment) as client:
            if client._ctx.signer_type != "OWNER":
                raise KeyRefused(f"that key does not own {wallet}; session keys are made with the owner's key")
            builder = client.create_builder_api_key()
        for one in (builder.key, builder.secret, builder.passphrase):
            hide(one)
        with SecureClient.create(private_key=key, wallet=of, environment=environment, api_key=builder) as client:
            try:
                yield client
            finally:
                client.revoke_builder_api_key()
    except PolymarketError as error:
        raise as_venue_error(error, "changing session keys") from error
