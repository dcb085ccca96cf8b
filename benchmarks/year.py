"""A year of 200 leaders as one backtest: 5 M fills, 50 M recorded books, in bounded memory.

    python -m benchmarks.year [--days 365] [--leaders 200] [--fills 5000000] [--quotes 50000000] [--folder DIR]
        [--no-journal] [--json]

Makes the year (once a folder), then drives it: progress with the time left on the way. Stopped and started again with
the same folder it goes on where it stood. Ends with 1 when the peak is above 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.year_world import Size, make
from copytrade_live.core.market import DAY
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import Extract, digest_of
from copytrade_pipelines.backtest.tape import tape_of
from copytrade_pipelines.ingest.progress import with_time_left

MOST_MIB = 2048.0
# Small stakes and no stop, so that there is something held and worked all year.
CONFIG = CopytradeConfig.model_validate(
    {
        "bankroll": {"starting_cash": 100_000.0},
        "sizing": {"max_per_trade": 0.002},
        "risk": {
            "weekly_drawdown_halt": 1.0,
            "daily_soft_stop": 1.0,
            "leader_drawdown_cutoff": 1.0,
            "leader_drawdown_base": 1e9,
            "leader_loss_streak": 1_000_000,
        },
    }
)
MADE = "made.json"


def main() -> int:
    """Make, run, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    defaults = Size()
    for name in ("days", "leaders", "fills", "quotes", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--make-only", action="store_true")
    parser.add_argument("--no-journal", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    size = Size(days=asked.days, leaders=asked.leaders, fills=asked.fills, quotes=asked.quotes, seed=asked.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        if asked.make_only:
            make(folder / "tape", size)
            (folder / MADE).write_text(json.dumps(asdict(size)))
            return 0
        if not (folder / MADE).exists():
            # In a process of its own: its memory is not the run's.
            command = [sys.executable, "-m", "benchmarks.year", *_sizes(size, folder), "--make-only"]
            subprocess.run(command, check=True)  # noqa: S603 - our own module
        found = drive(folder, size, has_journal=not asked.no_journal)
    print(json.dumps(found) if asked.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if float(str(found["peak_mib"])) <= MOST_MIB else 1


def drive(folder: Path, size: Size, *, has_journal: bool) -> dict[str, object]:
    """Run the year in a folder. Returns: what it cost and came to."""
    source = Extract(folder=folder / "tape", digest=digest_of(folder / "tape"), leaders=size.window.leaders)
    tape = tape_of(source, size.window, CONFIG)
    memory: list[float] = []
    began = time.monotonic()

    def tell(done: int, total: int, label: str) -> None:
        if done * 20 // total > len(memory) - 1:
            memory.append(_resident())
            print(f"{done} of {total} {label}; {memory[-1]:.0f} MiB", file=sys.stderr, flush=True)

    result = run(
        tape,
        CONFIG,
        run_id="year",
        books=tape.books(),
        follow=Follow(leaders=frozenset(size.window.leaders)),
        started_at=size.window.start,
        until=size.window.end,
        journal=folder / "journal" if has_journal else None,
        tables=folder / "tables",
        checkpoint=folder / "checkpoint",
        progress=with_time_left(tell),
    )
    seconds = time.monotonic() - began
    return {
        **asdict(size),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(time.process_time(), 1),
        "fills_per_second": round(size.fills / seconds),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "resident_mib": [round(value) for value in memory],
        "days": (result.ended_at - result.started_at) // DAY,
        "signals": result.summary.signals,
        "copies": result.summary.copies,
        "recorded": result.books.get("recorded", 0),
        "final_equity": round(result.summary.final_equity, 2),
    }


def _sizes(size: Size, folder: Path) -> list[str]:
    flags = [word for name, value in asdict(size).items() for word in (f"--{name}", str(value))]
    return [*flags, "--folder", str(folder)]


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; with --folder the same command goes on where it was")
