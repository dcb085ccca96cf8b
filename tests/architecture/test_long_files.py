"""The files that run first are there."""

from __future__ import annotations

from pathlib import Path

from tests.long_files import LONG_FILES, in_order

TESTS = Path(__file__).resolve().parents[1]


def test_every_long_file_is_one_that_is_there_and_they_come_before_the_rest() -> None:
    assert [name for name in LONG_FILES if not (TESTS / name).exists()] == []
    assert len(set(LONG_FILES)) == len(LONG_FILES)
    places = [in_order(TESTS / name) for name in (*LONG_FILES, "core/test_decide.py")]
    assert places == sorted(set(places))
