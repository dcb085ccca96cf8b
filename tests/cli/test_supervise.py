"""Processes that live and die together leave nothing behind, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from copytrade_live.dashboard.program import dashboard_program
from copytrade_live.programs import DASHBOARD_KEY, environment
from copytrade_live.settings import Home
from copytrade_live.supervise import ProcessDied, Program, Stack

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
# A child that starts a child of its own and tells both pids.
FAMILY = [
    sys.executable,
    "-c",
    "import os, subprocess, sys, time\n"
    "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(os.getpid(), inner.pid, flush=True)\n"
    "time.sleep(600)\n",
]
PARENT = (
    "import os, sys, time\n"
    "from pathlib import Path\n"
    "from copytrade_live.supervise import Program, Stack, StopRequested, stop_signals\n"
    "try:\n"
    "    with stop_signals(), Stack(Path(sys.argv[1]), os.environ) as stack:\n"
    "        stack.start(Program(name='family', command=eval(sys.argv[2])))\n"
    "        while True:\n"
    "            stack.check()\n"
    "            time.sleep(0.02)\n"
    "except StopRequested:\n"
    "    print('stopped')\n"
)


def wait_until(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    for _ in range(round(seconds / 0.02)):
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def family_of(log: Path) -> list[int]:
    assert wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
    return [int(word) for word in log.read_text().split()]


def check_until_it_raises(stack: Stack) -> None:
    for _ in range(500):
        stack.check()
        time.sleep(0.02)


def start_parent(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PARENT, str(folder), repr(FAMILY)]
    return subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def test_leaving_the_block_ends_children_and_theirs(tmp_path: Path) -> None:
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="family", command=FAMILY))
        pids = family_of(tmp_path / "family.log")
        assert all(map(is_running, pids))
    assert not any(map(is_running, pids))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_to_the_parent_ends_all(tmp_path: Path, number: signal.Signals) -> None:
    parent = start_parent(tmp_path)
    pids = family_of(tmp_path / "family.log")
    parent.send_signal(number)
    said, _ = parent.communicate(timeout=20)
    assert said == b"stopped\n"
    assert not any(map(is_running, pids))


def test_killing_the_parent_leaves_no_orphan(tmp_path: Path) -> None:
    parent = start_parent(tmp_path)
    pids = family_of(tmp_path / "family.log")
    parent.kill()
    parent.communicate(timeout=20)
    assert wait_until(lambda: not any(map(is_running, pids)))


def test_a_dead_child_is_named_with_its_code_and_last_words(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "print('out of luck', flush=True); raise SystemExit(7)"]
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="steady", command=SLEEP))
        stack.start(Program(name="frail", command=failing))
        with pytest.raises(ProcessDied, match=r"frail ended with exit code 7(.|\n)*out of luck") as caught:
            check_until_it_raises(stack)
    assert caught.value.exit_code == 7


def test_a_child_that_should_run_on_may_not_end_well_either(tmp_path: Path) -> None:
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="brief", command=[sys.executable, "-c", "pass"]))
        with pytest.raises(ProcessDied, match="brief ended with exit code 0"):
            check_until_it_raises(stack)


def test_a_child_meant_to_end_is_waited_for_and_heard(tmp_path: Path) -> None:
    heard: list[str] = []
    with Stack(tmp_path, os.environ) as stack:
        command = [sys.executable, "-c", "print('one'); print('two')"]
        stack.start(Program(name="brief", command=command, is_meant_to_end=True, on_line=heard.append))
        stack.finish("brief")
        stack.check()
    assert heard == ["one", "two"]
    assert (tmp_path / "brief.log").read_text() == "one\ntwo\n"


def test_finishing_badly_is_a_failure(tmp_path: Path) -> None:
    with Stack(tmp_path, os.environ) as stack:
        stack.start(Program(name="brief", command=[sys.executable, "-c", "raise SystemExit(4)"], is_meant_to_end=True))
        with pytest.raises(ProcessDied, match="exit code 4"):
            stack.finish("brief")


def test_the_dashboards_key_is_given_to_the_dashboard_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DASHBOARD_KEY, "ctk_of-somebody")
    heard: dict[str, list[str]] = {"dashboard": [], "runner": []}
    command = [sys.executable, "-c", f"import os; print(os.environ.get('{DASHBOARD_KEY}'))"]
    dashboard = dashboard_program(8080, "http://127.0.0.1:3000", os.environ)
    assert "ctk_of-somebody" not in repr(dashboard)
    with Stack(tmp_path, environment(Home(tmp_path))) as stack:
        for name, secrets in (("dashboard", dashboard.secrets), ("runner", {})):
            program = Program(
                name=name, command=command, is_meant_to_end=True, on_line=heard[name].append, secrets=secrets
            )
            stack.start(program)
            stack.finish(name)
    assert heard == {"dashboard": ["ctk_of-somebody"], "runner": ["None"]}
