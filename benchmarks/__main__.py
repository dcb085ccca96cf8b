"""Run measurements, print the table, merge them into bench.json in COPYTRADE_HOME.

    python -m benchmarks [NAME…] [--fills N] [--signals N] [--seconds S]

NAME is one of MEASURES, all of them if none is given; --fills is the size of the scoring world, --signals that of the
tape for backtests, --seconds how long the dashboard is listened to.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import backtest, books, dashboard, ingest, order_path, recovery, runner, scoring, step, tracking
from copytrade_live.settings import home_from_environment

MEASURES: dict[str, Callable[[argparse.Namespace], dict[str, dict[str, Any]]]] = {
    "step": lambda asked: step.measure(),
    "orders": lambda asked: order_path.measure(),
    "books": lambda asked: books.measure(),
    "tracking": lambda asked: tracking.measure(),
    "runner": lambda asked: runner.measure(),
    "recovery": lambda asked: recovery.measure(),
    "dashboard": lambda asked: dashboard.measure(asked.seconds),
    "ingest": lambda asked: ingest.measure(),
    "backtest": lambda asked: backtest.measure(asked.signals),
    "scoring": lambda asked: scoring.measure(asked.fills),
}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios against a named limit.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; default: all")
    parser.add_argument("--fills", type=int, default=10_000_000, help="fills of the scoring world")
    parser.add_argument(
        "--signals", type=int, default=100_000, help="leaders' fills on the tape of the backtests; ten ticks to each"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the dashboard is listened to")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(MEASURES):
        parser.error(f"{', '.join(sorted(unknown))} is not one of {', '.join(MEASURES)}")
    rows: dict[str, dict[str, Any]] = {}
    for name in asked.names or MEASURES:
        rows |= MEASURES[name](asked)
    table = Table(title="copytrade bench", caption="ratios against a named limit, in one run")
    for column in ("goal id", "value", "anchor", "ratio", "goal", "holds", "equal"):
        table.add_column(column)
    for name, row in rows.items():
        table.add_row(name, *(str(row[key]) for key in ("value", "anchor", "ratio", "goal", "holds", "equal")))
    Console().print(table)
    path = home_from_environment().root / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(kept | rows, indent=2, sort_keys=True) + "\n")
    Console().print(f"written to {path}")


if __name__ == "__main__":
    main()
