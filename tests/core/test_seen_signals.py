"""No signal is new twice within hours, and none is remembered for ever."""

from __future__ import annotations

from copytrade_live.core.state import LATEST, MEMORY, SeenSignals
from tests.builders import NOW


def test_every_signal_of_the_last_hours_is_known_however_many_there_were() -> None:
    seen = SeenSignals()
    for number in range(3 * LATEST + 1):
        assert str(number) not in seen
        seen = seen.with_signal(str(number), NOW)
    assert all(str(number) in seen for number in range(3 * LATEST + 1))
    assert len(seen.latest) <= LATEST


def test_old_states_share_what_they_remember_with_new_ones() -> None:
    seen, kept = SeenSignals(), []
    for number in range(32 * LATEST):
        seen = seen.with_signal(str(number), NOW)
        kept.append(seen)
    sets = {id(ids): len(ids) for one in kept[:: 4 * LATEST] for ids in one.young}
    # Each id lies once at most in sets of each size, and sizes double.
    assert sum(sets.values()) <= 32 * LATEST * 6
    assert max(len(one.young) for one in kept) <= 6


def test_a_signal_is_forgotten_two_generations_later_and_not_before() -> None:
    seen = SeenSignals().with_signal("first", NOW)
    seen = seen.with_signal("second", NOW + MEMORY)
    assert "first" in seen
    seen = seen.with_signal("third", NOW + 2 * MEMORY + 1)
    assert "first" in seen
    assert "second" in seen
    seen = seen.with_signal("fourth", NOW + 3 * MEMORY + 2)
    assert "first" not in seen
    assert "third" in seen
