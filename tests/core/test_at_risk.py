"""Sums that move along with a mapping are those of the mapping, whatever was asked before."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from copytrade_live.core.at_risk import AtRisk, RunningSums, Share

NAMES = st.sampled_from("abcd")
SHARES = st.builds(Share, NAMES, NAMES, NAMES, st.integers(0, 5))
MAPPINGS = st.lists(st.dictionaries(st.sampled_from("12345"), SHARES), max_size=8)


def summed(entries: Mapping[str, Share]) -> AtRisk:
    return RunningSums[Share](lambda share: share).of(entries)


def by_hand(entries: Mapping[str, Share], part: str) -> dict[str, int]:
    names = {getattr(share, part) for share in entries.values()}
    sums = {name: sum(one.cash for one in entries.values() if getattr(one, part) == name) for name in names}
    return {name: cash for name, cash in sums.items() if cash}


@given(MAPPINGS)
def test_sums_that_moved_along_are_those_of_the_entries(mappings: list[dict[str, Share]]) -> None:
    running = RunningSums[Share](lambda share: share)
    for entries in mappings:
        found = running.of(entries)
        assert found.cash == sum(share.cash for share in entries.values())
        assert found.by_market == by_hand(entries, "condition_id")
        assert found.by_leader == by_hand(entries, "wallet")
        assert found.by_event == by_hand(entries, "event_id")
        assert running.of(entries) is found


def test_an_entry_leaves_with_what_it_came_with() -> None:
    worth = {"now": 5}
    running = RunningSums[str](lambda name: Share("m", "w", "e", worth[name]))
    held = {"1": "now"}
    assert running.of(held).cash == 5
    worth["now"] = 7
    assert running.of({}) == AtRisk() == summed({})
