"""Runs a correspondent and the page that Alertmanager speaks to, until somebody stops them."""

from __future__ import annotations

import asyncio
import signal
from contextlib import nullcontext

from copytrade_live.clock import SystemClock
from copytrade_live.notify.channel import Channel
from copytrade_live.notify.correspondent import Correspondent, follow
from copytrade_live.notify.hook import build_hook
from copytrade_live.ports_in_use import LOOPBACK
from copytrade_live.runner.http import serving
from copytrade_live.settings import CopytradeConfig, Home


async def serve(home: Home, config: CopytradeConfig, channel: Channel) -> None:
    """Follow and listen. Raises: PortInUseError."""
    clock = SystemClock()
    correspondent = Correspondent(home, config, channel, clock)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    port, hook = config.notifications.alerts_port, build_hook(correspondent.tell, clock)
    async with serving(hook, LOOPBACK, port, "notifications.alerts_port") if port else nullcontext():
        following = asyncio.create_task(follow(correspondent, clock), name="follow")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait((following, stopping), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (following, stopping):
                task.cancel()
            await asyncio.gather(following, stopping, return_exceptions=True)
