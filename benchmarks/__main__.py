"""Run every measurement, print the table, write bench.json into COPYTRADE_HOME."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from benchmarks import step
from copytrade_live.settings import home_from_environment


def main() -> None:
    """Measure, print, write."""
    rows = {**step.measure()}
    table = Table(title="copytrade bench", caption="ratios against a named limit, in one run")
    for column in ("goal id", "value (ms)", "anchor", "ratio", "goal", "holds", "equal"):
        table.add_column(column)
    for name, row in rows.items():
        table.add_row(name, *(str(row[key]) for key in ("value", "anchor", "ratio", "goal", "holds", "equal")))
    Console().print(table)
    path = home_from_environment().root / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=2, sort_keys=True) + "\n")
    Console().print(f"written to {path}")


if __name__ == "__main__":
    main()
