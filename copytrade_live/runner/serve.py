"""Put a runner together from a config and run it until someone stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from copytrade_live.clock import Clock
from copytrade_live.published import GateReader, SnapshotReader
from copytrade_live.runner.app import Runner, Sources
from copytrade_live.runner.clocks import clock_for
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.venue.chain import ChainApi
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from copytrade_live.venue.sockets import dialler_beside


async def serve(config: CopytradeConfig, home: Home) -> None:
    """Run until SIGINT or SIGTERM, then write everything out.

    Raises: ConfigError, StateError, VenueUnavailable (only when the venue's clock is asked for and not there).
    """
    async with open_runner(config, home, await clock_for(config.venue)) as runner:
        await run_until_stopped(runner)


@asynccontextmanager
async def open_runner(config: CopytradeConfig, home: Home, clock: Clock) -> AsyncIterator[Runner]:
    """A started runner on the configured venue; closed, with its last export written, on the way out."""
    data = DataApi.from_config(config.venue, clock=clock)
    clob = ClobApi.from_config(config.venue, clock=clock)
    gamma = GammaApi.from_config(config.venue)
    chain = ChainApi.from_config(config.venue) if config.venue.rpc_url else None
    sources = Sources(
        leaders=data,
        books=clob,
        markets=gamma,
        resolutions=data,
        snapshots=SnapshotReader(home),
        gates=GateReader(home),
        chain=chain,
        tokens=gamma,
        activity=dialler_beside(config.venue.activity_stream_url, config.venue.data_url),
        pushed_books=dialler_beside(config.venue.market_stream_url, config.venue.clob_url),
    )
    try:
        runner = Runner(config, home, clock, sources)
        await runner.start()
        try:
            yield runner
        finally:
            runner.close()
    finally:
        for client in (data, clob, gamma, chain):
            if client is not None:
                await client.close()


async def run_until_stopped(runner: Runner) -> None:
    """Run side by side until SIGINT or SIGTERM. What breaks the runner is raised here."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(runner.run_forever(), name="runner")
    waiting = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        for task in (running, waiting):
            task.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
