"""Waiting for something to happen, or for time to pass on the runner's clock, whichever is first."""

from __future__ import annotations

import asyncio

from copytrade_live.clock import Clock


async def wait_for(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Wait at most this long. Returns: whether the event is set."""
    if event.is_set() or seconds <= 0:
        return event.is_set()
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((sleeping, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        waiting.cancel()
    return event.is_set()
