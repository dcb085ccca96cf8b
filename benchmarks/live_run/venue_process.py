"""A sandbox process of one's own, and what it says it holds."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from copytrade_live.core.market import Instant

CLI = "from copytrade_live.cli import main; main()"
OWN_PARTS = ("orders", "own_fills", "balances", "redemptions", "posts")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class VenueProcess:
    """Talks to the admin side of a running sandbox."""

    url: str
    http: httpx.Client

    def now(self) -> Instant:
        """The world's time."""
        return int(self.http.get("/admin/clock").json()["now_ms"])

    def fund(self, **wish: object) -> None:
        """Give a wallet money, and its session keys the right to trade."""
        self.http.post("/admin/fund", json=wish).raise_for_status()

    def holds(self, wallet: str) -> dict[str, list[Row]]:
        """What it holds of our wallet, part by part."""
        told = self._truth(parts=",".join(OWN_PARTS), wallets=wallet)
        return {part: told[part] for part in OWN_PARTS}

    def leader_fills(self, wallets: list[str], until: Instant) -> list[Row]:
        """Every fill of some wallets up to an instant."""
        return self._truth(parts="fills", wallets=",".join(wallets), until_ms=str(until))["fills"]

    def faults_met(self) -> dict[str, int]:
        """How often each fault struck."""
        met: dict[str, int] = self.http.get("/admin/faults").json()["met"]
        return met

    def _truth(self, **asked: str) -> dict[str, list[Row]]:
        answer = self.http.get("/admin/truth", params=asked)
        answer.raise_for_status()
        told: dict[str, list[Row]] = answer.json()
        return told


@contextmanager
def venue_process(
    *, seed: int, speed: float, wallets: int, fills: int, faults: Path, log: Path
) -> Iterator[VenueProcess]:
    """Start one, wait until it serves, end it on the way out."""
    asked = {"seed": seed, "speed": speed, "wallets": wallets, "fills": fills, "faults": faults, "port": 0}
    options = [text for name, value in asked.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-c", CLI, "sandbox", "--enforce-limits", *options]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603
        try:
            assert process.stdout is not None
            url = next(line.split(" at ", 1)[1].strip() for line in process.stdout if " at http" in line)
            with httpx.Client(base_url=url, timeout=60) as http:
                yield VenueProcess(url, http)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
