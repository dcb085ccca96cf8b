"""What tests of payouts share: an account opened as the product opens it, and markets that end when a test wants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from copytrade_live.clock import AcceleratedClock, Clock
from copytrade_live.core.market import HOUR, Instant
from copytrade_live.keys.opening import OpenAccount, guarded_signer, open_account
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.sandbox.world import WorldMarket
from copytrade_live.settings import CopytradeConfig, Home, parse_config
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import KEY

RELAYER_KEY = "sandbox-relayer-key"
BEFORE_THE_END = 3 * HOUR


def settings(url: str, wallet: str, **sections: dict[str, Any]) -> CopytradeConfig:
    """Live trading of a wallet with its owner's key, against a sandbox."""
    venue = {name: url for name in ("data_url", "gamma_url", "clob_url", "relayer_url")} | {
        "rpc_url": f"{url}/rpc",
        "user_stream_url": url.replace("http", "ws", 1) + "/ws/user",
        "activity_stream_url": "",
        "market_stream_url": "",
        "clock": "venue",
    }
    whole = {
        "venue": venue,
        "safety": {"dry_run": False},
        "live": {"wallet": wallet, "key_source": "env", "allow_owner_key": True},
        "observability": {"enabled": False},
    }
    return parse_config(json.dumps(whole | sections), origin="test")


@asynccontextmanager
async def opened(
    config: CopytradeConfig, folder: Path, clock: Clock, *, relayer_key: str = RELAYER_KEY, key: str = KEY
) -> AsyncIterator[OpenAccount]:
    """The account, with everything between it and the wire that the product puts there."""
    environment = {"COPYTRADE_KEY": key, "COPYTRADE_RELAYER_KEY": relayer_key}
    signer = guarded_signer(config, Home(folder), clock, environment, None)
    async with open_account(config, signer, clock, environment) as account:
        assert not environment
        yield account


def won_market(world: SyntheticWorld) -> tuple[WorldMarket, str]:
    """A market that ended before the world's start, and the token that pays."""
    one = next(
        one
        for one in world.markets
        if one.resolved_at is not None and one.resolved_at < world.start_at and one.payouts in ((1.0, 0.0), (0.0, 1.0))
    )
    return one, one.token_ids[0 if one.payouts == (1.0, 0.0) else 1]


def ending_market(
    world: SyntheticWorld, *, neg_risk: bool, before: Instant = BEFORE_THE_END
) -> tuple[WorldMarket, int, Instant]:
    """A market that is open, trades near the middle and ends so much later, what pays, and when."""
    for number, one in enumerate(world.markets):
        at = one.end_at - before
        is_known = one.payouts in ((1.0, 0.0), (0.0, 1.0)) and one.resolved_at is not None
        if (
            one.neg_risk is not neg_risk
            or not is_known
            or at < max(one.opened_at + HOUR, world.start_at - 60 * 24 * HOUR)
        ):
            continue
        ladder = world.ladder(number, at)
        won = 0 if one.payouts == (1.0, 0.0) else 1
        if ladder.mid is not None and 0.4 < (ladder.mid if won == 0 else 1 - ladder.mid) < 0.6:
            return one, won, at
    raise AssertionError("the world has no such market")


class SkippingClock(AcceleratedClock):
    """A sandbox's clock that jumps when told to; who shares it jumps with it."""

    def skip(self, instant: Instant) -> None:
        """Be at an instant at once."""
        self._anchor -= max(0, instant - self.now()) / 1000 / self.speed


def skipping(sandbox: Sandbox, speed: float) -> SkippingClock:
    """The sandbox's time from now on."""
    clock = SkippingClock(sandbox.time.now(), speed)
    sandbox.time._clock = clock
    return clock
