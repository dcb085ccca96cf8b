"""Rounds keep their pace whatever the wall clock does."""

import asyncio

from copytrade_live.runner.phases import Phase, run_side_by_side
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.loop import VirtualLoop


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
