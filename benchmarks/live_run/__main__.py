"""Two hours of live trading against a sandbox that misbehaves, every promise counted again from both sides.

    python -m benchmarks.live_run [--hours 2] [--speed 10] [--leaders 50] [--copies 30] [--keep DIR] [--json]

A sandbox process with a mixed fault profile, the real `copytrade run --live` with the official client's signatures, a
kill -9 in the middle. Ends with 3 when anything differs, and shows the rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.live_run.differences import Clause
from benchmarks.live_run.evidence import Evidence
from benchmarks.live_run.play import LAG_BUDGET, Play, Played
from benchmarks.live_run.setting import Setting

FAULTS = Path(__file__).parents[2] / "examples" / "mixed-faults.json"
DIFFERENCE_FOUND = 3


def prove(setting: Setting, folder: Path, *, copies: int, console: Console, faults: Path = FAULTS) -> dict[str, object]:
    """Play and judge. Returns: the report; it holds when differences are none."""
    columns = (TextColumn("live run"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, disable=console.quiet) as progress:
        bar = progress.add_task("starting", total=1.0)
        play = Play(
            setting, folder, faults, lambda text, share: progress.update(bar, description=text, completed=share)
        )
        evidence = play.run()
    found = evidence.found
    found.hold(evidence.copies >= copies, Clause.ENOUGH, "copies", ours=evidence.copies, theirs=f"at least {copies}")
    return report(setting, evidence, play.played)


def report(setting: Setting, evidence: Evidence, played: Played) -> dict[str, object]:
    """The whole of it as plain values."""
    found, kinds = evidence.found, evidence.kinds()
    portfolio = evidence.state.portfolio
    return {
        "holds": found.count == 0,
        "differences": found.count,
        "rows": found.as_json(),
        "hours": setting.hours,
        "speed": setting.speed,
        "leaders": setting.leaders,
        "real_seconds": played.seconds,
        "leader_fills": played.leader_fills,
        "lag_budget_seconds": LAG_BUDGET,
        "signals": kinds.get("LeaderFillObserved", 0),
        "copies": evidence.copies,
        "orders_signed": kinds.get("OrderSigned", 0),
        "fills": kinds.get("OrderFilled", 0),
        "looks": evidence.looks,
        "quiet_looks": evidence.quiet_looks,
        "restart_seconds": played.restart_seconds,
        "cash": portfolio.cash / 1e6,
        "positions": len(portfolio.positions),
        "closest_to_cap": evidence.caps.closest,
        "refusals": evidence.refusals(),
        "events": kinds,
        "faults": played.faults,
    }


def show(told: dict[str, object], console: Console) -> None:
    """For a person."""
    table = Table("clause", "about", "ours", "the other side's", title="Differences")
    rows = told["rows"]
    assert isinstance(rows, list)
    for row in rows:
        table.add_row(row["clause"], row["about"], row["ours"], row["theirs"])
    if rows:
        console.print(table)
    for name, value in told.items():
        if name != "rows":
            console.print(f"{name:20} {value}", highlight=False)


def main() -> None:
    """Prove, print, exit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live_run", description="Live trading, proven.")
    parser.add_argument("--hours", type=float, default=2.0, help="hours of the world")
    parser.add_argument("--speed", type=float, default=10.0, help="world seconds a second")
    parser.add_argument("--leaders", type=int, default=50, help="wallets followed")
    parser.add_argument("--copies", type=int, default=30, help="fewer copies prove nothing")
    parser.add_argument("--wallets", type=int, default=120, help="wallets of the world")
    parser.add_argument("--fills", type=int, default=300_000, help="fills of the world before it starts")
    parser.add_argument("--seed", type=int, default=7, help="of the world")
    parser.add_argument("--keep", type=Path, help="folder for journal and logs, instead of one that is deleted")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    asked = parser.parse_args()
    names = ("hours", "speed", "leaders", "seed", "wallets", "fills")
    setting = Setting(**{name: getattr(asked, name) for name in names})
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with nullcontext(str(asked.keep)) if asked.keep is not None else tempfile.TemporaryDirectory() as folder:
        told = prove(setting, Path(folder), copies=asked.copies, console=Console(stderr=True))
    print(json.dumps(told, indent=2)) if asked.json else show(told, Console())
    sys.exit(0 if told["holds"] else DIFFERENCE_FOUND)


if __name__ == "__main__":
    main()
