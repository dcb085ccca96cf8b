"""Holdings are folded without ever going below zero, and no collateral comes from nowhere."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_pipelines.ingest.holdings import Holding, Holdings, Kind, Step, fold, in_order
from copytrade_pipelines.ingest.reconcile import VenuePosition, reconcile

# A neg-risk event of three conditions: exactly one of them pays its Yes.
CONDITIONS = ("a", "b", "c")
YES = {condition: f"{condition}-yes" for condition in CONDITIONS}
NO = {condition: f"{condition}-no" for condition in CONDITIONS}
SIZES = st.integers(1, 400).map(lambda cents: cents / 4)


def pair(condition: str) -> tuple[str, str]:
    return YES[condition], NO[condition]


@st.composite
def a_step(draw: st.DrawFn) -> Step:
    kind = draw(st.sampled_from([kind for kind in Kind if kind is not Kind.REDEEM]))
    size, at = draw(SIZES), draw(st.integers(0, 5)) * 1000
    condition = draw(st.sampled_from(CONDITIONS))
    if kind in (Kind.BUY, Kind.SELL):
        token = draw(st.sampled_from(pair(condition)))
        return Step(kind=kind, at=at, tokens=(token,), size=size, price=draw(st.integers(1, 99)) / 100)
    if kind is Kind.CONVERT:
        burnt = draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3, unique=True))
        gained = tuple(YES[one] for one in CONDITIONS if one not in burnt)
        return Step(kind=kind, at=at, tokens=tuple(NO[one] for one in burnt), size=size, gained=gained)
    return Step(kind=kind, at=at, tokens=pair(condition), size=size)


def worth(held: Holdings, winner: str) -> float:
    """Cash and what everything pays when one condition wins."""
    paying = {YES[winner], *(NO[one] for one in CONDITIONS if one != winner)}
    return held.cash + sum(one.size for token, one in held.by_token.items() if token in paying)


@given(st.lists(a_step(), max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_size_and_no_cost_is_ever_below_zero(steps: list[Step]) -> None:
    held = fold(in_order(steps))
    assert all(one.size >= 0 and one.missing >= 0 and one.cost >= -1e-9 for one in held.by_token.values())


@given(st.lists(a_step(), max_size=30))
@settings(max_examples=150, deadline=None)
def test_collateral_in_is_cost_held_and_what_was_realised(steps: list[Step]) -> None:
    held = fold(in_order(steps))
    cost = sum(one.cost for one in held.by_token.values())
    realised = sum(one.realised for one in held.by_token.values())
    assert held.cash + cost == pytest.approx(realised, abs=1e-6)


@given(st.lists(a_step(), max_size=20), st.sampled_from([Kind.SPLIT, Kind.MERGE, Kind.CONVERT]), st.data())
@settings(max_examples=150, deadline=None)
def test_a_split_a_merge_and_a_conversion_change_nothing_whoever_wins(
    steps: list[Step], kind: Kind, data: st.DataObject
) -> None:
    before = fold(in_order(steps))
    last = data.draw(a_step().filter(lambda step: step.kind is kind))
    # what is not held cannot be given away: that is missing history, and worth what it claims
    held = min((before.of(token).size for token in last.tokens), default=0.0)
    size = last.size if kind is Kind.SPLIT else min(last.size, held)
    one = Step(kind=kind, at=99_000, tokens=last.tokens, size=size, gained=last.gained)
    after = fold([*in_order(steps), one])
    for winner in CONDITIONS:
        assert worth(after, winner) == pytest.approx(worth(before, winner), abs=1e-6)


def test_what_was_never_seen_acquired_is_counted_missing() -> None:
    steps = [
        Step(kind=Kind.BUY, at=0, tokens=("t",), size=10, price=0.4),
        Step(kind=Kind.SELL, at=1, tokens=("t",), size=15, price=0.6),
    ]
    found = fold(steps).by_token["t"]
    assert (found.size, found.missing) == (0, 5)
    assert found.realised == pytest.approx(2.0)


def test_a_redemption_burns_both_sides_at_their_payouts() -> None:
    steps = [
        Step(kind=Kind.SPLIT, at=0, tokens=("y", "n"), size=10),
        Step(kind=Kind.SELL, at=1, tokens=("n",), size=4, price=0.25),
        Step(kind=Kind.REDEEM, at=2, tokens=("y", "n"), size=10, payouts=(1.0, 0.0)),
    ]
    held = fold(steps)
    assert [one.size for one in held.by_token.values()] == [0, 0]
    assert held.cash == pytest.approx(-10 + 1 + 10)


def test_a_redemption_without_known_payouts_still_brings_what_it_brought() -> None:
    steps = [
        Step(kind=Kind.BUY, at=0, tokens=("y",), size=10, price=0.3),
        Step(kind=Kind.REDEEM, at=1, tokens=("y", "n"), size=10.0),
    ]
    assert fold(steps).cash == pytest.approx(7.0)


def test_of_one_second_what_acquires_comes_first() -> None:
    steps = [
        Step(kind=Kind.SELL, at=0, tokens=("t",), size=5, price=0.5),
        Step(kind=Kind.SPLIT, at=0, tokens=("t", "u"), size=5),
    ]
    assert fold(in_order(steps)).by_token["t"].missing == 0


def venue(size: float, at: int | None = 0) -> VenuePosition:
    return VenuePosition(size=size, average_price=0.5, event_at=at)


def holding(size: float, **values: float) -> Holding:
    return Holding(size=size, bought=size, notional=size / 2, cost=size / 2, **values)  # type: ignore[arg-type]


def test_dust_is_the_same_and_more_is_not() -> None:
    ours = {"a": holding(10.0), "b": holding(10.0), "c": holding(0.0)}
    found = reconcile(ours, {"a": venue(10.009), "b": venue(10.02)}, through=5, settled_before=10)
    assert (found.tokens, found.matched, found.mismatched) == (3, 2, ("b",))
    assert found.token_share == pytest.approx(2 / 3)
    assert found.share == pytest.approx(5.0045 / (5.0045 + 5.01))


def test_a_position_nobody_folded_weighs_what_the_venue_says_it_cost() -> None:
    found = reconcile({"a": holding(10.0)}, {"a": venue(10.0), "x": venue(10.0)}, through=5, settled_before=10)
    assert found.share == pytest.approx(0.5)


@pytest.mark.parametrize(("moved_at", "last_at", "pending"), [(6, 0, 1), (5, 0, 0), (None, 11, 1), (None, 9, 0)])
def test_what_moved_too_late_to_compare_is_pending(moved_at: int | None, last_at: int, pending: int) -> None:
    found = reconcile({"a": holding(1.0, last_at=last_at)}, {"a": venue(9.0, moved_at)}, through=5, settled_before=10)
    assert (found.pending, found.tokens) == (pending, 1 - pending)


@pytest.mark.parametrize("held", list(product((0.0, 3.0), repeat=2)))
def test_a_full_match_is_a_whole_share(held: tuple[float, float]) -> None:
    ours = dict(zip("ab", map(holding, held), strict=True))
    theirs = {token: venue(one.size) for token, one in ours.items() if one.size}
    assert reconcile(ours, theirs, through=5, settled_before=10).share == 1.0
