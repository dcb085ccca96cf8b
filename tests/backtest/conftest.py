"""One busy backtest, run once and looked at from many sides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from copytrade_live.core.events import JournalEvent
from copytrade_live.replay import read_rows
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.store.rows import JournalRow
from copytrade_pipelines.backtest import BacktestResult, run_window
from tests.backtest.world import CONFIG, END, START, Rows, busy
from tests.builders import OTHER_WALLET, WALLET

LEADERS = (WALLET, OTHER_WALLET)


@dataclass(frozen=True)
class Done:
    """A finished run with its journal."""

    result: BacktestResult
    rows: list[JournalRow]

    @property
    def events(self) -> list[JournalEvent]:
        return [row.event for row in self.rows]


def backtest(
    rows: Rows,
    folder: Path,
    *,
    config: CopytradeConfig = CONFIG,
    start: int = START,
    end: int = END,
    leaders: tuple[str, ...] = LEADERS,
    has_figures: bool = False,
) -> Done:
    """A run and its journal. Figures are drawn only for who looks at them: they take most of the time."""
    with rows.connect() as con:
        result = run_window(con, config, Home(folder), start, end, leaders, has_figures=has_figures)
    assert result.journal_path is not None
    return Done(result, list(read_rows(result.journal_path)))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return backtest(busy(), tmp_path_factory.mktemp("busy"))
