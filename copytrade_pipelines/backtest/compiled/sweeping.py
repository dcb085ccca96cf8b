"""Divides configurations between the kernel and the driver, and between threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import Observation
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.assumptions import config_of
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.backtest.compiled.arrays import arrays_of
from copytrade_pipelines.backtest.compiled.feed_arrays import with_feed
from copytrade_pipelines.backtest.compiled.layout import TOGETHER
from copytrade_pipelines.backtest.compiled.parameters import NotCompiledError, refusal_of
from copytrade_pipelines.backtest.compiled.passes import pass_over
from copytrade_pipelines.backtest.compiled.results import ledgers_of
from copytrade_pipelines.backtest.compiled.tables import tables_of
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.compiled.warehouse import arrays_of_warehouse
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.one_by_one import SweepResult, sweep_one_by_one
from copytrade_pipelines.backtest.summary import summarise
from copytrade_pipelines.backtest.tape import WarehouseTape
from copytrade_pipelines.ingest.progress import Progress, silent

COMPILED = "compiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What all runs of a sweep have in common besides the tape; arrays are the tape's where they are made already."""

    assumptions: BacktestConfig | None = None
    books: Callable[[], BookFeed] | None = None
    follow: Follow | None = None
    started_at: Instant | None = None
    until: Instant | None = None
    arrays: TapeArrays | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    config: DecisionConfig
    assumptions: BacktestConfig


def sweep_compiled(
    tape: Iterable[Observation],
    configs: Sequence[DecisionConfig],
    given: Given,
    *,
    threads: int = 1,
    draws: int = 0,
    progress: Progress = silent,
) -> tuple[SweepResult, ...]:
    """What each configuration comes to, in their order. Raises: InputFileError for a tape that cannot be run."""
    observations = tape if isinstance(tape, WarehouseTape) else tuple(tape)
    try:
        if given.books is not None:
            raise NotCompiledError("books of your own are not compiled; use the driver for them")
        arrays = given.arrays or _arrays(observations, given)
    except NotCompiledError as error:
        return tuple(_driven(observations, configs, given, str(error), progress))
    refused = [refusal_of(config, config_of(config, given.assumptions)) for config in configs]
    points = [_point(config, given) for config, why in zip(configs, refused, strict=True) if why is None]
    fast = iter(_compiled(arrays, points, given, threads, draws, progress) if points else ())
    return tuple(
        next(fast) if why is None else _driven(observations, [config], given, why, silent)[0]
        for config, why in zip(configs, refused, strict=True)
    )


def _arrays(tape: Iterable[Observation], given: Given) -> TapeArrays:
    if not isinstance(tape, WarehouseTape):
        return arrays_of(tape, given.follow, given.started_at)
    # Who reads otherwise is asked for observations.
    found = type(tape) is WarehouseTape and arrays_of_warehouse(tape, given.follow, given.started_at)
    if found:
        return found
    return with_feed(arrays_of(tape, given.follow, given.started_at), tape.books().parts)


def _point(config: DecisionConfig, given: Given) -> _Point:
    own = config_of(config, given.assumptions)
    return _Point(config=config.decision() if isinstance(config, CopytradeConfig) else config, assumptions=own)


def _driven(
    tape: Iterable[Observation], configs: Sequence[DecisionConfig], given: Given, why: str, progress: Progress
) -> list[SweepResult]:
    results = sweep_one_by_one(
        tape,
        configs,
        assumptions=given.assumptions,
        books=given.books,
        follow=given.follow,
        started_at=given.started_at,
        until=given.until,
        progress=progress,
    )
    return [replace(one, refused=why) for one in results]


def _compiled(
    arrays: TapeArrays, points: Sequence[_Point], given: Given, threads: int, draws: int, progress: Progress
) -> list[SweepResult]:
    first = given.started_at if given.started_at is not None else arrays.first
    if first is None:
        raise InputFileError("the tape holds no observations; choose another window or other leaders")
    last = first if arrays.last is None else arrays.last
    until = max(last, given.until or last)
    configs = [point.config for point in points]
    tables = tables_of(arrays, configs, [point.assumptions for point in points])

    def one(shard: range) -> list[SweepResult]:
        passed = pass_over(arrays, tables.part(shard.start, shard.stop), first, until)
        return [
            SweepResult(
                summary=summarise(ledger, draws),
                trades=tuple(ledger.trades.values()),
                equity=tuple(ledger.equity),
                engine=COMPILED,
            )
            for ledger in ledgers_of(arrays, passed, configs[shard.start : shard.stop])
        ]

    results: list[SweepResult] = []
    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(one, shards_of(len(points), threads)):
            results += part
            progress(len(results), len(points), "configurations")
    return results


def shards_of(configs: int, threads: int) -> list[range]:
    """Configurations that pass over the tape together: as many as fit, and a shard for every thread."""
    size = max(1, min(TOGETHER, -(-configs // threads)))
    return [range(first, min(configs, first + size)) for first in range(0, configs, size)]
