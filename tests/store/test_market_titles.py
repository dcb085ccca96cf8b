"""What markets are called is kept beside the state, whatever strangers call them and however a runner ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.errors import StateError
from copytrade_live.store.market_titles import FILE, LONGEST, MarketTitle, MarketTitles, read_titles

HOSTILE = '<script>alert(1)</script>\n"},{\u202e\u0000'


def kept(state: Path, *heard: tuple[str, str, str]) -> MarketTitles:
    titles = MarketTitles(state)
    for one in heard:
        titles.hear(*one)
    titles.write()
    return titles


def test_titles_are_read_as_they_were_heard_and_the_newest_counts(tmp_path):
    state = tmp_path / "state.sqlite"
    assert read_titles(state) == {}
    kept(state, ("0x1", HOSTILE, "a"), ("0x2", "Will it rain?", "rain"))
    kept(state, ("0x2", "Will it snow?", "rain"))
    assert read_titles(state) == {
        "0x1": MarketTitle(question=HOSTILE, slug="a"),
        "0x2": MarketTitle(question="Will it snow?", slug="rain"),
    }


def test_what_is_known_is_not_written_again(tmp_path):
    state = tmp_path / "state.sqlite"
    titles = kept(state, ("0x1", "Will it rain?", "rain"))
    size = (tmp_path / FILE).stat().st_size
    for _ in range(3):
        titles.hear("0x1", "Will it rain?", "rain")
        titles.hear("0x2", "", "")
        titles.write()
    assert (tmp_path / FILE).stat().st_size == size
    kept(state, ("0x1", "Will it rain?", "rain"))
    assert (tmp_path / FILE).stat().st_size == size


def test_a_line_cut_by_a_kill_costs_that_line_alone(tmp_path):
    state = tmp_path / "state.sqlite"
    kept(state, ("0x1", "Will it rain?", "rain"))
    with (tmp_path / FILE).open("a") as file:
        file.write('{"condition_id": "0x2", "quest')
    kept(state, ("0x3", "Will it snow?", "snow"))
    assert sorted(read_titles(state)) == ["0x1", "0x3"]


def test_a_long_title_is_cut(tmp_path):
    state = tmp_path / "state.sqlite"
    kept(state, ("0x1", "x" * 10_000, "s"))
    assert len(read_titles(state)["0x1"].question) == LONGEST


def test_a_disk_that_refuses_loses_nothing(tmp_path):
    state = tmp_path / "missing" / "state.sqlite"
    titles = MarketTitles(state)
    titles.hear("0x1", "Will it rain?", "rain")
    with pytest.raises(StateError, match=r"market_titles\.jsonl cannot be written"):
        titles.write()
    state.parent.mkdir()
    titles.write()
    assert read_titles(state)["0x1"].question == "Will it rain?"
