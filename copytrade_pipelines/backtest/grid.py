"""A grid file: which settings a sweep tries, in every combination or at random."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from copytrade_live.core.codec import dumps
from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, read_text
from copytrade_pipelines.backtest.overrides import override

MAX_POINTS = 1_000_000
Changes = Mapping[str, Any]


class Grid(BaseModel):
    """What a sweep tries."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: dict[str, list[Any]] = Field(
        default={}, description="Values to try, by dotted setting: {filter.max_spread: [0.03, 0.05]}."
    )
    random: int | None = Field(
        default=None, ge=1, description="How many combinations to draw by chance; left out: every one of them."
    )
    seed: int = Field(default=0, ge=0, description="What the draw depends on; equal seeds draw equal combinations.")

    def __len__(self) -> int:
        """How many points it has."""
        everything = prod(len(values) for values in self.settings.values())
        return everything if self.random is None else min(self.random, everything)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One combination: its place in the grid, what it changes, and the configuration that makes."""

    number: int
    changes: Changes
    config: CopytradeConfig

    @property
    def name(self) -> str:
        """The changes in a line."""
        return ", ".join(f"{key}={_brief(value)}" for key, value in self.changes.items()) or "as configured"


def read_grid(path: Path) -> Grid:
    """The grid in a YAML file. Raises: ConfigError saying what is wrong with it."""
    return parse_grid(yaml_of(path), origin=str(path))


def parse_grid(values: object, *, origin: str) -> Grid:
    """A grid from plain values. Raises: ConfigError saying what is wrong with it."""
    if not isinstance(values, dict):
        raise ConfigError(f"{origin} must hold settings: with lists of values, was a {type(values).__name__}")
    try:
        grid = Grid.model_validate(values)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}, was {one['input']!r}" for one in error.errors())
        raise ConfigError("\n".join(f"{origin}: {problem}" for problem in problems)) from None
    empty = [key for key, tried in grid.settings.items() if not tried]
    if empty:
        raise ConfigError(f"{origin}: {empty[0]} lists no value to try; give at least one, or leave the key out")
    if len(grid) > MAX_POINTS:
        raise ConfigError(
            f"{origin} makes {len(grid):,} combinations, more than {MAX_POINTS:,}; try fewer values, or draw some of "
            "them by chance with random: 10000"
        )
    return grid


def points_of(grid: Grid, base: CopytradeConfig, *, origin: str = "grid", shard: int = 0, of: int = 1) -> list[Point]:
    """The points of a grid, or every of-th of them from shard on. Raises: ConfigError for values that are not allowed.

    Every value is tried by itself first, so that one wrong value is refused before anything has run.
    """
    for key, values in grid.settings.items():
        for value in values:
            override(base, {key: value}, origin)
    points = []
    for place, number in enumerate(_numbers(grid)):
        if place % of == shard:
            changes = _combination(grid.settings, number)
            points.append(Point(number=place, changes=changes, config=override(base, changes, origin)))
    return points


def _numbers(grid: Grid) -> Iterable[int]:
    total = prod(len(values) for values in grid.settings.values())
    if grid.random is None or grid.random >= total:
        return range(total)
    drawn: dict[int, None] = {}
    turn = 0
    while len(drawn) < grid.random:
        digest = hashlib.blake2b(f"{grid.seed}:{turn}".encode(), digest_size=16).digest()
        drawn[int.from_bytes(digest, "big") % total] = None
        turn += 1
    return drawn


def _combination(settings: Mapping[str, Sequence[Any]], number: int) -> dict[str, Any]:
    # The last key turns fastest, as in nested loops.
    changes = {}
    for key, values in reversed(list(settings.items())):
        number, place = divmod(number, len(values))
        changes[key] = values[place]
    return {key: changes[key] for key in settings}


def yaml_of(path: Path) -> object:
    """What a YAML file holds. Raises: ConfigError when it cannot be read."""
    try:
        return yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path} is not valid YAML{where}: {getattr(error, 'problem', None) or error}") from None


def _brief(value: object) -> str:
    return value if isinstance(value, str) else dumps(value)
