"""Runs a tape through the driver and folds what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import JournalEvent, Observation, RunStarted
from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_live.core.pricing import to_micro
from copytrade_live.core.state import State
from copytrade_live.errors import InputFileError
from copytrade_live.extensions import load_extensions
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.assumptions import assumed, config_of
from copytrade_pipelines.backtest.books import BookFeed, TapedBooks
from copytrade_pipelines.backtest.driver import Driver, Follow
from copytrade_pipelines.backtest.follow_up import FollowUp
from copytrade_pipelines.backtest.journal import JournalWriter
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint, Ledger
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.run_log import COPIED, RunLog
from copytrade_pipelines.backtest.summary import Summary, summarise
from copytrade_pipelines.ingest.progress import Progress, silent

MODE = "backtest"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """What a run came to, and the files it wrote (None where none was asked for).

    Shape: decisions counts copied and every rejection by reason, exits counts by reason, books counts decisions by
    where their book came from. notes say what a warehouse tape had to leave out, follow_up what rejected signals came
    to.
    """

    run_id: str
    started_at: Instant
    ended_at: Instant
    summary: Summary
    trades: tuple[CopyTrade, ...]
    equity: tuple[EquityPoint, ...]
    decisions: Mapping[str, int]
    exits: Mapping[str, int]
    books: Mapping[str, int]
    journal_path: Path | None = None
    report_path: Path | None = None
    notes: TapeNotes | None = None
    follow_up: FollowUp | None = None


def run(
    tape: Iterable[Observation],
    config: DecisionConfig,
    *,
    assumptions: BacktestConfig | None = None,
    run_id: str = MODE,
    books: BookFeed | None = None,
    follow: Follow | None = None,
    started_at: Instant | None = None,
    until: Instant | None = None,
    journal: Path | None = None,
    tables: Path | None = None,
    progress: Progress = silent,
) -> BacktestResult:
    """Drive a tape through the engine.

    tape is ordered by observed_at. assumptions say how orders fill and what that costs (default: config's own if it has
    them). books is where orders and held tokens find books (default: those on the tape); follow says whose fills count
    (default: everybody's); until is when time stops, not included (default: with the last observation); journal and
    tables are the folders a journal and the rows of decisions and fills go to.
    Raises: InputFileError for an empty tape without started_at, or one that goes back in time.
    """
    settings = config.decision() if isinstance(config, CopytradeConfig) else config
    load_extensions(settings)
    assuming = config_of(config, assumptions)
    ledger = Ledger(sample=round(assuming.equity_seconds * SECOND))
    with ExitStack() as stack:
        writer = stack.enter_context(JournalWriter(journal, run_id)) if journal else None
        log = stack.enter_context(RunLog(tables)) if tables else None

        def record(events: Sequence[JournalEvent], state: State) -> None:
            if writer is not None:
                writer.append(events)
            ledger.fold(events, state)
            if log is not None:
                log.fold(events, state)

        driver = Driver(settings, assumed(assuming), books or TapedBooks(), record, follow=follow)
        first, ended_at = _drive(driver, tape, settings, run_id, started_at, until, progress)
    ledger.finish(ended_at, driver.state)
    return BacktestResult(
        run_id=run_id,
        started_at=first,
        ended_at=ended_at,
        summary=summarise(ledger),
        trades=tuple(ledger.trades.values()),
        equity=tuple(ledger.equity),
        decisions={COPIED: len(ledger.trades), **ledger.rejections},
        exits=dict(ledger.exits),
        books=dict(ledger.books),
        journal_path=writer.path if writer else None,
    )


def _drive(
    driver: Driver,
    tape: Iterable[Observation],
    config: DecisionConfig,
    run_id: str,
    started_at: Instant | None,
    until: Instant | None,
    progress: Progress,
) -> tuple[Instant, Instant]:
    observations = iter(tape)
    head = next(observations, None)
    first = started_at if started_at is not None else head.observed_at if head else None
    if first is None:
        raise InputFileError("the tape holds no observations; choose another window or other leaders")
    driver.take(_opening(config, run_id, first))
    last, days = first, 0
    total = max(1, -(-((until or first) - first) // DAY))
    for observation in chain(() if head is None else (head,), observations):
        driver.take(observation)
        last = observation.observed_at
        if (last - first) // DAY > days:
            days = (last - first) // DAY
            progress(days, max(total, days), "days")
    ended_at = max(last, until or last)
    driver.advance(ended_at)
    progress(total, total, "days")
    return first, ended_at


def _opening(config: DecisionConfig, run_id: str, at: Instant) -> RunStarted:
    return RunStarted(
        event_at=at,
        observed_at=at,
        run_id=run_id,
        mode=MODE,
        code_version=code_version(),
        config_digest=config.digest(),
        starting_cash=to_micro(config.bankroll.starting_cash),
    )
