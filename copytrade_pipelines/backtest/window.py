"""A backtest of a window of the warehouse: extract, run outside the lock, write the report."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import duckdb

from copytrade_live.core.codec import dumps
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest.assumptions import assumed
from copytrade_pipelines.backtest.detection import extract_as_assumed
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import Extract, Window
from copytrade_pipelines.backtest.files import write_summary, write_tables
from copytrade_pipelines.backtest.follow_up import follow_up, terms_of
from copytrade_pipelines.backtest.inputs import keep_inputs
from copytrade_pipelines.backtest.kept_inputs import prune_inputs
from copytrade_pipelines.backtest.measured_lags import choose_lags
from copytrade_pipelines.backtest.run import BacktestResult, run
from copytrade_pipelines.backtest.tape import WarehouseTape, tape_of
from copytrade_pipelines.ingest.progress import Progress, silent

TAPES = ".tape"
JOURNAL = "journal"
REPORT = "report.html"
CHECKPOINT = ".checkpoint"
LOCK = ".lock"
GIB = 2**30


class Opens(Protocol):
    """Something whose connect opens the warehouse for the body of a with."""

    def connect(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open, and close afterwards."""
        ...


def run_window(
    source: Opens | duckdb.DuckDBPyConnection,
    config: CopytradeConfig,
    home: Home,
    from_instant: Instant,
    to_instant: Instant,
    leaders: Sequence[str] = (),
    progress: Progress = silent,
    *,
    has_figures: bool = True,
) -> BacktestResult:
    """Test a window on the warehouse's history and write journal, tables and report to home.reports/<run id>/.

    leaders are followed throughout; without any, tracker.leaders and the tracker.follow_top best scored as of then.
    The warehouse is open only while rows are taken out of it. Without figures the report is made several times as fast.
    Raises: ConfigError for an empty window or an unknown leader, InputFileError when there is nothing to test.
    """
    window = window_of(config, from_instant, to_instant, leaders)
    tapes = home.reports / TAPES
    tapes.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(tapes)
    with TemporaryDirectory(dir=tapes, prefix=f"{os.getpid()}-") as folder:
        with _opened(source) as con:
            chosen = choose_lags(con, config.backtest)
            # What was measured is kept with the run as if it had been configured: it can be made again without it.
            settled = config.model_copy(update={"backtest": chosen.config})
            taken = extract_as_assumed(con, window, settled, Path(folder))
        result = _run(taken, window, settled, home, chosen.origins, progress, has_figures=has_figures)
    prune_inputs(home, round(config.pipelines.keep_inputs_gib * GIB))
    return result


def window_of(config: CopytradeConfig, start: Instant, end: Instant, leaders: Sequence[str]) -> Window:
    """Whom a window follows. Raises: ConfigError when it holds no time or nobody."""
    if leaders:
        return Window(start=start, end=end, leaders=tuple(sorted(set(leaders))))
    tracker = config.tracker
    return Window(start=start, end=end, leaders=tuple(sorted(tracker.leaders)), follow_top=tracker.follow_top)


def name_window(config: CopytradeConfig, window: Window, tape: WarehouseTape) -> str:
    """The id of a run: the same test of the same rows has the same id."""
    what = {
        "config": config.decision().digest(),
        "assumptions": config.backtest.model_dump(mode="json"),
        "code": code_version(),
        "window": asdict(window),
        "tape": tape.source.digest,
        "lag": tape.lag,
    }
    return f"backtest-{hashlib.sha256(dumps(what).encode()).hexdigest()[:12]}"


def _run(
    source: Extract,
    window: Window,
    config: CopytradeConfig,
    home: Home,
    origins: Mapping[str, str],
    progress: Progress,
    *,
    has_figures: bool,
) -> BacktestResult:
    from copytrade_pipelines.backtest.report import write_report  # matplotlib is heavy, and a run may fail before it

    tape = tape_of(source, window, config, origins)
    run_id = name_window(config, window, tape)
    folder = home.reports / run_id
    with _whole(folder) as part:
        result = run(
            tape,
            config,
            run_id=run_id,
            books=tape.books(),
            follow=Follow(leaders=frozenset(window.leaders), top=window.follow_top),
            started_at=window.start,
            until=window.end,
            journal=part / JOURNAL,
            tables=part,
            checkpoint=part / CHECKPOINT,
            progress=progress,
        )
        terms = terms_of(config.decision(), assumed(config.backtest))
        found = follow_up(tape, terms, part, result.trades, result.ended_at, progress)
        result = replace(result, follow_up=found)
        write_tables(part, result)
        write_report(part / REPORT, result, tape, config, has_figures=has_figures)
        write_summary(part, result, config, window.leaders)
        keep_inputs(part, run_id, config, window, source)
    journal = result.journal_path
    return replace(
        result, journal_path=journal and folder / JOURNAL / journal.name, report_path=folder / REPORT, notes=tape.notes
    )


def _clear_abandoned(tapes: Path) -> None:
    # Rows taken out for a run that was killed: the process that made the folder is no more.
    for folder in tapes.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder beside, which gets the name once it is whole: a reader finds all of a run's files or none.

    What fails is cleared away; what was interrupted stays, and the next run of that name goes on there.
    Raises: InputFileError when another process is at it.
    """
    part = folder.with_name(f".{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    with (part / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputFileError(
                f"{folder.name} is being run by another process; wait for it, or stop it to take it up here"
            ) from None
        try:
            yield part
        except Exception:
            shutil.rmtree(part)
            raise
        (part / LOCK).unlink()
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)


@contextmanager
def _opened(source: Opens | duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    if isinstance(source, duckdb.DuckDBPyConnection):
        yield source
        return
    with source.connect() as con:
        yield con
