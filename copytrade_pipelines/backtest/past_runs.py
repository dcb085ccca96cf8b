"""Finished backtests as their folders tell of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copytrade_live.clock import to_iso
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_live.settings import Home
from copytrade_pipelines.backtest.inputs import load_inputs, run_folders

SUMMARY = "summary.json"
FILES = ("report.html", "trades.csv", "trades.parquet", "equity.csv", "equity.parquet", "journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One finished run. Shape: summary is report's Summary by name."""

    folder: Path
    run_id: str
    start: Instant
    end: Instant
    leaders: int
    config_digest: str
    summary: Mapping[str, Any]

    def paths(self) -> dict[str, str]:
        """Its files by name, those that exist."""
        return {name: str(self.folder / name) for name in FILES if (self.folder / name).exists()}

    def facts(self) -> dict[str, object]:
        """What it was and came to."""
        return {
            "window": f"{to_iso(self.start)} to {to_iso(self.end)}",
            "leaders followed": self.leaders,
            "config": self.config_digest,
            **self.summary,
        }

    def cells(self) -> list[object]:
        """A row of the list."""
        numbers = [self.summary.get(name) for name in ("copies", "pnl", "total_return", "max_drawdown")]
        total, fall = (
            None if value is None else f"{value:{sign}.1%}" for value, sign in zip(numbers[2:], "+-", strict=True)
        )
        return [self.run_id, to_iso(self.start)[:16], to_iso(self.end)[:16], self.leaders, *numbers[:2], total, fall]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "run_id": self.run_id,
            "from": to_iso(self.start),
            "to": to_iso(self.end),
            "leaders": self.leaders,
            "config_digest": self.config_digest,
            "summary": dict(self.summary),
            "paths": self.paths(),
        }


def past_runs(home: Home) -> list[PastRun]:
    """Every finished run of a home, newest first."""
    return [read_run(folder) for folder in run_folders(home)]


def read_run(folder: Path) -> PastRun:
    """One finished run. Raises: InputFileError when its files cannot be read."""
    inputs = load_inputs(folder)
    return PastRun(
        folder=folder,
        run_id=inputs.run_id,
        start=inputs.window.start,
        end=inputs.window.end,
        leaders=len(inputs.extract.leaders),
        config_digest=inputs.config.decision().digest(),
        summary=_summary(folder / SUMMARY),
    )


def _summary(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputFileError(f"{path} cannot be read: {error}; run the backtest again") from error
    summary = found.get("summary", found) if isinstance(found, dict) else {}
    return summary if isinstance(summary, dict) else {}
