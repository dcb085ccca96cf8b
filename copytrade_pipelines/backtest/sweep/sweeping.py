"""Many configurations over one tape: compiled where the kernel does all that they ask for, else by the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import Observation
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.assumptions import config_of
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.one_by_one import SweepResult, sweep_one_by_one
from copytrade_pipelines.backtest.summary import summarise
from copytrade_pipelines.backtest.sweep.arrays import TapeArrays, arrays_of
from copytrade_pipelines.backtest.sweep.layout import TOGETHER
from copytrade_pipelines.backtest.sweep.parameters import NotCompiledError, refusal_of
from copytrade_pipelines.backtest.sweep.passes import pass_over
from copytrade_pipelines.backtest.sweep.results import ledgers_of
from copytrade_pipelines.backtest.sweep.tables import tables_of
from copytrade_pipelines.backtest.tape import WarehouseTape
from copytrade_pipelines.ingest.progress import Progress, silent

COMPILED = "compiled"


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

    A configuration or a tape that asks for what is not compiled goes to the driver, and its result says what that was.
    draws are those of the interval of the profit (0: none). Arguments are run's; books makes a feed for each run.
    Raises: InputFileError for an empty tape without started_at, or one that goes back in time.
    """
    observations = tape if isinstance(tape, WarehouseTape) else tuple(tape)
    given = {"assumptions": assumptions, "books": books, "follow": follow, "started_at": started_at, "until": until}
    try:
        if books is not None or isinstance(tape, WarehouseTape):
            raise NotCompiledError("the books are not those on the tape; use the driver for it")
        arrays = arrays_of(observations, follow, started_at)
    except NotCompiledError as error:
        return _driven(observations, configs, str(error), given, progress)
    refused = [refusal_of(config, config_of(config, assumptions)) for config in configs]
    fast = [place for place, why in enumerate(refused) if why is None]
    found: dict[int, SweepResult] = {}
    for place, why in enumerate(refused):
        if why is not None:
            found[place] = _driven(observations, [configs[place]], why, given, silent)[0]
    decided = [_decision(configs[place]) for place in fast]
    own = [config_of(configs[place], assumptions) for place in fast]
    results = _compiled(arrays, decided, own, started_at, until, threads, draws, progress) if fast else []
    found.update(zip(fast, results, strict=True))
    return tuple(found[place] for place in range(len(configs)))


def _decision(config: DecisionConfig) -> DecisionConfig:
    return config.decision() if isinstance(config, CopytradeConfig) else config


def _driven(
    tape: Iterable[Observation],
    configs: Sequence[DecisionConfig],
    why: str,
    given: dict[str, object],
    progress: Progress,
) -> tuple[SweepResult, ...]:
    results = sweep_one_by_one(tape, configs, progress=progress, **given)  # type: ignore[arg-type]
    return tuple(
        SweepResult(summary=one.summary, trades=one.trades, equity=one.equity, engine=one.engine, refused=why)
        for one in results
    )


def _compiled(
    arrays: TapeArrays,
    configs: Sequence[DecisionConfig],
    assumptions: Sequence[BacktestConfig],
    started_at: Instant | None,
    until: Instant | None,
    threads: int,
    draws: int,
    progress: Progress,
) -> list[SweepResult]:
    first = started_at if started_at is not None else arrays.first
    if first is None:
        raise InputFileError("the tape holds no observations; choose another window or other leaders")
    last = first if arrays.last is None else arrays.last
    tables = tables_of(arrays, configs, assumptions)
    size = max(1, min(TOGETHER, -(-len(configs) // threads)))
    shards = [(begin, min(len(configs), begin + size)) for begin in range(0, len(configs), size)]

    def one(shard: tuple[int, int]) -> list[SweepResult]:
        passed = pass_over(arrays, tables.part(*shard), first, max(last, until or last))
        ledgers = ledgers_of(arrays, passed, configs[shard[0] : shard[1]])
        return [
            SweepResult(
                summary=summarise(ledger, draws),
                trades=tuple(ledger.trades.values()),
                equity=tuple(ledger.equity),
                engine=COMPILED,
            )
            for ledger in ledgers
        ]

    results: list[SweepResult] = []
    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(one, shards):
            results += part
            progress(len(results), len(configs), "configurations")
    return results
