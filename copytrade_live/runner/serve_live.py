"""Run for real money: the ceiling, the key, the account, a word of consent and a pause; then the runner."""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping
from functools import partial
from pathlib import Path

from copytrade_live.errors import ConfigError
from copytrade_live.keys.opening import OpenAccount, guarded_signer, open_account
from copytrade_live.keys.sources import Ask
from copytrade_live.live_banner import live_banner
from copytrade_live.logs import logger
from copytrade_live.runner.app import LiveAccount
from copytrade_live.runner.clocks import clock_for
from copytrade_live.runner.http import check_binding, take_token
from copytrade_live.runner.serve import open_runner, run_until_stopped, shown
from copytrade_live.settings import ClockSource, CopytradeConfig, Home, LiveOptions, load_config
from copytrade_live.store.lease import AccountLease

# What an operator types, and what a service says in CONSENT_VARIABLE beside --yes.
CONSENT = "trade real money"
CONSENT_VARIABLE = "COPYTRADE_CONSENT"
# A pause of this machine is many seconds of a world whose time runs fast.
_WORLDS_SKEW_SECONDS = 300.0

# Told whose money it is; answers whether to go on.
Consent = Callable[[OpenAccount], bool]

_log = logger("runner")


async def serve_live(
    config: CopytradeConfig,
    home: Home,
    path: Path | None,
    environment: MutableMapping[str, str],
    ask: Ask | None,
    consent: Consent,
) -> None:
    """Trade for real until SIGINT or SIGTERM. home is the operator's; what is live lies in its own folder.

    SIGHUP reads the config at path again.

    Raises: ConfigError, KeyRefused, StateError, VenueUnavailable, VenueRefusal.
    """
    home = home.live()
    token = take_token()
    check_binding(config.observability, token)
    clock = await clock_for(config.venue)
    signer = guarded_signer(config, home, clock, environment, ask)
    async with open_account(config, signer, clock, environment) as opened:
        banner = live_banner(config, home, wallet=opened.wallet, signer=opened.signer, is_owner=opened.is_owner)
        print(banner, file=sys.stderr, flush=True)
        if not consent(opened):
            raise ConfigError(f"live trading was not confirmed; type {CONSENT!r} to trade {opened.wallet} for real")
        await clock.sleep(config.safety.live_mode_confirm_delay_seconds)
        lease = AccountLease(opened.wallet, config.venue.clob_url)
        account = LiveAccount(name=opened.wallet, venue=opened.venue, options=options_for(config))
        with lease:
            async with open_runner(config, home, clock, account) as runner, shown(runner, token):
                runner.reloader.read = partial(load_config, path, home)
                await run_until_stopped(runner)


def options_for(config: CopytradeConfig) -> LiveOptions:
    """How patient live execution is at this venue."""
    orders = config.orders
    if config.venue.clock is not ClockSource.VENUE:
        return orders
    skew = max(orders.max_clock_skew_seconds, _WORLDS_SKEW_SECONDS)
    return orders.model_copy(update={"max_clock_skew_seconds": skew})


def consent_of_a_service(environment: MutableMapping[str, str]) -> Consent:
    """For --yes: nobody types, so the environment must say it."""
    return lambda opened: environment.get(CONSENT_VARIABLE) == CONSENT


def consent_of_a_person(read: Callable[[str], str]) -> Consent:
    """Have it typed, with the banner before one's eyes."""
    return lambda opened: read(f"  type '{CONSENT}' to go on: ").strip() == CONSENT
