"""The demo as a newcomer meets it: progress, addresses, a copy, and nothing left after Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
# On two idle cores the first copy comes after about a minute; a busy machine gets more.
PATIENCE_SECONDS = 600.0

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(home: Path) -> list[str]:
    """Command lines of the live processes that were started for a home."""
    mark = f"COPYTRADE_HOME={home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def ports_of(home: Path) -> set[int]:
    """TCP ports that the live processes of a home listen on."""
    mark, inodes = f"COPYTRADE_HOME={home}".encode(), set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                inodes |= {os.readlink(handle) for handle in (folder / "fd").iterdir()}
        except OSError:
            continue
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def test_the_demo_shows_its_addresses_and_a_copy_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home, sandbox_port, dagster_port, dashboard_port = tmp_path / "demo", free_port(), free_port(), free_port()
    arguments = ["demo", "--sandbox-port", str(sandbox_port), "--dagster-port", str(dagster_port)]
    arguments += ["--dashboard-port", str(dashboard_port)]
    command = [sys.executable, "-u", "-c", "from copytrade_live.cli import main; main()", *arguments]
    environment = os.environ | {"COPYTRADE_HOME": str(home)}
    lines: list[str] = []
    has_copied = is_up = False
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        overdue = threading.Timer(PATIENCE_SECONDS, demo.send_signal, [signal.SIGINT])
        overdue.start()
        assert demo.stdout is not None
        for line in demo.stdout:
            lines.append(line)
            # Copies are shown while the pages still start.
            has_copied, is_up = has_copied or "  copied  " in line, is_up or "Ctrl-C ends everything" in line
            if has_copied and is_up:
                break
        overdue.cancel()
        said = "".join(lines)
        assert "  copied  " in said, said
        with urlopen(f"http://127.0.0.1:{dagster_port}/healthz", timeout=10) as answer:
            assert json.load(answer) == {"status": "alive", "dagster": True}
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"http://127.0.0.1:{dagster_port}/graphql", timeout=10)
        with urlopen(f"http://127.0.0.1:{dashboard_port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        assert len(processes_of(home)) >= 5
        # Dagster's own webserver is on a socket: no port leads past the door.
        metrics_port = int(json.loads((home / "runtime.json").read_text())["address"].rpartition(":")[2])
        assert ports_of(home) == {sandbox_port, dagster_port, dashboard_port, metrics_port}
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
        assert demo.wait(timeout=30) == 0, rest
    assert "stopped" in rest
    assert processes_of(home) == []
    assert lines[0].lstrip().startswith("0.0s  sandbox")
    assert f"http://127.0.0.1:{dagster_port}" in said
    assert f"http://127.0.0.1:{dashboard_port}" in said
    [key] = re.findall(r"ctk_[A-Za-z0-9_-]{43}", said)
    left = [path for path in home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
    assert left == []
