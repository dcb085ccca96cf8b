"""A leader's holding before each of its fills, also when the holding was read in between."""

from __future__ import annotations

from copytrade_live.core.holdings import sizes_before
from copytrade_live.core.market import Side
from tests.builders import NOW, YES, signal


def fills() -> list:
    return [
        signal(signal_id="a", size=100.0, event_at=NOW),
        signal(signal_id="b", size=40.0, side=Side.SELL, event_at=NOW + 1000),
        signal(signal_id="c", size=90.0, side=Side.SELL, event_at=NOW + 2000),
    ]


def test_each_fill_starts_from_what_the_ones_before_it_left() -> None:
    assert sizes_before({}, NOW - 1, fills()) == [0.0, 100.0, 60.0]


def test_a_holding_read_later_has_the_earlier_fills_taken_back() -> None:
    # Read after b: 100 bought, 40 sold, 60 held.
    assert sizes_before({YES: 60.0}, NOW + 1500, fills()) == [0.0, 100.0, 60.0]


def test_selling_more_than_we_know_of_leaves_nothing() -> None:
    assert sizes_before({}, NOW - 1, fills()[1:]) == [0.0, 0.0]
