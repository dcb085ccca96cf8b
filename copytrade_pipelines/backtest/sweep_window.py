"""A sweep of a window of the warehouse: rows are taken once for all points, one tape for those that read it alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.codec import dumps
from copytrade_live.core.market import DAY
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest.compiled.kept_rows import KeptRows
from copytrade_pipelines.backtest.extract import Window
from copytrade_pipelines.backtest.grid import Grid, Point
from copytrade_pipelines.backtest.ledger import EquityPoint
from copytrade_pipelines.backtest.measured_lags import choose_lags
from copytrade_pipelines.backtest.one_by_one import SweepResult
from copytrade_pipelines.backtest.performance import daily_closes, deflated_sharpes
from copytrade_pipelines.backtest.taken import Opened, Taken
from copytrade_pipelines.backtest.window import GIB, TAPES, Opens
from copytrade_pipelines.ingest.progress import Progress, silent

ROWS = ".rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """One point of a grid and what it came to on a window. tape is the digest of the rows it read."""

    point: Point
    result: SweepResult
    window: Window
    tape: str

    def row(self, sweep_id: str, points: int) -> dict[str, Any]:
        """A row of marts.sweep_points."""
        return {
            "sweep_id": sweep_id,
            "point": self.point.number,
            "points": points,
            "changes": dumps(dict(self.point.changes)),
            "from_at": self.window.start,
            "to_at": self.window.end,
            "leaders": list(self.window.leaders),
            "config_digest": self.point.config.decision().digest(),
            "code_version": code_version(),
            "tape": self.tape,
            "engine": self.result.engine,
            "refused": self.result.refused,
            "daily_equity": daily_closes(self.result.equity).tolist(),
            **asdict(self.result.summary),
        }


def name_sweep(grid: Grid, base: CopytradeConfig, window: Window) -> str:
    """The id of a sweep: shards of the same one, run on their own, agree on it."""
    what = {"grid": grid.model_dump(mode="json"), "config": base.model_dump(mode="json"), "window": asdict(window)}
    return f"sweep-{hashlib.sha256(dumps(what).encode()).hexdigest()[:12]}"


def sweep_window(
    source: Opens | duckdb.DuckDBPyConnection,
    home: Home,
    window: Window,
    points: Sequence[Point],
    progress: Progress = silent,
) -> list[Swept]:
    """Test every point on a window; the warehouse is open only while rows are taken out of it.

    Raises: ConfigError for an unknown leader, InputFileError when there is nothing to test.
    """
    tapes = home.reports / TAPES
    tapes.mkdir(parents=True, exist_ok=True)
    top = max((point.config.tracker.follow_top for point in points), default=0)
    widest = replace(window, follow_top=top) if window.follow_top else window
    most = max((point.config.pipelines.keep_rows_gib for point in points), default=0.0)
    found: list[Swept] = []
    with TemporaryDirectory(dir=tapes) as folder:
        with _opened(source) as con:
            groups = _by_rows(con, points)
            kept = KeptRows(home.reports / ROWS, round(most * GIB))
            takings = [Taken(widest, group, Path(folder) / str(place), kept) for place, group in enumerate(groups)]
            for taken in takings:
                taken.take(con)
        while takings:
            # What was swept makes room for what follows.
            found += _swept(takings.pop(0), window, lambda: _opened(source), _after(progress, len(found), len(points)))
    return sorted(found, key=lambda one: one.point.number)


def _swept(taken: Taken, window: Window, opened: Opened, progress: Progress) -> list[Swept]:
    """Test every point on rows taken out before; those that read the rows alike go together."""
    alike: dict[str, list[Point]] = {}
    for point in taken.points:
        alike.setdefault(_reading(point.config, window), []).append(point)
    found: list[Swept] = []
    for group in alike.values():
        top = group[0].config.tracker.follow_top
        own = replace(window, follow_top=top) if window.follow_top else window
        results = taken.sweep(own, group, opened, _after(progress, len(found), len(taken.points)))
        found += [
            Swept(point=point, result=result, window=own, tape=taken.digest)
            for point, result in zip(group, results, strict=True)
        ]
    return found


def ranked(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of marts.sweep_points of one sweep, the greatest return first, each with its deflated Sharpe ratio."""
    deflated = deflated_sharpes([_curve(row["daily_equity"] or []) for row in rows])
    found = [{**row, "deflated_sharpe": chance} for row, chance in zip(rows, deflated, strict=True)]
    return sorted(found, key=lambda row: (-(row["total_return"] or 0.0), row["point"]))


def _curve(closes: Sequence[float]) -> list[EquityPoint]:
    return [
        EquityPoint(at=day * DAY, equity=equity, cash=0.0, exposure=0.0, positions=0)
        for day, equity in enumerate(closes)
    ]


def _reading(config: CopytradeConfig, window: Window) -> str:
    # What a tape depends on besides its rows.
    follows = config.tracker.follow_top if window.follow_top else 0
    tape = config.pipelines.index_lag_seconds, config.filter.max_book_age_seconds
    return dumps([*tape, follows, config.backtest.model_dump(mode="json")])


def _by_rows(con: duckdb.DuckDBPyConnection, points: Sequence[Point]) -> list[list[Point]]:
    """Points with the lags that count, as a backtest of each would choose them, by the rows they need."""
    chosen: dict[str, BacktestConfig] = {}
    alike: dict[str, list[Point]] = {}
    for point in points:
        key = dumps(point.config.backtest.model_dump(mode="json"))
        if key not in chosen:
            chosen[key] = choose_lags(con, point.config.backtest).config
        settled = chosen[key]
        rows = [settled.fit_days, settled.detection_seconds, settled.seed, point.config.scoring.champion]
        config = point.config.model_copy(update={"backtest": settled})
        alike.setdefault(dumps(rows), []).append(replace(point, config=config))
    return list(alike.values())


def _after(progress: Progress, before: int, points: int) -> Progress:
    def tell(done: int, total: int, label: str) -> None:
        progress(before + done, points, label)

    return tell


def _opened(
    source: Opens | duckdb.DuckDBPyConnection,
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    return nullcontext(source) if isinstance(source, duckdb.DuckDBPyConnection) else source.connect()
