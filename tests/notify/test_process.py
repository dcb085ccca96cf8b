"""`copytrade notify` as a process: it follows a runner, takes alerts, and after a kill tells nothing twice."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from copytrade_live.core.events import HaltTripped
from copytrade_live.core.reasons import HaltReason
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from tests import builders
from tests.builders import NOW, at
from tests.cli.journals import write_journal
from tests.notify.receiver import receiving
from tests.notify.test_hook import ALERT
from tests.predecessor.test_defects import CONFIG

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from copytrade_live.cli import main; main()", "notify"]


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def halts(home: Home, reason: HaltReason) -> None:
    with Journal.open(home.state, "paper") as journal:
        journal.append("run-1", [HaltTripped(**at(NOW), reason=reason, measured=None, limit=None)])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_follows_is_killed_goes_on_and_ends_when_asked() -> None:
    home, port = Home(Path(os.environ["COPYTRADE_HOME"])), free_port()
    write_journal(home.state, builders.opening(), CONFIG)
    home.config.write_text(f"notifications: {{alerts_port: {port}}}\n")
    place = home.root / "notify" / "place.json"
    with receiving() as receiver:
        environment = os.environ | {"COPYTRADE_NOTIFY_URLS": receiver.url, "PYTHONPATH": str(ROOT)}
        first = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        wait_until(place.exists)
        halts(home, HaltReason.WEEKLY_DRAWDOWN)
        wait_until(lambda: len(receiver.came) == 1)
        wait_until(lambda: json.loads(place.read_text())["sending"] is None)
        first.kill()
        _, said = first.communicate()
        assert b"t0ken" not in said
        second = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        halts(home, HaltReason.ORDER_ERRORS)
        wait_until(lambda: len(receiver.came) == 2)
        content = json.dumps({"alerts": [ALERT]}).encode()
        asked = Request(f"http://127.0.0.1:{port}/alerts", content, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=10) as answer:
            assert json.load(answer) == {"taken": 1}
        wait_until(lambda: len(receiver.came) == 3)
        second.terminate()
        _, said = second.communicate(timeout=30)
        assert second.returncode == 0, said
    assert ["weekly_drawdown" in text for text in receiver.texts] == [True, False, False]
    assert "order_errors" in receiver.texts[1]
    assert "CopytradeDown fires" in receiver.texts[2]
