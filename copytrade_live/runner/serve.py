"""Put a runner together from a config and run it until someone stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from copytrade_live.clock import Clock
from copytrade_live.logs import logger
from copytrade_live.published import GateReader, SnapshotReader
from copytrade_live.runner.app import LiveAccount, Runner, Sources
from copytrade_live.runner.clocks import clock_for
from copytrade_live.runner.http import build_app, check_binding, serving, take_token
from copytrade_live.settings import CopytradeConfig, Home, OnShutdown, load_config
from copytrade_live.venue.chain import ChainApi
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from copytrade_live.venue.sockets import dialler_beside

_log = logger("runner")


async def serve(config: CopytradeConfig, home: Home, path: Path | None = None) -> None:
    """Run until SIGINT or SIGTERM, then write everything out. SIGHUP reads the config file again.

    Raises: ConfigError, StateError, VenueUnavailable (only when the venue's clock is asked for and not there).
    """
    token = take_token()
    check_binding(config.observability, token)
    async with open_runner(config, home, await clock_for(config.venue)) as runner, shown(runner, token):
        runner.reloader.read = partial(load_config, path, home)
        await run_until_stopped(runner)


@asynccontextmanager
async def shown(runner: Runner, token: str) -> AsyncIterator[None]:
    """Serve metrics and health for as long as the context lasts, where the config wants it. Raises: PortInUseError."""
    seen = runner.config.observability
    if not seen.enabled:
        yield
        return
    watch = runner.watch
    app = build_app(seen, watch.registry, watch.readiness.reasons, token)
    async with serving(app, seen.host, seen.port, "observability.port") as watch.address:
        _log.info("metrics and health on %s/metrics, /healthz, /readyz", watch.address)
        measuring = asyncio.create_task(watch.measure_loop(), name="loop lag")
        try:
            yield
        finally:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)


@asynccontextmanager
async def open_runner(
    config: CopytradeConfig, home: Home, clock: Clock, account: LiveAccount | None = None
) -> AsyncIterator[Runner]:
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
        runner = Runner(config, home, clock, sources, account)
        await runner.start()
        try:
            yield runner
        finally:
            try:
                await runner.stop(cancels=runner.config.safety.on_shutdown is OnShutdown.CANCEL)
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
    loop.add_signal_handler(signal.SIGHUP, runner.ask_reload, "SIGHUP")
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
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
