"""What the pipelines' verbs print."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copytrade_pipelines.gating import GateDecision
    from copytrade_pipelines.headless import Outcome

_MAIN_FILES = {"report": "report.html", "trades": "trades.parquet", "equity": "equity.parquet"}


def show_published(outcome: Outcome, as_json: bool, decision: GateDecision | None = None) -> None:
    """A run that ended in a published snapshot, and the gate if it was decided."""
    snapshot_id = outcome.metadata["published_scores"]["snapshot_id"]
    if as_json:
        content = {"run_id": outcome.run_id, "rows": outcome.rows, "snapshot_id": snapshot_id}
        print(json.dumps(content | ({"gate": asdict(decision.gate)} if decision else {}), sort_keys=True))
        return
    show_rows(outcome.rows)
    print(f"published {snapshot_id}")
    if decision is not None:
        show_gate(decision, as_json=False)


def show_gate(decision: GateDecision, as_json: bool) -> None:
    """Whether the runner may copy, until when and why not."""
    from copytrade_live.clock import to_iso

    gate = decision.gate
    if as_json:
        print(json.dumps(asdict(gate), sort_keys=True))
        return
    print(f"gate {'open' if gate.is_open else 'closed'} until {to_iso(gate.valid_until)}, snapshot {gate.snapshot_id}")
    for reason in gate.reasons:
        print(f"  {reason}")


def show_rows(rows: Mapping[str, int]) -> None:
    """How many rows each table got."""
    from copytrade_live.output import print_table

    print_table("Rows", ["table", "rows"], sorted(rows.items()))


def show_backtest(found: Mapping[str, Any], as_json: bool) -> None:
    """One backtest in numbers, and where its report is."""
    from copytrade_live.output import print_table
    from copytrade_pipelines.backtest.past_runs import read_run

    numbers = {str(record["number"]): str(record["value"]) for record in found["summary"]}
    folder = Path(str(found["folder"]))
    paths = {name: str(folder / file) for name, file in _MAIN_FILES.items()}
    if as_json:
        kept = {name: found[name] for name in ("window", "journal", "decisions", "exits", "books")}
        print(json.dumps(read_run(folder).as_json() | paths | kept | {"folder": str(folder)}, sort_keys=True))
        return
    print_table(f"Backtest {found['run_id']}, {found['window']}", ["", ""], numbers.items())
    for title in ("decisions", "exits"):
        print_table(title.capitalize(), ["", ""], Counter(found[title]).most_common())
    for name, path in paths.items():
        print(f"{name} {path}")
