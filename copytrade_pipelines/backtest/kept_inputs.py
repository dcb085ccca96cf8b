"""The rows that runs were made from take most of their room: those of the oldest are let go, all the rest stays."""

from __future__ import annotations

from pathlib import Path

from copytrade_live.settings import Home
from copytrade_pipelines.backtest.extract import FILES
from copytrade_pipelines.backtest.inputs import FOLDER, run_folders


def prune_inputs(home: Home, most_bytes: int) -> list[str]:
    """Let go of rows until the rest takes no more than it may; those of the newest run always stay.

    Returns: the runs that can no longer be audited.
    """
    pruned, room = [], most_bytes
    for place, folder in enumerate(run_folders(home)):
        rows = [path for path in (folder / FOLDER / f"{name}.parquet" for name in FILES) if path.is_file()]
        room -= sum(path.stat().st_size for path in rows)
        if place and room < 0 and rows:
            _let_go(rows)
            pruned.append(folder.name)
    return pruned


def _let_go(rows: list[Path]) -> None:
    for path in rows:
        path.unlink(missing_ok=True)
