"""The official client, signed in with our guarded signer: the one place that reaches into the client's own parts.

Its public constructor takes a private key and production's addresses; we hand it neither.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, cast

from polymarket._internal.environment import get_environment_config, with_environment_config
from polymarket._internal.wallet import classify_account
from polymarket.clients import async_secure
from polymarket.clients._transport import AsyncTransport
from polymarket.environments import PRODUCTION
from polymarket.errors import PolymarketError

from copytrade_live.errors import KeyRefused
from copytrade_live.keys.relaying import RelayedClient
from copytrade_live.keys.signer import GuardedSigner
from copytrade_live.redaction import hide
from copytrade_live.settings import VenueConfig
from copytrade_live.venue.trading.answers import as_venue_error

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from polymarket.auth import ApiKey
    from polymarket.clients.async_secure import AsyncSecureClient
    from polymarket.environments import Environment


async def open_client(
    signer: GuardedSigner, venue: VenueConfig, wallet: str, relayer_key: ApiKey | None = None
) -> AsyncSecureClient:
    """Sign in and make a client that trades for wallet, or for the signer's deposit wallet when it is empty.

    Without a relayer's key it redeems nothing.

    Raises: KeyRefused when the venue will not have the key; VenueUnavailable, VenueRefusal.
    """
    environment = environment_of(venue)
    config = get_environment_config(environment)
    account = cast("LocalAccount", signer)
    try:
        found = await async_secure._resolve_requested_wallet(
            signer=account, wallet=wallet or None, config=config, logger=None
        )
        signer.bind(found)
        kind = classify_account(
            signer=cast(Any, signer.address), wallet=cast(Any, found), config=config.wallet_derivation
        )
        clob = AsyncTransport(base_url=config.clob_url, logger=None)
        try:
            credentials = await async_secure._bootstrap_credentials(
                config=config, signer=account, clob=clob, provided=None, nonce=0, validate=True, logger=None
            )
        finally:
            await clob.close()
        for one in (credentials.key, credentials.secret, credentials.passphrase):
            hide(one)
        return RelayedClient._construct_for_wallet(
            signer=account,
            wallet=found,
            wallet_type=kind.wallet_type,
            signer_type=kind.signer_type,
            environment=environment,
            config=config,
            credentials=credentials,
            api_key=relayer_key,
            logger=None,
            on_rate_limit_update=None,
        )
    except PolymarketError as error:
        if getattr(error, "status", 0) in (400, 401):
            raise KeyRefused(f"the venue does not let {signer.address} sign in: {error}") from error
        raise as_venue_error(error, "signing in") from error


def environment_of(venue: VenueConfig) -> Environment:
    """Production's contracts at the addresses of the configuration."""
    production = get_environment_config(PRODUCTION)
    config = dataclasses.replace(
        production,
        clob_url=venue.clob_url,
        gamma_url=venue.gamma_url,
        data_url=venue.data_url,
        relayer_url=venue.relayer_url,
        clob_user_ws_url=venue.user_stream_url,
        rpc_url=venue.rpc_url or production.rpc_url,
    )
    return with_environment_config(PRODUCTION, config=config)
