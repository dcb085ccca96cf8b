"""Many configurations over one tape, by the compiled engine where it does all that they ask for, else by the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import Observation
from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.one_by_one import SweepResult
from copytrade_pipelines.ingest.progress import Progress, silent


def sweep(
    tape: Iterable[Observation],
    configs: Sequence[DecisionConfig],
    *,
    assumptions: BacktestConfig | None = None,
    books: Callable[[], BookFeed] | None = None,
    follow: Follow | None = None,
    started_at: Instant | None = None,
    until: Instant | None = None,
    threads: int = 1,
    draws: int = 0,
    progress: Progress = silent,
) -> tuple[SweepResult, ...]:
    """What each configuration would have come to on a tape, in their order, fill for fill what run gives.

    What is not compiled goes to the driver, and the result says why. threads share the configurations; draws are those
    of the interval of the profit (0: none); books makes a feed for each run of the driver; the rest is as in run.
    Raises: InputFileError for an empty tape without started_at, or one that goes back in time.
    """
    # numba takes a second to import, and whoever only lists runs does not need it.
    from copytrade_pipelines.backtest.compiled.sweeping import Given, sweep_compiled

    given = Given(assumptions=assumptions, books=books, follow=follow, started_at=started_at, until=until)
    return sweep_compiled(tape, configs, given, threads=threads, draws=draws, progress=progress)
