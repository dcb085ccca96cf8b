"""Rows of a window for points that need the same ones: in memory for the compiled sweep, on disk for the driver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from copytrade_live.core.market import DAY
from copytrade_live.provenance import code_version
from copytrade_pipelines.backtest.compiled.kept_rows import KeptRows
from copytrade_pipelines.backtest.compiled.loading import Asked, Loaded, load
from copytrade_pipelines.backtest.compiled.parameters import NotCompiledError, refusal_of
from copytrade_pipelines.backtest.compiled.sweeping import Given, sweep_compiled
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.compiled.warehouse import arrays_of_loaded
from copytrade_pipelines.backtest.detection import extract_as_assumed
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import Extract, Window
from copytrade_pipelines.backtest.grid import Point
from copytrade_pipelines.backtest.inputs import RunInputs, default_tape
from copytrade_pipelines.backtest.lags import curve_of
from copytrade_pipelines.backtest.one_by_one import SweepResult
from copytrade_pipelines.backtest.tape import tape_of
from copytrade_pipelines.ingest.progress import Progress

# Opens the warehouse for the body of a with.
Opened = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


@dataclass(slots=True)
class Taken:
    """Rows of the widest window that points with the same lags, scores and fit ask for."""

    window: Window
    points: Sequence[Point]
    folder: Path
    kept: KeptRows
    loaded: Loaded | None = None
    extract: Extract | None = None

    @property
    def digest(self) -> str:
        """Names the content of the rows. Shards that read the same ones agree on it."""
        if self.loaded is not None:
            return self.loaded.small.digest
        return self.extract.digest if self.extract is not None else ""

    def take(self, con: duckdb.DuckDBPyConnection) -> None:
        """Take out what the points need. Raises: as extract."""
        config, own = self.points[0].config, self.points[0].config.backtest
        asked = Asked(
            window=self.window,
            version=config.scoring.champion,
            fit=round(own.fit_days * DAY),
            curve=curve_of(own.detection_seconds),
            seed=own.seed,
        )
        try:
            self.loaded = self._loaded(con, asked)
        except NotCompiledError:
            self.write(con)
            return
        if any(refusal_of(point.config, point.config.backtest) for point in self.points):
            self.write(con)

    def _loaded(self, con: duckdb.DuckDBPyConnection, asked: Asked) -> Loaded:
        if not self.kept.most_bytes:
            return load(con, asked)
        name = self.kept.name(con, asked)
        found = self.kept.find(name)
        if found is None:
            found = load(con, asked)
            self.kept.keep(name, found)
        return found

    def write(self, con: duckdb.DuckDBPyConnection) -> Extract:
        """Write the rows for the driver, unless they are."""
        if self.extract is None:
            self.extract = extract_as_assumed(con, self.window, self.points[0].config, self.folder)
        return self.extract

    def sweep(
        self, window: Window, points: Sequence[Point], opened: Opened, progress: Progress
    ) -> Sequence[SweepResult]:
        """What each of some points that read the rows alike comes to on its window."""
        config, configs = points[0].config, [point.config for point in points]
        follow = Follow(leaders=frozenset(window.leaders), top=window.follow_top)
        given = Given(follow=follow, started_at=window.start, until=window.end)
        arrays = self._arrays(window, points, given)
        if arrays is not None and self.extract is None:
            return sweep_compiled((), configs, replace(given, arrays=arrays), progress=progress)
        written = self.extract
        if written is None:
            with opened() as con:
                written = self.write(con)
            self.loaded = None
        inputs = RunInputs(run_id="sweep", config=config, window=window, extract=written, code=code_version())
        return sweep_compiled(default_tape(inputs), configs, replace(given, arrays=arrays), progress=progress)

    def _arrays(self, window: Window, points: Sequence[Point], given: Given) -> TapeArrays | None:
        if self.loaded is None:
            return None
        try:
            tape = tape_of(self.loaded.small, window, points[0].config)
            return arrays_of_loaded(self.loaded, tape, given.follow, given.started_at)
        except NotCompiledError:
            return None
