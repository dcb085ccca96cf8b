"""Draws are uniform, depend on all they are drawn for, and a compiled kernel draws the same."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numba
import numpy as np
import pytest

from copytrade_pipelines.backtest import chance as drawn
from copytrade_pipelines.backtest.chance import Purpose, chance, key_of, mix

MANY = 8_000


def compiled() -> Any:
    names = dict(vars(drawn))
    for name in ("fold_half", "mix", "chance"):
        own = names[name]
        names[name] = numba.njit(FunctionType(own.__code__, names))
    return names["chance"]


def test_a_compiled_kernel_draws_the_very_same_numbers() -> None:
    draw = compiled()
    for place in range(2_000):
        given = (place % 3 * 2**60, key_of(f"s{place}"), place % 7, place % 4, (1, 2, 1_001)[place % 3])
        assert draw(*given) == chance(*given)


@pytest.mark.parametrize("place", range(5))
def test_draws_are_uniform_and_unlike_those_of_a_neighbour(place: int) -> None:
    given = [[1, 77, 1, 1, Purpose.ORDER] for _ in range(MANY)]
    for number, arguments in enumerate(given):
        arguments[place] = number
    draws = np.array([chance(*arguments) for arguments in given])
    counts, _ = np.histogram(draws, bins=50, range=(0.0, 1.0))
    expected = MANY / 50
    assert float(((counts - expected) ** 2 / expected).sum()) < 95.0
    assert abs(float(np.corrcoef(draws[:-1], draws[1:])[0, 1])) < 0.05


def test_purposes_draw_apart_from_each_other() -> None:
    order = [chance(1, key_of(f"s{place}"), 0, 1, Purpose.ORDER) for place in range(MANY)]
    settlement = [chance(1, key_of(f"s{place}"), 0, 1, Purpose.SETTLEMENT + 1) for place in range(MANY)]
    assert abs(float(np.corrcoef(order, settlement)[0, 1])) < 0.05


def test_no_two_words_mix_to_the_same() -> None:
    words = [*range(MANY), *(place << 31 for place in range(1, MANY))]
    mixed = {mix(word) for word in words}
    assert len(mixed) == len(words)
    assert all(0 <= word < 2**62 for word in mixed)


def test_the_draws_of_this_version_stay_what_they_are() -> None:
    assert chance(1, key_of("signal"), 0, 1, Purpose.ORDER) == 0.22072947703110546
