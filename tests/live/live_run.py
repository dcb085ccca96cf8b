"""A live runner against a sandbox process, following a leader who does what a script says; killed where one asks.

As a program it reads lines, each a JSON list of runs, and forks a runner for each of them, so that none pays for a
start of the interpreter. A run has home, url, key, wallet, deeds, after, seconds, log, and die_at: the name of a
failpoint with its detail and the number of the time it is reached, or null.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polymarket import AsyncSecureClient

from copytrade_live.clock import Clock, stopwatch
from copytrade_live.core.market import SECOND, Instant, Side
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.score import Gate, ScoreSnapshot
from copytrade_live.failpoints import Failpoint, armed
from copytrade_live.runner.app import LiveAccount, Runner, Sources
from copytrade_live.runner.clocks import clock_for
from copytrade_live.runner.gatekeeping import SnapshotSource
from copytrade_live.settings import CopytradeConfig, Home, LiveOptions, parse_config
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import FillRow, PositionRow, VenueFill
from copytrade_live.venue.trading.sdk_venue import SdkVenue
from tests.builders import gate as a_gate
from tests.builders import score, snapshot
from tests.sandbox.trading import trading_environment

LEADER = "0x" + "ab" * 20

# The machine's pauses are many of the world's seconds when its time runs fast.
FAST = LiveOptions(max_clock_skew_seconds=120.0, first_overlap_seconds=86_400.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something the leader does, seconds after the script began. Units: price in dollars per share, size in shares."""

    at: float
    token_id: str
    condition_id: str
    side: str
    price: float
    size: float


@dataclass
class Script:
    """The leader's feed."""

    deeds: Sequence[Deed]
    file: Path
    clock: Clock
    began_at: Instant = 1 << 60

    def begin(self) -> None:
        """Begin now, or when the run before began."""
        if not self.file.exists():
            self.file.write_text(str(self.clock.now()))
        self.began_at = int(self.file.read_text())

    async def fills(self, wallet: str, *, start: Instant | None = None) -> Listing[VenueFill]:
        now = self.clock.now()
        rows = [self._row(number, deed) for number, deed in enumerate(self.deeds)]
        shown = [fill for fill in identify_fills(rows) if fill.event_at <= now and fill.event_at >= (start or 0)]
        return Listing(rows=tuple(shown), bad=(), is_complete=True)

    async def positions(self, wallet: str) -> Listing[PositionRow]:
        now, held = self.clock.now(), {}
        for deed in self.deeds:
            if self.began_at + deed.at * SECOND <= now:
                sign = 1 if deed.side == "BUY" else -1
                held[deed.token_id] = held.get(deed.token_id, 0.0) + sign * deed.size
        by_token = {deed.token_id: deed for deed in self.deeds}
        rows = [
            PositionRow(
                wallet=LEADER,
                condition_id=by_token[token].condition_id,
                token_id=token,
                outcome="Yes",
                size=size,
                total_size=size,
                average_price=by_token[token].price,
                realised_pnl=0.0,
                total_pnl=0.0,
                status="open",
                event_at=now,
            )
            for token, size in held.items()
            if size > 0
        ]
        return Listing(rows=tuple(rows), bad=(), is_complete=True)

    def _row(self, number: int, deed: Deed) -> FillRow:
        return FillRow(
            wallet=LEADER,
            condition_id=deed.condition_id,
            token_id=deed.token_id,
            outcome="Yes",
            outcome_index=0,
            side=Side(deed.side),
            price=deed.price,
            size=deed.size,
            event_at=(self.began_at + round(deed.at * SECOND)) // SECOND * SECOND,
            tx_hash=f"0x{number:064x}",
            title="",
            slug="",
            event_slug="",
        )


@dataclass
class Published:
    """Scores and a gate that let the leader through."""

    clock: Clock
    told: list[ScoreSnapshot] = field(default_factory=list)

    def poll(self) -> ScoreSnapshot | None:
        now = self.clock.now()
        row = score(wallet=LEADER, as_of=now)
        return None if self.told else self.told.append(shot := snapshot(row, as_of=now)) or shot


@dataclass
class OpenGate:
    clock: Clock
    gate: Gate | None = None

    def poll(self) -> Gate | None:
        now = self.clock.now()
        if self.gate is None or self.gate.valid_until < now + 1800 * SECOND:
            self.gate = a_gate(written_at=now, valid_until=now + 3600 * SECOND)
        return self.gate


def config_for(url: str) -> CopytradeConfig:
    """Filters wide enough for the sandbox's books, and the sandbox's time."""
    return parse_config(
        json.dumps(
            {
                "venue": {
                    "data_url": url,
                    "gamma_url": url,
                    "clob_url": url,
                    "clock": "venue",
                    "activity_stream_url": "",
                    "market_stream_url": "",
                },
                "safety": {"dry_run": False},
                "observability": {"enabled": False},
                "filter": {
                    "min_liquidity": 10,
                    "min_leader_notional": 1,
                    "max_spread": 0.2,
                    "max_price_move": 0.5,
                    "max_feed_lag_seconds": 3600,
                    "max_signal_age_seconds": 3600,
                    "max_book_age_seconds": 3600,
                },
                "execution": {"order_ttl_seconds": 45.0},
                "tracker": {"leaders": [LEADER], "poll_interval_seconds": 5.0},
            }
        ),
        origin="test",
    )


async def live(
    home: Home, url: str, key: str, wallet: str, deeds: Sequence[Deed], after: float, seconds: float
) -> None:
    """Run until the script is played and nothing works or waits, or so many real seconds passed."""
    config = config_for(url)
    clock = await clock_for(config.venue)
    client = await AsyncSecureClient.create(private_key=key, wallet=wallet, environment=trading_environment(url))
    account = LiveAccount(name=wallet.lower(), venue=SdkVenue(client, clock), options=FAST)
    try:
        await play(home, config, clock, account, Published(clock), deeds, after, seconds)
    finally:
        await client.close()


async def play(
    home: Home,
    config: CopytradeConfig,
    clock: Clock,
    account: LiveAccount,
    snapshots: SnapshotSource,
    deeds: Sequence[Deed],
    after: float,
    seconds: float,
) -> None:
    """Run one account until the script is played and nothing works or waits, or so many real seconds passed."""
    began = stopwatch()
    data, clob = DataApi.from_config(config.venue, clock=clock), ClobApi.from_config(config.venue, clock=clock)
    gamma = GammaApi.from_config(config.venue)
    leader = Script(deeds, home.root / "began", clock)
    sources = Sources(
        leaders=leader,
        books=clob,
        markets=gamma,
        resolutions=data,
        snapshots=snapshots,
        gates=OpenGate(clock),
    )
    runner = Runner(config, home, clock, sources, account)
    await runner.start()
    leader.begin()
    ready = home.root / "ready.json"
    ready.unlink(missing_ok=True)
    running = asyncio.ensure_future(runner.run_forever())
    try:
        async with asyncio.timeout(seconds):
            while not at_rest(runner, leader.began_at, after):
                if not ready.exists() and is_reconciled(runner):
                    ready.write_text(json.dumps(stopwatch() - began))
                if running.done():
                    running.result()
                await asyncio.sleep(0.02)
        if not ready.exists():
            ready.write_text(json.dumps(stopwatch() - began))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await runner.stop()
        runner.close()
        for one in (data, clob, gamma):
            await one.close()


def at_rest(runner: Runner, began_at: Instant, after: float) -> bool:
    """Whether the script is played, and nothing works, waits or is owed to a leader who left."""
    portfolio = runner.state.portfolio
    is_over = runner.clock.now() > began_at + after * SECOND
    is_idle = not portfolio.working and not portfolio.provisional and not portfolio.receivable
    # Less than the least order stays owed.
    owed = [one for one in portfolio.positions.values() if from_micro(one.owed) >= one.market.min_order_size]
    return is_over and is_reconciled(runner) and is_idle and not owed


def is_reconciled(runner: Runner) -> bool:
    """Whether the account was found equal to the ledger in this run."""
    account = runner.state.standing.account
    return account is not None and account.reconciled_at is not None


# --- the program -------------------------------------------------------------------------------------------------


def main() -> None:
    """Fork the runners of every line, side by side; answer with how each ended: an exit code, negative for a signal."""
    for line in sys.stdin:
        processes = []
        for asked in json.loads(line):
            process = os.fork()
            if process == 0:
                os._exit(_child(asked))
            processes.append(process)
        ended = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
        print(json.dumps(ended), flush=True)


def _child(asked: dict[str, Any]) -> int:
    deeds = [Deed(**deed) for deed in asked["deeds"]]
    reached: dict[str, int] = {}

    def hook(point: Failpoint, detail: str) -> None:
        name = f"{point.value}|{_kind(detail)}"
        reached[name] = reached.get(name, 0) + 1
        if asked.get("die_at") == [name, reached[name]]:
            os.kill(os.getpid(), signal.SIGKILL)

    log = open(asked["log"], "a")  # noqa: SIM115 - the process ends with it
    os.dup2(log.fileno(), 2)
    try:
        with ExitStack() as stack:
            stack.enter_context(armed(hook))
            asyncio.run(
                _life(asked)(
                    Home(Path(asked["home"])),
                    asked["url"],
                    asked["key"],
                    asked["wallet"],
                    deeds,
                    asked["after"],
                    asked["seconds"],
                )
            )
    except BaseException:
        traceback.print_exc(file=log)
        log.flush()
        return 1
    Path(asked["home"], "reached.json").write_text(json.dumps(reached))
    return 0


def _life(asked: dict[str, Any]) -> Callable[..., Coroutine[Any, Any, None]]:
    """The run that is asked for: one that trades, or one whose market ends as well."""
    if asked.get("redeems"):
        from tests.live.redeeming_life import live_to_the_payout

        return live_to_the_payout
    return live


def _kind(detail: str) -> str:
    """What a detail is about, without ids: an entry or an exit, a market, or the name itself."""
    if detail.startswith("0x"):
        return "market"
    return ("exit" if detail.startswith("exit-") else "entry") if "-" in detail and ":" not in detail else detail


if __name__ == "__main__":
    main()
