"""The virtual loop: no real waiting, an order of its own by seed, and a word when nothing can ever wake it."""

import asyncio

import pytest

from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.loop import SleepForever, VirtualLoop


def test_an_hour_of_sleep_takes_no_time():
    loop = VirtualLoop(1)
    clock = VirtualClock(loop, 1_000_000)
    loop.run_until_complete(clock.sleep(3600))
    assert loop.time() == 3600
    assert clock.now() == 1_000_000 + 3_600_000
    loop.close()


def order_of(seed: int) -> list[int]:
    async def note(number: int) -> None:
        await asyncio.sleep(1)
        found.append(number)

    async def everybody() -> None:
        await asyncio.gather(*(note(number) for number in range(8)))

    found: list[int] = []
    loop = VirtualLoop(seed)
    loop.run_until_complete(everybody())
    loop.close()
    return found


def test_what_is_ready_at_once_runs_in_an_order_drawn_by_seed():
    assert order_of(1) == order_of(1)
    assert len({tuple(order_of(seed)) for seed in range(5)}) == 5


def test_waiting_for_nothing_is_said_and_not_waited_for():
    loop = VirtualLoop(1)
    with pytest.raises(SleepForever, match="nothing left to wake"):
        loop.run_until_complete(asyncio.wait_for(loop.create_future(), None))
    for task in asyncio.all_tasks(loop):
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()


def test_a_wrong_wall_clock_moves_no_timer():
    loop = VirtualLoop(1)
    clock = VirtualClock(loop, 0)
    clock.skew = 3_600_000
    loop.run_until_complete(clock.sleep(5))
    assert clock.monotonic() == 5
    assert clock.now() == 3_605_000
    assert clock.truth() == 5_000
    loop.close()
