"""Our own ceilings, and what the venue said of itself."""

from __future__ import annotations

import asyncio

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.ports import PostRefused, VenueRestriction
from copytrade_live.runner.live.ceiling import Ceiling, Urgency
from copytrade_live.runner.live.openness import Openness
from copytrade_live.settings import LiveOptions
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.loop import VirtualLoop
from tests.builders import NOW


@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_ceiling_below_one_a_second_makes_everyone_slow_and_nobody_wait_for_ever(urgency: Urgency) -> None:
    loop = VirtualLoop(1)
    clock = VirtualClock(loop, NOW)
    ceiling = Ceiling(0.5, 0.5, clock)

    async def ask() -> float:
        async with asyncio.timeout(60.0):
            for _ in range(3):
                await ceiling.wait(urgency)
        return clock.monotonic()

    try:
        began = clock.monotonic()
        assert 3.9 <= loop.run_until_complete(ask()) - began <= 10.0
    finally:
        loop.close()


def test_being_asked_to_slow_down_does_not_end_what_only_an_operator_can() -> None:
    openness = Openness(ManualClock(NOW), LiveOptions())
    openness.refused(PostRefused(code="geoblocked", message="", restriction=VenueRestriction.GEOBLOCKED), is_entry=True)
    openness.unanswered(VenueRestriction.RATE_LIMITED)
    assert openness.restriction is VenueRestriction.GEOBLOCKED
    assert openness.is_lasting
    openness.lift()
    openness.unanswered(VenueRestriction.RATE_LIMITED)
    assert openness.restriction is VenueRestriction.RATE_LIMITED


def test_an_exit_that_a_closing_only_account_may_make_does_not_open_it_for_entries() -> None:
    openness = Openness(ManualClock(NOW), LiveOptions())
    openness.refused(PostRefused(code="", message="", restriction=VenueRestriction.CLOSED_ONLY), is_entry=True)
    assert not openness.may_post
    openness.answered(is_entry=False)
    assert openness.may_post
    assert openness.restriction is VenueRestriction.CLOSED_ONLY
    openness.answered(is_entry=True)
    assert openness.restriction is None
