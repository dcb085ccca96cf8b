"""What may fall comes back and ends nothing; what trading needs still ends everything."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from copytrade_live.clock import ManualClock, SystemClock
from copytrade_live.dashboard.access.keys import rotate_key
from copytrade_live.dashboard.program import dashboard_program
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.programs import answers, environment, wait_for_http
from copytrade_live.revival import LONGEST_WAIT_SECONDS, STEADY_SECONDS, Revival
from copytrade_live.supervise import ProcessDied, Program, Stack
from tests.builders import NOW
from tests.children import child_of
from tests.dashboard.conftest import home_in
from tests.dashboard_e2e.stack import free_port

SLEEP = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
FAILING = [sys.executable, "-c", "print('out of luck', flush=True); raise SystemExit(7)"]
PATIENCE_SECONDS = 60.0


def look_until(revival: Revival, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "did not happen in time"
        revival.look()
        time.sleep(0.02)


def pids(log: Path) -> list[int]:
    return [int(word) for word in log.read_text().split()] if log.exists() else []


def test_a_killed_dashboard_answers_again_while_the_rest_runs_on(tmp_path: Path) -> None:
    home, port, told = home_in(tmp_path), free_port(), list[str]()
    rotate_key(home, Role.ADMIN)
    page = f"http://127.0.0.1:{port}/healthz"
    with Stack(tmp_path / "logs", environment(home)) as stack:
        stack.start(Program(name="runner", command=SLEEP))
        stack.start(dashboard_program(port, "http://127.0.0.1:3000", {}))
        wait_for_http(stack, page)
        revival = Revival(stack, SystemClock(), told.append)
        revival.look()
        os.kill(child_of(os.getpid(), "dashboard"), signal.SIGKILL)
        look_until(revival, lambda: len(told) == 2)
        look_until(revival, lambda: answers(page))
        assert stack.exit_code("runner") is None
        assert len(pids(tmp_path / "logs" / "runner.log")) == 1
    assert "dashboard was ended by SIGKILL" in told[0]
    assert "trading goes on; dashboard is started again in 1 s" in told[0]
    assert told[1] == "dashboard is started again"


def test_who_falls_at_once_waits_longer_each_time_and_who_ran_for_a_while_does_not(tmp_path: Path) -> None:
    clock, told = ManualClock(NOW), list[str]()
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="page", command=FAILING, may_fall=True))
        revival = Revival(stack, clock, told.append)
        waits = [fall_and_rise(revival, clock, told) for _ in range(8)]
        clock.set(clock.now() + round(STEADY_SECONDS * 1000))
        waits.append(fall_and_rise(revival, clock, told))
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, 1]


def fall_and_rise(revival: Revival, clock: ManualClock, told: list[str]) -> float:
    """Wait until it fell, then until it is started. Returns: the seconds it said it would wait."""
    told.clear()
    look_until(revival, lambda: bool(told))
    assert "page ended with exit code 7" in told[0]
    assert "out of luck" in told[0]
    wait = float(told[0].rpartition(" in ")[2].split()[0])
    clock.set(clock.now() + round(wait * 1000) - 1)
    revival.look()
    assert len(told) == 1
    clock.set(clock.now() + 1)
    revival.look()
    assert told[1:] == ["page is started again"]
    return wait


def test_what_trading_needs_still_ends_everything(tmp_path: Path) -> None:
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="page", command=SLEEP, may_fall=True))
        stack.start(Program(name="runner", command=FAILING))
        revival = Revival(stack, SystemClock(), lambda line: None)
        with pytest.raises(ProcessDied, match=r"runner ended with exit code 7(.|\n)*everything else was stopped"):
            look_until(revival, lambda: False)


def test_a_page_that_never_came_up_ends_the_start(tmp_path: Path) -> None:
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="page", command=FAILING, may_fall=True))
        with pytest.raises(ProcessDied, match="page ended with exit code 7"):
            wait_for_http(stack, f"http://127.0.0.1:{free_port()}/healthz")
