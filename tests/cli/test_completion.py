"""Bash completes verbs, options and choices of copytrade, really typed with the tab key."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.docs.terminals import Terminal

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(sys.executable).with_name("copytrade")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("copytrade stat", "copytrade status"),
        ("copytrade halt --rea", "copytrade halt --reason"),
        ("copytrade export accoun", "copytrade export accounting"),
        ("copytrade backtest comp", "copytrade backtest compare"),
    ],
)
def test_bash_completes_what_is_typed(typed: str, completed: str) -> None:
    if not SCRIPT.exists():
        pytest.skip(f"{SCRIPT} is not installed: make test installs it")
    environment = os.environ | {"PATH": f"{SCRIPT.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    terminal = Terminal(ROOT, environment | {"TERM": "dumb"})
    try:
        terminal.type('eval "$(copytrade --show-completion bash)"; echo read; stty echo')
        terminal.wait_for("read\r\n")
        os.write(terminal._master, f"{typed}\t".encode())
        terminal.wait_for(completed)
    finally:
        terminal.close()
