"""Finished backtests, from the folders that they left."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copytrade_live.clock import from_iso
from copytrade_live.dashboard.schemas.backtests import (
    BacktestDetail,
    BacktestRow,
    Backtests,
    Compared,
    Comparison,
    SettingDifference,
)
from copytrade_live.dashboard.schemas.money import EquityPoint
from copytrade_live.errors import InputFileError
from copytrade_live.settings import Home

SUMMARY, REPORT, EQUITY, INPUTS = "summary.json", "report.html", "equity.csv", "inputs/run.json"
MOST_RUNS, MOST_POINTS = 200, 1_000
# A summary is kilobytes, a year's equity some megabytes.
_MOST_BYTES = 64_000_000


def backtests(home: Home) -> Backtests:
    """Every finished run, newest first; a folder that cannot be read is left out."""
    if not home.reports.is_dir():
        return Backtests(items=[])
    found = []
    for folder in home.reports.iterdir():
        if folder.name[0] != "." and not folder.is_symlink() and (folder / SUMMARY).is_file():
            try:
                found.append(_row(folder, _json(folder / SUMMARY)))
            except InputFileError:
                continue
    found.sort(key=lambda one: (-one.made_at, one.run_id))
    return Backtests(items=found[:MOST_RUNS])


def backtest(home: Home, run_id: str) -> BacktestDetail:
    """One run. Raises: InputFileError when there is none of that name."""
    folder = run_folder(home, run_id)
    found = _json(folder / SUMMARY)
    return BacktestDetail(
        run=_row(folder, found),
        equity=_equity(folder / EQUITY),
        decisions=_numbers(found.get("decisions")),
        exits=_numbers(found.get("exits")),
        books=_numbers(found.get("books")),
        saved_by_rule=_numbers(found.get("saved_by_rule")),
    )


def compare(home: Home, one: str, other: str) -> Comparison:
    """Two runs side by side. Raises: InputFileError."""
    first, second = backtest(home, one), backtest(home, other)
    settings = _flat(_config(home, one)), _flat(_config(home, other))
    return Comparison(
        one=first,
        other=second,
        numbers=_compared(first.run.numbers, second.run.numbers),
        decisions=_compared(first.decisions, second.decisions),
        settings=[
            SettingDifference(name=name, one=settings[0].get(name), other=settings[1].get(name))
            for name in sorted({*settings[0], *settings[1]})
            if settings[0].get(name) != settings[1].get(name)
        ],
    )


def run_folder(home: Home, run_id: str) -> Path:
    """The folder of a run, which lies in the reports and nowhere else. Raises: InputFileError."""
    root = home.reports.resolve()
    folder = (root / run_id).resolve()
    if folder.parent != root or folder.name != run_id or not (folder / SUMMARY).is_file():
        raise InputFileError(f"there is no backtest {run_id}")
    return folder


def report_file(home: Home, run_id: str) -> Path:
    """The page of a run. Raises: InputFileError when there is none, or it lies elsewhere."""
    path = run_folder(home, run_id) / REPORT
    if path.is_symlink() or not path.is_file():
        raise InputFileError(f"backtest {run_id} has no report")
    return path


def _row(folder: Path, found: Mapping[str, Any]) -> BacktestRow:
    try:
        return BacktestRow(
            run_id=folder.name,
            made_at=(folder / SUMMARY).stat().st_mtime_ns // 1_000_000,
            from_at=from_iso(str(found["from_at"])),
            to_at=from_iso(str(found["to_at"])),
            config_digest=str(found["config_digest"]),
            code_version=str(found["code_version"]),
            leaders=[str(one) for one in found["leaders"]],
            numbers={name: _number(value) for name, value in found["summary"].items()},
            has_report=(folder / REPORT).is_file(),
        )
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputFileError(f"backtest {folder.name} cannot be read ({type(error).__name__}); run it again") from None


def _equity(path: Path) -> list[EquityPoint]:
    if not path.is_file():
        return []
    _check_size(path)
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    step = max(1, math.ceil(len(lines) / MOST_POINTS))
    kept = [*lines[::step], *([lines[-1]] if lines and (len(lines) - 1) % step else [])]
    try:
        return [
            EquityPoint(
                at=_instant(line["at"]),
                equity=float(line["equity"]),
                cash=float(line["cash"]),
                exposure=float(line["exposure"]),
                drawdown=float(line["drawdown"]),
            )
            for line in kept
        ]
    except (KeyError, ValueError) as error:
        raise InputFileError(f"{path.parent.name}/{path.name} cannot be read ({error}); run it again") from None


def _instant(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else from_iso(text.replace("Z", "+00:00"))


def _config(home: Home, run_id: str) -> Mapping[str, Any]:
    path = run_folder(home, run_id) / INPUTS
    found = _json(path).get("config", {}) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _compared(one: Mapping[str, float | None], other: Mapping[str, float | None]) -> list[Compared]:
    found = []
    for name in dict.fromkeys((*one, *other)):
        first, second = one.get(name), other.get(name)
        difference = None if first is None or second is None else second - first
        found.append(Compared(name=name, one=first, other=second, difference=difference))
    return found


def _numbers(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): number for name, found in value.items() if (number := _number(found)) is not None}


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]  # is_number says so


def _json(path: Path) -> dict[str, Any]:
    _check_size(path)
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputFileError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise InputFileError(f"{path.parent.name}/{path.name} does not hold an object")
    return found


def _check_size(path: Path) -> None:
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise InputFileError(f"{path.parent.name}/{path.name} is no file that a backtest left")
