"""Runs a tape through the driver and folds what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from copytrade_pipelines.backtest.checkpoint import EVERY, Standing, load, save
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
    checkpoint: Path | None = None,
    checkpoint_every: int = EVERY,
    progress: Progress = silent,
) -> BacktestResult:
    """Drive a tape through the engine.

    tape is ordered by observed_at. assumptions say how orders fill and what that costs (default: config's own if it has
    them). books is where orders and held tokens find books (default: those on the tape); follow says whose fills count
    (default: everybody's); until is when time stops, not included (default: with the last observation); journal and
    tables are the folders a journal and the rows of decisions and fills go to. checkpoint is a file that says, every so
    many observations, where the run stands: with the same one an interrupted run goes on, and its files end the same.
    Raises: InputFileError for an empty tape without started_at, or one that goes back in time.
    """
    settings = config.decision() if isinstance(config, CopytradeConfig) else config
    load_extensions(settings)
    assuming = config_of(config, assumptions)
    found = load(checkpoint, run_id) if checkpoint else None
    ledger = found.ledger if found else Ledger(sample=round(assuming.equity_seconds * SECOND))
    with ExitStack() as stack:
        mark = found.journal if found else None
        keeps = checkpoint is not None
        writer = stack.enter_context(JournalWriter(journal, run_id, mark, keeps_part=keeps)) if journal else None
        log = stack.enter_context((found and found.log) or RunLog(tables)) if tables else None

        def record(events: Sequence[JournalEvent], state: State) -> None:
            if writer is not None:
                writer.append(events)
            ledger.fold(events, state)
            if log is not None:
                log.fold(events, state)

        def keep(taken: int, first: Instant, last: Instant) -> None:
            if checkpoint is None or taken % checkpoint_every:
                return
            if log is not None:
                log.cut()
            marked = writer.mark() if writer else None
            kept = driver.saved()
            save(
                checkpoint,
                run_id,
                Standing(taken=taken, first=first, last=last, driver=kept, ledger=ledger, log=log, journal=marked),
            )

        driver = Driver(settings, assumed(assuming), books or TapedBooks(), record, follow=follow)
        if found is not None:
            driver.restore(found.driver)
        first, ended_at = _drive(driver, tape, _opening_of(settings, run_id), found, started_at, until, keep, progress)
    ledger.finish(ended_at, driver.state)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
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
    opening: Callable[[Instant], RunStarted],
    found: Standing | None,
    started_at: Instant | None,
    until: Instant | None,
    keep: Callable[[int, Instant, Instant], None],
    progress: Progress,
) -> tuple[Instant, Instant]:
    observations = iter(tape)
    head = next(observations, None)
    first = started_at if started_at is not None else head.observed_at if head else None
    if first is None:
        raise InputFileError("the tape holds no observations; choose another window or other leaders")
    if found is None:
        driver.take(opening(first))
    behind, last = (found.taken, found.last) if found else (0, first)
    days = 0
    total = max(1, -(-((until or first) - first) // DAY))
    for number, observation in enumerate(chain(() if head is None else (head,), observations), start=1):
        if number <= behind:
            driver.skip(observation)
            last = observation.observed_at
        else:
            driver.take(observation)
            last = observation.observed_at
            keep(number, first, last)
        if (last - first) // DAY > days:
            days = (last - first) // DAY
            progress(days, max(total, days), "days")
    ended_at = max(last, until or last)
    driver.advance(ended_at)
    progress(total, total, "days")
    return first, ended_at


def _opening_of(config: DecisionConfig, run_id: str) -> Callable[[Instant], RunStarted]:
    def opening(at: Instant) -> RunStarted:
        return RunStarted(
            event_at=at,
            observed_at=at,
            run_id=run_id,
            mode=MODE,
            code_version=code_version(),
            config_digest=config.digest(),
            starting_cash=to_micro(config.bankroll.starting_cash),
        )

    return opening
