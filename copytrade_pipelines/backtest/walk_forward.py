"""Walk-forward: choose the best point of a grid on what came before, and see what it earns on what comes after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from copytrade_live.core.codec import dumps
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.folds import Fold
from copytrade_pipelines.backtest.grid import Point
from copytrade_pipelines.backtest.sweep_window import Swept
from copytrade_pipelines.ingest.progress import Progress, silent

# Tests points on a window; raises InputFileError where it holds nothing.
Sweeps = Callable[[Instant, Instant, Sequence[Point]], list[Swept]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One fold: what was chosen in training, what that earned there, and what it and the settings as they are earned
    in the test that followed.
    """

    number: int
    fold: Fold
    points: int
    trained: Swept
    tested: Swept
    unchanged: Swept

    def row(self, walk_id: str) -> dict[str, Any]:
        """A row of marts.walk_forward_folds: the numbers are those of the test."""
        return {
            **self.tested.row(walk_id, self.points),
            "walk_id": walk_id,
            "fold": self.number,
            "train_from": self.fold.train_start,
            "train_to": self.fold.train_end,
            "changes": dumps(dict(self.trained.point.changes)),
            "train_return": self.trained.result.summary.total_return,
            "unchanged_return": self.unchanged.result.summary.total_return,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Every fold that held something to test, and the numbers of those that did not with the reason."""

    steps: tuple[Step, ...]
    empty: dict[int, str]


def walk_forward(
    folds: Sequence[Fold],
    points: Sequence[Point],
    base: CopytradeConfig,
    sweeps: Sweeps,
    progress: Progress = silent,
) -> Walk:
    """Train, choose and test each fold. Raises: InputFileError when no fold held anything to test."""
    steps: list[Step] = []
    empty: dict[int, str] = {}
    unchanged = Point(number=-1, changes={}, config=base)
    for number, fold in enumerate(folds):
        progress(number, len(folds), "folds")
        try:
            trained = best(sweeps(fold.train_start, fold.train_end, points))
            tested, plain = sweeps(fold.test_start, fold.test_end, [trained.point, unchanged])
        except InputFileError as error:
            empty[number] = str(error)
            continue
        if tested.point.number == unchanged.number:
            tested, plain = plain, tested
        steps.append(
            Step(number=number, fold=fold, points=len(points), trained=trained, tested=tested, unchanged=plain)
        )
    progress(len(folds), len(folds), "folds")
    if not steps:
        raise InputFileError(f"no fold holds anything to test: {next(iter(empty.values()), 'there is none')}")
    return Walk(steps=tuple(steps), empty=empty)


def best(swept: Sequence[Swept]) -> Swept:
    """The point with the greatest return; of equal ones the first of the grid."""
    return max(swept, key=lambda one: (one.result.summary.total_return, -one.point.number))


def chained_return(steps: Sequence[Step], *, unchanged: bool = False) -> float:
    """What the tests one after another made of the account, as a fraction."""
    account = 1.0
    for step in steps:
        swept = step.unchanged if unchanged else step.tested
        account *= 1.0 + swept.result.summary.total_return
    return account - 1.0
