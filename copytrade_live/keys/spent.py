"""How much was signed away on one UTC day, kept in a file so that a restart does not forget it."""

from __future__ import annotations

import json
from pathlib import Path

from copytrade_live.durable import write_durably
from copytrade_live.errors import StateError


class SpentToday:
    """The notional of buys signed by day number. Units: micro-collateral.

    The file is ahead of what was signed for, so that most buys need no disk. A crash loses what was set aside and not
    used, never the other way round.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._day, self._spent = _read(path)
        self._on_disk = self._spent

    def on(self, day: int) -> int:
        """What was signed for on a day; a day that has begun since starts at nothing, an earlier one never returns."""
        return self._spent if day <= self._day else 0

    def add(self, day: int, cash: int, *, ahead: int = 0) -> None:
        """Count one more buy; durable when this returns. ahead: how much more to set aside if the disk is asked."""
        spent = self.on(day) + cash
        if day > self._day or spent > self._on_disk:
            self._write(max(day, self._day), spent + ahead)
        self._day, self._spent = max(day, self._day), spent

    def settle(self) -> None:
        """Write down what was really signed for."""
        if self._on_disk != self._spent:
            self._write(self._day, self._spent)

    def _write(self, day: int, spent: int) -> None:
        write_durably(self._path, json.dumps({"day": day, "spent": spent}).encode() + b"\n")
        self._on_disk = spent


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
