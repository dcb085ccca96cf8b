"""The one folder in which everything is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "COPYTRADE_HOME"


CONFIG_FILE = "config.yaml"


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything is written: one folder, COPYTRADE_HOME. is_live: what is the runner's own lies apart."""

    root: Path
    is_live: bool = False

    @property
    def own(self) -> Path:
        """What the runner writes: one folder for paper, another for real money."""
        return self.root / "live" if self.is_live else self.root

    @property
    def config(self) -> Path:
        """The operator's YAML file."""
        return self.root / CONFIG_FILE

    @property
    def warehouse(self) -> Path:
        """The DuckDB file; only pipelines open it."""
        return self.root / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        """Immutable Parquet pages as fetched, by source."""
        return self.root / "landing"

    @property
    def evidence(self) -> Path:
        """What the next refresh of scores starts from; pipelines only, and made again when it is missing."""
        return self.root / "evidence"

    @property
    def published(self) -> Path:
        """Score snapshots, their pointer and the gate: pipelines write, the runner reads."""
        return self.root / "published"

    def live(self) -> Home:
        """The folder of real money: its journal, export, logs and state are never those of paper.

        What pipelines publish and the config are shared.
        """
        return Home(self.root, is_live=True)

    def both(self) -> tuple[Home, Home]:
        """The folder as paper's runner sees it, and as the runner of real money does."""
        return Home(self.root), self.live()

    def concerned(self) -> list[Home]:
        """Those of both whose runner ever ran, and so is told to halt and the like; this one where none did."""
        return [one for one in self.both() if one.state.exists()] or [self]

    @property
    def state(self) -> Path:
        """The runner's SQLite journal."""
        return self.own / "state.sqlite"

    @property
    def backups(self) -> Path:
        """Copies of the journal, where no other folder is named for them."""
        return self.own / "backups"

    @property
    def export(self) -> Path:
        """Journal segments and heartbeat: the runner writes, pipelines read."""
        return self.own / "journal" / "export"

    @property
    def decisions(self) -> Path:
        """The decision log, one JSON object a line."""
        return self.own / "logs" / "decisions.jsonl"

    @property
    def reports(self) -> Path:
        """Backtest reports."""
        return self.root / "reports"

    @property
    def quality(self) -> Path:
        """The last result of every suite, one JSON file each."""
        return self.root / "quality"

    @property
    def dagster(self) -> Path:
        """Dagster's own instance folder."""
        return self.root / "dagster"

    def resolve(self, name: str) -> Path:
        """A configured file name; relative ones live in this folder."""
        path = Path(name).expanduser()
        return path if path.is_absolute() else self.root / path


def home_from_environment() -> Home:
    """The folder COPYTRADE_HOME names, or ./.copytrade."""
    return Home(Path(os.environ.get(HOME_VARIABLE) or ".copytrade").expanduser().resolve())
