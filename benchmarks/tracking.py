"""What following 1,000 leaders costs over the stream (reference T1): processor time a frame, and against polling.

The anchor of the filter is the same library's loop that receives and does nothing; that of polling is our own client
asking the listings of 500 wallets every 2 seconds, beside a stream of 200 frames a second. Both peers are a process of
their own; only ours is measured. Equality: exactly the followed wallets' fills come out, as a full parse finds them.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from websockets.asyncio.client import connect

from benchmarks.tracking_peer import FOLLOWED, frames, wallet
from copytrade_live.clock import SystemClock
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.polling import PollSource
from copytrade_live.runner.tracking.ports import Sighting
from copytrade_live.runner.tracking.stream import StreamSource
from copytrade_live.settings import TrackerConfig, VenueConfig
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.sockets import dialler

FRAMES, LISTINGS, REPEATS = 60_000, 1_000, 5
FRAMES_A_SECOND, LISTINGS_A_SECOND = 200, 250


def measure() -> dict[str, dict[str, float | bool | str]]:
    """Microseconds a frame, bare and filtered, and what polling would cost; medians of interleaved runs."""
    with _peer() as (stream_port, listing_port):
        url, listings = f"ws://127.0.0.1:{stream_port}/", f"http://127.0.0.1:{listing_port}"
        bare, ours, polled = [], [], []
        kept: list[Sighting] = []
        for _ in range(REPEATS):
            bare.append(_cost(lambda: _receive(url)) / FRAMES)
            kept.clear()
            ours.append(_cost(lambda: _filter(url, kept)) / FRAMES)
            polled.append(_cost(lambda: _poll(listings)) / LISTINGS)
    anchor, value, listing = (statistics.median(costs) for costs in (bare, ours, polled))
    share = value * FRAMES_A_SECOND / (listing * LISTINGS_A_SECOND)
    is_equal = _told(kept) == _wanted()
    return {
        "T1.frame": _row(value, f"{anchor * 1e6:.2f} us bare loop", value / anchor, 3.0, is_equal),
        "T1.of_polling": _row(value, f"{listing * 1e6:.0f} us a listing of 500 wallets", share, 0.01, is_equal),
    }


def _row(value: float, anchor: str, ratio: float, goal: float, is_equal: bool) -> dict[str, float | bool | str]:
    return {
        "value": f"{value * 1e6:.2f} us",
        "anchor": anchor,
        "ratio": round(ratio, 5),
        "goal": f"ratio <= {goal:g}",
        "holds": ratio <= goal,
        "equal": is_equal,
    }


def _cost(work: Callable[[], Awaitable[None]]) -> float:
    async def timed() -> float:
        began = time.process_time()
        await work()
        return time.process_time() - began

    return asyncio.run(timed())


async def _receive(url: str) -> None:
    async with connect(url, compression=None, proxy=None, max_queue=1024) as connection:
        await connection.send("hello")
        for _ in range(FRAMES):
            await connection.recv()


async def _filter(url: str, kept: list[Sighting]) -> None:
    source = StreamSource(dialler(url), SystemClock(), TrackerConfig(), Health())
    source.follow({wallet(number): 0 for number in range(FOLLOWED)})
    running = asyncio.create_task(source.run())
    while source.frames < FRAMES:
        await source.wake()
        kept += await source.look()
        await asyncio.sleep(0.02)
    kept += await source.look()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _poll(url: str) -> None:
    api = DataApi.from_config(VenueConfig(data_url=url))
    config = TrackerConfig(poll_interval_seconds=0.001, poll_budget_share=1.0)
    source = PollSource(api, SystemClock(), config, Health(), requests_per_second=1e9)
    for first in range(0, LISTINGS, 20):
        source.follow({wallet(number): 0 for number in range(first, first + 20)})
        await source.look()
    await api.close()


def _told(kept: list[Sighting]) -> list[tuple[str, str, float, float]]:
    return [(one.fill.wallet, one.fill.token_id, one.fill.price, one.fill.size) for one in kept]


def _wanted() -> list[tuple[str, str, float, float]]:
    followed = {wallet(number) for number in range(FOLLOWED)}
    payloads = [json.loads(frame)["payload"] for frame in frames(FRAMES)]
    return [
        (one["proxyWallet"].lower(), one["asset"], one["price"], one["size"])
        for one in payloads
        if one["proxyWallet"].lower() in followed
    ]


@contextmanager
def _peer() -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "benchmarks.tracking_peer", str(FRAMES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None
        stream, listing = process.stdout.readline().split()
        try:
            yield int(stream), int(listing)
        finally:
            process.terminate()
