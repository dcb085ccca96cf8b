"""A live runner process whose gate, kill switch file and commands are the real ones, and whose leader never rests.

Every half second the leader buys somewhere, above the ask; what was bought first is sold later.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from copytrade_live.logs import setup_logging
from copytrade_live.published import GateReader
from copytrade_live.runner.app import LiveAccount, Runner, Sources
from copytrade_live.runner.clocks import clock_for
from copytrade_live.runner.serve import run_until_stopped
from copytrade_live.settings import CopytradeConfig, Home, LiveOptions
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from tests.live.live_run import Deed, Script, config_for
from tests.live.redeeming import opened, settings
from tests.live.redeeming_life import Excellent

# Seconds: until the first deed, between two, of the script, and until the sales.
FIRST, STEP, LENGTH, SALE = 2.0, 0.5, 120.0, 14.0


def main(root: str, url: str, wallet: str, tokens: Sequence[str]) -> None:
    """Follow the leader until SIGTERM. tokens: condition:token:bid:ask, one each."""
    setup_logging("warning")
    asyncio.run(_live(Path(root), url, wallet, [token.split(":") for token in tokens]))


async def _live(root: Path, url: str, wallet: str, tokens: list[list[str]]) -> None:
    config, home = live_config(url, wallet), Home(root)
    clock = await clock_for(config.venue)
    data, clob = DataApi.from_config(config.venue, clock=clock), ClobApi.from_config(config.venue, clock=clock)
    gamma = GammaApi.from_config(config.venue)
    leader = Script(deeds_of(tokens), root / "began", clock)
    try:
        async with opened(config, root, clock) as account:
            sources = Sources(
                leaders=leader, books=clob, markets=gamma, resolutions=data, snapshots=Excellent(clock),
                gates=GateReader(home),
            )  # fmt: skip
            live = LiveAccount(name=account.wallet, venue=account.venue, options=LiveOptions())
            runner = Runner(config, home.live(), clock, sources, live)
            await runner.start()
            leader.begin()
            try:
                await run_until_stopped(runner)
            finally:
                await runner.stop()
                runner.close()
    finally:
        for one in (data, clob, gamma):
            await one.close()


def deeds_of(tokens: list[list[str]]) -> list[Deed]:
    """Buys turn by turn, and after a while the sale of everything."""
    buys = []
    for number in range(int(LENGTH / STEP)):
        condition, token, _, ask = tokens[number % len(tokens)]
        at, price = FIRST + number * STEP, round(float(ask) + 0.03, 3)
        buys.append(Deed(at=at, token_id=token, condition_id=condition, side="BUY", price=price, size=400.0))
    sales = [
        Deed(at=SALE, token_id=token, condition_id=condition, side="SELL", price=float(bid), size=held)
        for condition, token, bid, _ in tokens
        if (held := sum(deed.size for deed in buys if deed.token_id == token and deed.at <= SALE))
    ]
    return [*buys, *sales]


def live_config(url: str, wallet: str) -> CopytradeConfig:
    """Small copies of much money, so that no limit but the one that is tested stops an entry."""
    wide = config_for(url)
    sections = {name: getattr(wide, name).model_dump(mode="json") for name in ("filter", "execution", "tracker")}
    sections["execution"] |= {"order_ttl_seconds": 0.5, "repost_count": 2}
    sections["tracker"]["poll_interval_seconds"] = 0.25
    return settings(
        url,
        wallet,
        **sections,
        sizing={"max_per_trade": 0.0002, "max_per_leader": 1.0, "max_per_event": 1.0, "max_per_market": 1.0},
        risk={"max_leader_copies_per_minute": 10_000, "max_copies_per_minute": 10_000, "max_positions": 1_000},
        signing={"max_daily_notional": 1_000_000.0},
        exit={"time_exit_hours": 0, "stop_loss": 1.0, "take_profit": 100.0},
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
