"""Signing in for live trading: the ceiling, the addresses, the key and the policy, in that order."""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.errors import ConfigError, KeyRefused
from copytrade_live.keys.endpoints import check_endpoints
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.keys.relayer_key import load_relayer_key
from copytrade_live.keys.signer import GuardedSigner, KeySigner, Signer, named_signer
from copytrade_live.keys.sources import Ask, load_key
from copytrade_live.keys.spent import SpentToday
from copytrade_live.ports import TradingVenue
from copytrade_live.secret import Secret
from copytrade_live.settings import CopytradeConfig, Home

CHAIN_ID = 137
SPENT_FILE = "signed-today.json"
REDEEMED_FILE = "redeemed-today.json"
_PR_SET_DUMPABLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """A wallet that orders can be placed for. is_owner: the key could also move its money."""

    wallet: str
    signer: str
    is_owner: bool
    venue: TradingVenue


def guarded_signer(
    config: CopytradeConfig, home: Home, clock: Clock, environment: MutableMapping[str, str], ask: Ask | None
) -> GuardedSigner:
    """The signer of the configuration behind its policy. home is the live one. Raises: ConfigError, KeyRefused."""
    if config.safety.dry_run:
        raise ConfigError(
            "safety.dry_run is true, which nothing at runtime can raise; set it to false in the config file to trade "
            "real money"
        )
    check_endpoints(config.venue)
    forbid_core_dumps()

    def key() -> Secret[str]:
        return load_key(config.live, home, environment, ask)

    inner: Signer = named_signer(config.live.signer, key) if config.live.signer else KeySigner(key())
    spent, redeemed = SpentToday(home.own / SPENT_FILE), SpentToday(home.own / REDEEMED_FILE)
    guard = PolicyGuard(config.signing, chain_id=CHAIN_ID, spent=spent, redeemed=redeemed)
    return GuardedSigner(inner, guard, clock)


@asynccontextmanager
async def open_account(
    config: CopytradeConfig, signer: GuardedSigner, clock: Clock, environment: MutableMapping[str, str]
) -> AsyncIterator[OpenAccount]:
    """Sign in; the client is closed on the way out. environment: where the relayer's key may be.

    Raises: ConfigError; KeyRefused when the key is not wanted; VenueUnavailable, VenueRefusal.
    """
    # The client takes half a second to import; paper trading never does.
    from copytrade_live.keys.sdk_client import open_client
    from copytrade_live.venue.trading.sdk_venue import SdkVenue

    relayer_key = load_relayer_key(config.live, environment, signer.address)
    client = await open_client(signer, config.venue, config.live.wallet, relayer_key)
    try:
        is_owner = client._ctx.signer_type == "OWNER"
        if is_owner and not config.live.allow_owner_key:
            raise KeyRefused(
                f"{signer.address} owns {client.wallet} and could move its money; authorise a session key "
                "(docs/going-live.md), or set live.allow_owner_key to true"
            )
        yield OpenAccount(
            wallet=str(client.wallet).lower(), signer=signer.address, is_owner=is_owner, venue=SdkVenue(client, clock)
        )
    finally:
        await client.close()
        signer.close()


def forbid_core_dumps() -> None:
    """Leave no picture of this process's memory behind, and let no other process of this user look into it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
