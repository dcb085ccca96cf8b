"""The real stack: copytrade up over a sandbox whose time runs fast, in a home of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from copytrade_live.config_file import write_config
from copytrade_live.demo_config import SPEED, fast_changes
from copytrade_live.settings import Home

# A span of the world's past that every run of it has, short enough for a busy machine.
PAST = ("--from", "2026-02-27", "--to", "2026-03-01")
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240.0
SEED = "7"


@dataclass(frozen=True, slots=True)
class Up:
    """A running stack. key logs in as admin; pid is of copytrade up."""

    home: Path
    url: str
    key: str
    pid: int
    log: Path

    def shown(self, pattern: str, patience_seconds: float = START_SECONDS) -> str:
        """What it printed that looks like this, once it did."""
        return _shown(self.log, pattern, patience_seconds)

    def run(self, *arguments: str) -> str:
        """Run another verb of copytrade in the same home. Returns: what it printed."""
        done = subprocess.run(
            _command(*arguments), cwd=ROOT, env=_environment(self.home), capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def up(folder: Path) -> Iterator[Up]:
    """Start a sandbox, then copytrade up on it; both are ended afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    home, log = Home(folder / "home"), folder / "up.log"
    home.root.mkdir()
    sandbox_port, dagster_port, dashboard_port = free_port(), free_port(), free_port()
    venue = f"http://127.0.0.1:{sandbox_port}"
    write_config(home.config, fast_changes(venue))
    with log.open("w") as sink:
        world = ("sandbox", "--seed", SEED, "--speed", f"{SPEED:g}", "--port", str(sandbox_port))
        ports = ("--dagster-port", str(dagster_port), "--dashboard-port", str(dashboard_port))
        with _running(home, sink, *world):
            _wait(f"{venue}/time", log)
            with _running(home, sink, "up", "--venue", venue, *ports) as pid:
                url = f"http://127.0.0.1:{dashboard_port}"
                _wait(f"{url}/healthz", log)
                yield Up(
                    home=home.root, url=url, key=_shown(log, r"ctk_[A-Za-z0-9_-]{43}", START_SECONDS), pid=pid, log=log
                )


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(home: Home, sink: IO[str], *arguments: str) -> Iterator[int]:
    process = subprocess.Popen(
        _command(*arguments), cwd=ROOT, env=_environment(home.root), stdout=sink, stderr=subprocess.STDOUT
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-u", "-c", "from copytrade_live.cli import main; main()", *arguments]


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"COPYTRADE_HOME": str(home)}


def _wait(address: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            assert time.monotonic() < end, f"{address} does not answer: {log.read_text()[-2000:]}"
            time.sleep(0.3)


def _shown(log: Path, pattern: str, patience_seconds: float) -> str:
    end = time.monotonic() + patience_seconds
    while not (found := re.search(pattern, log.read_text())):
        assert time.monotonic() < end, f"{pattern} was not shown: {log.read_text()[-2000:]}"
        time.sleep(0.3)
    return found.group(0)
