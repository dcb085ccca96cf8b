"""How much was signed away on one UTC day, kept in a file so that a restart does not forget it."""

from __future__ import annotations

import json
from pathlib import Path

from copytrade_live.durable import write_durably
from copytrade_live.errors import StateError


class SpentToday:
    """The notional of buys signed by day number. Units: micro-collateral."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._day, self._spent = _read(path)

    def on(self, day: int) -> int:
        """What was signed for on a day; a day that has begun since starts at nothing, an earlier one never returns."""
        return self._spent if day <= self._day else 0

    def add(self, day: int, cash: int) -> None:
        """Count one more buy; durable when this returns."""
        self._spent = self.on(day) + cash
        self._day = max(day, self._day)
        write_durably(self._path, json.dumps({"day": self._day, "spent": self._spent}).encode() + b"\n")


def _read(path: Path) -> tuple[int, int]:
    if not path.exists():
        return -1, 0
    try:
        content = json.loads(path.read_bytes())
        return int(content["day"]), int(content["spent"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StateError(
            f"{path} does not say how much was signed for today ({error}); nothing is signed until it is mended: "
            "remove it if no order was sent today"
        ) from error
