"""Runs a correspondent and the page that Alertmanager speaks to, until somebody stops them."""

from __future__ import annotations

import asyncio
import signal

from copytrade_live.clock import SystemClock
from copytrade_live.notify.channel import Channel
from copytrade_live.notify.correspondent import Correspondent, follow
from copytrade_live.notify.hook import build_hook, hook_server
from copytrade_live.ports_in_use import LOOPBACK, open_port
from copytrade_live.settings import CopytradeConfig, Home


async def serve(home: Home, config: CopytradeConfig, channel: Channel) -> None:
    """Follow and listen. Raises: PortInUseError."""
    clock = SystemClock()
    correspondent = Correspondent(home, config, channel, clock)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    following = asyncio.create_task(follow(correspondent, clock), name="follow")
    port = config.notifications.alerts_port
    listening = asyncio.create_task(_listen(correspondent, clock, port) if port else stop.wait(), name="alerts")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        done, _ = await asyncio.wait((following, listening, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (following, listening, stopping):
            task.cancel()
        await asyncio.gather(following, listening, stopping, return_exceptions=True)


async def _listen(correspondent: Correspondent, clock: SystemClock, port: int) -> None:
    with open_port(LOOPBACK, port, "notifications.alerts_port") as listener:
        server = hook_server(build_hook(correspondent.tell, clock))
        try:
            await server.serve(sockets=[listener])
        finally:
            server.should_exit = True
