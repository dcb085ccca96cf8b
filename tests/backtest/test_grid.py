"""A grid's points are its combinations in order, some of them by chance, and wrong ones are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.grid import parse_grid, points_of, read_grid

SETTINGS = {"filter.max_spread": [0.03, 0.05], "sizing.kelly_multiplier": [0.1, 0.2, 0.3]}
BASE = CopytradeConfig()
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "grid.yaml"


def test_every_combination_is_a_point_and_the_last_setting_turns_fastest() -> None:
    points = points_of(parse_grid({"settings": SETTINGS}, origin="grid"), BASE)
    assert [point.number for point in points] == list(range(6))
    assert [tuple(point.changes.values()) for point in points][:4] == [
        (0.03, 0.1),
        (0.03, 0.2),
        (0.03, 0.3),
        (0.05, 0.1),
    ]
    assert points[4].config.filter.max_spread == 0.05
    assert points[4].config.sizing.kelly_multiplier == 0.2
    assert points[4].name == "filter.max_spread=0.05, sizing.kelly_multiplier=0.2"


def test_shards_share_the_points_and_none_is_lost() -> None:
    grid = parse_grid({"settings": SETTINGS}, origin="grid")
    shards = [points_of(grid, BASE, shard=shard, of=4) for shard in range(4)]
    assert sorted(point.number for shard in shards for point in shard) == list(range(6))


def test_a_draw_depends_on_the_seed_alone_and_never_repeats() -> None:
    grids = [parse_grid({"settings": SETTINGS, "random": 4, "seed": seed}, origin="grid") for seed in (1, 1, 2)]
    one, same, other = ([tuple(point.changes.values()) for point in points_of(grid, BASE)] for grid in grids)
    assert one == same != other
    assert len(set(one)) == 4 == len(grids[0])


def test_the_example_is_a_grid() -> None:
    assert len(points_of(read_grid(EXAMPLE), BASE)) == 24


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"settings": {"filter.max_spred": [0.1]}}, "did you mean filter.max_spread"),
        ({"settings": {"filter.max_spread": [0.1, 7]}}, "filter.max_spread.*was 7"),
        ({"settings": {"filter.max_spread": []}}, "filter.max_spread lists no value"),
        ({"settings": {"filter.max_spread": 0.1}}, "settings.filter.max_spread: .*list"),
        ({"setting": {}}, "setting: Extra inputs"),
        ({"settings": {f"a.b{number}": [1] * 11 for number in range(6)}}, "makes 1,771,561 combinations"),
        ([1], "must hold settings"),
    ],
)
def test_a_wrong_grid_is_refused_by_name(values: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        points_of(parse_grid(values, origin="grid.yaml"), BASE)
