"""`copytrade run --live` as a service starts it: killed, started again, halted and ended from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from benchmarks.live_run.venue_process import CLI
from copytrade_live.runner.serve_live import CONSENT, CONSENT_VARIABLE
from copytrade_live.settings import HOME_VARIABLE, Home


class RunnerDied(Exception):
    """The runner ended by itself."""


class RunnerProcess:
    """One runner at a time, on one home, with one key."""

    def __init__(self, home: Home, key: str, log: Path) -> None:
        self._environment = {
            **os.environ,
            HOME_VARIABLE: str(home.root),
            "COPYTRADE_KEY": key,
            CONSENT_VARIABLE: CONSENT,
        }
        self._log: IO[str] = log.open("a")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, with the word of consent a service gives."""
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", CLI, "run", "--live", "--yes"],
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def check(self) -> None:
        """Raises: RunnerDied when it runs no more."""
        if self._process is not None and self._process.poll() is not None:
            raise RunnerDied(f"the runner ended with {self._process.returncode}; see {self._log.name}")

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=20)

    def say(self, *words: str) -> None:
        """Tell it something, as an operator does."""
        command = [sys.executable, "-c", CLI, *words]
        subprocess.run(command, env=self._environment, check=True, stdout=self._log, stderr=self._log)  # noqa: S603

    def end(self) -> int:
        """SIGTERM. Returns: its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(timeout=20)
        self._log.close()

    def wait(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """Whether something became so within so many real seconds. Raises: RunnerDied."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if is_done():
                return True
            self.check()
            time.sleep(0.05)
        return False
