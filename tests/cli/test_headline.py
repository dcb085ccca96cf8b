"""The word that says whether copying is on is never better than what speaks against it."""

from __future__ import annotations

from typing import Any

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import GateObserved, KillSwitchObserved, OperatorCommanded, Verb
from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.core.state import State
from copytrade_live.headline import Copying, Headline, Level, headline
from copytrade_live.runtime_file import Runtime
from copytrade_live.situation import Blocker, blockers, situation
from tests import builders
from tests.builders import NOW, at

CONFIG = DecisionConfig()
WELL: dict[str, Any] = {"leaders": 3, "lags": {"poll": {"p50": 2.0, "p90": 5.0}}, "not_ready": [], "failing": {}}


def state_after(*more: Any) -> State:
    state = initial_state()
    for one in [*builders.opening(), *more]:
        state = step(state, one, CONFIG).state
    return state


def said(*more: Any, now: int = NOW, problem: str = "", is_alive: bool = True, **told: Any) -> Headline:
    runtime = Runtime(told=WELL | told, now=now, is_alive=is_alive)
    state = state_after(*more)
    return headline(state, CONFIG, runtime, now, stopped=blockers(state, CONFIG, now), problem=problem)


def test_what_stops_entries_is_looked_for_once_and_said_by_facts_and_word_alike() -> None:
    state, runtime = state_after(), Runtime(told=WELL, now=NOW, is_alive=True)
    found = [Blocker(reason="gate_closed", measured=None, limit=None)]
    assert situation(state, CONFIG, NOW, found)["entries_stopped_by"] == ["gate_closed"]
    assert headline(state, CONFIG, runtime, NOW, stopped=found).copying is Copying.OFF
    assert headline(state, CONFIG, runtime, NOW, stopped=[]).copying is Copying.ON


def test_with_nothing_against_it_copying_is_on() -> None:
    assert said() == Headline(copying=Copying.ON, concerns=())
    assert Copying.ON.level is Level.GOOD
    assert [one for one in Copying if one.level is Level.GOOD] == [Copying.ON]


LATE = {"poll": {"p50": 9.0, "p90": 60.0}}


@pytest.mark.parametrize(
    ("given", "concern"),
    [
        ({"not_ready": ["streams is 40 s late, 15 s allowed"]}, "streams is 40 s late, 15 s allowed"),
        ({"failing": {"poll": "no answer\n"}}, "poll fails: no answer"),
        ({"lags": LATE}, "one in ten fills comes by poll, the fastest feed, later than 30 s and is not copied"),
        ({"leaders": 0}, "no leader is followed"),
        ({"now": NOW + 45 * MINUTE}, "the gate runs out in 15.0 min and was not renewed: is Dagster running?"),
        ({"session_key_days": 6.5}, "the session key ends in 6.5 days"),
        ({"session_key_days": -1}, "the session key has ended"),
        ({"problem": "the disk is full"}, "what is shown may be old: the disk is full"),
    ],
)
def test_whatever_is_late_fails_or_soon_ends_makes_it_degraded_and_is_named(given: Any, concern: str) -> None:
    found = said(**given)
    assert found.copying is Copying.DEGRADED
    assert found.copying.level is Level.WARN
    [only] = found.concerns
    assert only.startswith(concern)


def test_scores_are_told_of_before_they_are_too_old() -> None:
    limit = CONFIG.score.max_age_seconds
    near = NOW + round(0.9 * limit * 1000)
    gate = builders.gate(written_at=near, valid_until=near + HOUR)
    found = said(GateObserved(**at(near), gate=gate), now=near)
    assert (found.copying, len(found.concerns)) == (Copying.DEGRADED, 1)
    assert "entries stop" in found.concerns[0]


def test_a_slow_feed_beside_a_fast_one_makes_no_copy_late() -> None:
    assert said(lags=LATE | {"chain": {"p50": 2.0, "p90": 5.0}}).copying is Copying.ON
    assert said(lags={"poll": {"p50": None, "p90": None}}).copying is Copying.ON


def test_what_stops_entries_comes_before_what_only_worries() -> None:
    halt = OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="op")
    stop = OperatorCommanded(**at(NOW), command_id="c", verb=Verb.STOP, by="op")
    late: dict[str, Any] = {"not_ready": ["streams is late"]}
    assert said(**late, is_alive=False).copying is Copying.NO_RUNNER
    assert said(stop, **late).copying is Copying.STOPPED
    assert said(halt, **late).copying is Copying.HALTED
    assert said(KillSwitchObserved(**at(NOW), is_active=True)).copying is Copying.HALTED
    found = said(**late, now=NOW + 2 * HOUR)
    assert found.copying is Copying.OFF
    assert "streams is late" in found.concerns
