"""What tests that kill runners share: a process that forks them, the list of points, and the limit of a recovery."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# From the start of a run until the account is found equal to the ledger. The goal is for a machine that does nothing
# else, as the slow tests want it; beside other tests only a recovery that hangs is told from a busy machine.
MOST_SECONDS = 10.0
BESIDE_OTHERS = 60.0


class Zygote:
    """The process that forks runners."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.live_run"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, asked: list[dict[str, Any]]) -> list[int]:
        """Runners side by side, from begin to end. Returns: their exit codes, negative for a signal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended: list[int] = json.loads(self._process.stdout.readline())
        return ended

    def close(self) -> None:
        self._process.communicate(timeout=20)


def told(run: dict[str, Any]) -> str:
    """What a run said of itself."""
    path = Path(run["log"])
    return f"{run['die_at']}: " + (path.read_text()[-3000:] if path.exists() else "")


def by_times(reached: dict[str, int]) -> list[tuple[str, int]]:
    """Every point that a whole run reached: the first time, the last, and one between."""
    return sorted({(name, time) for name, count in reached.items() for time in (1, (count + 1) // 2, count)})


def check_recovery(run: dict[str, Any], most: float) -> None:
    """The run after the kill was ready soon."""
    seconds = json.loads(Path(run["home"], "ready.json").read_text())
    assert seconds <= most, f"ready after {seconds:.1f} s; {told(run)}"
