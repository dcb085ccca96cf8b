"""Rounds keep their pace whatever the wall clock does."""

import asyncio

from copytrade_live.runner.phases import LATE_SECONDS, Phase, late_ones, run_side_by_side
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.loop import VirtualLoop


def test_a_round_that_waits_for_news_is_late_only_once_it_hangs_over_some():
    loop = VirtualLoop(1)
    clock = VirtualClock(loop, 10_000_000)
    news, never = asyncio.Event(), asyncio.Event()
    said: list[list[str]] = []

    async def look() -> None:
        if news.is_set():
            await never.wait()

    async def live() -> None:
        stream = Phase("stream", 0.0, look, wake=news.wait)
        running = asyncio.create_task(run_side_by_side([stream], clock))
        for happen in (lambda: None, news.set):
            happen()
            for seconds in (0.5, 100 * LATE_SECONDS):
                await asyncio.sleep(seconds)
                said.append(list(late_ones([stream], clock.monotonic(), 1.0)))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    loop.run_until_complete(live())
    loop.close()
    assert said == [[], [], [], ["stream is 1500 s late, 15 s allowed"]]


def test_a_wall_clock_that_is_set_back_silences_no_round():
    loop = VirtualLoop(1)
    clock = VirtualClock(loop, 10_000_000)
    ran: list[float] = []

    async def note() -> None:
        ran.append(clock.monotonic())
        clock.skew = -3_600_000 if len(ran) == 2 else 0

    async def live() -> None:
        running = asyncio.create_task(run_side_by_side([Phase("round", 2.0, note)], clock))
        await asyncio.sleep(9)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    loop.run_until_complete(live())
    loop.close()
    assert ran == [0.0, 2.0, 4.0, 6.0, 8.0]
