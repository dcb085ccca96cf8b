"""A sweep by the driver itself, one configuration after another: slow, and right for every rule there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import Observation
from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest.books import BookFeed, TapedBooks
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint
from copytrade_pipelines.backtest.run import run
from copytrade_pipelines.backtest.summary import Summary
from copytrade_pipelines.backtest.tape import WarehouseTape
from copytrade_pipelines.ingest.progress import Progress, silent

DRIVER = "driver"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What one configuration came to. engine names what computed it; refused says why the fast one did not."""

    summary: Summary
    trades: tuple[CopyTrade, ...]
    equity: tuple[EquityPoint, ...]
    engine: str = DRIVER
    refused: str | None = None


def sweep_one_by_one(
    tape: Iterable[Observation],
    configs: Sequence[DecisionConfig],
    *,
    books: Callable[[], BookFeed] | None = None,
    follow: Follow | None = None,
    assumptions: BacktestConfig | None = None,
    started_at: Instant | None = None,
    until: Instant | None = None,
    progress: Progress = silent,
) -> tuple[SweepResult, ...]:
    """Drive a tape once for each configuration, in their order; books makes the feed of each.

    Raises: InputFileError for an empty tape without started_at, or one that goes back in time.
    """
    make_books = books or (tape.books if isinstance(tape, WarehouseTape) else TapedBooks)
    observations = tape if isinstance(tape, WarehouseTape) else tuple(tape)
    found = []
    for place, config in enumerate(configs):
        progress(place, len(configs), "configurations")
        result = run(
            observations,
            config,
            assumptions=assumptions,
            books=make_books(),
            follow=follow,
            started_at=started_at,
            until=until,
        )
        found.append(SweepResult(summary=result.summary, trades=result.trades, equity=result.equity))
    progress(len(configs), len(configs), "configurations")
    return tuple(found)
