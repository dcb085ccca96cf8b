"""`copytrade status --watch`: a screen that fits a small terminal, waits for a runner, and ends cleanly."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.commands.status import status_facts
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.runtime_file import read_runtime
from copytrade_live.settings import CopytradeConfig
from copytrade_live.status_screen import screen
from copytrade_live.store.views import read_decisions, read_view
from tests import builders
from tests.builders import NOW, at
from tests.cli.journals import write_journal
from tests.cli.living import home, tell
from tests.docs.terminals import Terminal
from tests.predecessor.test_defects import CONFIG, losing_run

ROOT = Path(__file__).resolve().parents[2]


def shown(width: int = 80, height: int = 24) -> list[str]:
    state = home() / "state.sqlite"
    facts = status_facts(read_view(state), read_runtime(state), CopytradeConfig())
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False)
    console.print(screen(facts, read_decisions(state, height), width=width, height=height))
    return out.getvalue().splitlines()


def test_a_running_runner_fits_a_small_terminal() -> None:
    write_journal(home() / "state.sqlite", losing_run(), CONFIG)
    tell()
    lines = shown()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for words in (
        "PAPER",
        "ready",
        "COPYING",
        "gate open",
        "equity",
        "exposure",
        "9 of 10 within 5 s",
        "copied",
    ):
        assert words in text, text


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (120, 50), (200, 60)])
def test_it_fits_whatever_the_terminal_is(width: int, height: int) -> None:
    write_journal(home() / "state.sqlite", losing_run(), CONFIG)
    tell(failing={"poll": "x" * 300}, not_ready=["y" * 300])
    lines = shown(width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_what_is_wrong_is_said_first() -> None:
    halt = OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="op")
    write_journal(home() / "state.sqlite", [*builders.opening(), halt], CONFIG)
    tell(failing={"poll": "no answer"}, not_ready=["the disk is full"])
    first, second, *rest = shown()
    assert "NOT READY: the disk is full" in first
    assert second.startswith("HALTED: halted, the disk is full")
    assert any("poll fails: no answer" in line for line in rest)


def test_copying_with_a_late_part_is_called_degraded() -> None:
    write_journal(home() / "state.sqlite", losing_run(), CONFIG)
    tell(not_ready=["streams is 40 s late"])
    assert shown()[1].startswith("COPYING, DEGRADED: streams is 40 s late")


def test_a_runner_that_is_gone_is_called_gone() -> None:
    write_journal(home() / "state.sqlite", losing_run(), CONFIG)
    first, second, *_ = shown()
    assert "NO RUNNER RUNS, last event 2026-03-02" in first
    assert "RUNNER DOWN: no runner runs" in second


def test_without_a_terminal_it_says_what_programs_ask() -> None:
    found = CliRunner().invoke(build_app(["status"]), ["status", "--watch"])
    assert found.exit_code == 2
    assert "needs a terminal" in " ".join(found.output.replace("│", " ").split())


def test_it_waits_for_a_runner_shows_it_and_ends_cleanly_at_ctrl_c(tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'from copytrade_live.cli import main; main()' status --watch --every 0.5"
    terminal = Terminal(ROOT, os.environ | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "COLUMNS": "80"})
    try:
        terminal.type(f"{command}; echo ended with $?")
        terminal.wait_for("NO RUNNER")
        write_journal(home() / "state.sqlite", losing_run(), CONFIG)
        terminal.wait_for("NO RUNNER RUNS")
        terminal.interrupt()
        terminal.wait_for("ended with 0")
        # The cursor is back, and so is the screen from before.
        assert "\x1b[?1049l" in terminal.text
        assert terminal.text.rindex("\x1b[?25h") > terminal.text.rindex("\x1b[?25l")
        assert "Traceback" not in terminal.text
    finally:
        terminal.close()
