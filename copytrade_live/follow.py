"""Reads what is appended to the decision log, as readable lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from copytrade_live.decision_text import Line, decision_text


class LogFollower:
    """Hands out each line that was appended since the last look, beginning at the log's present end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._place = _identity(path)

    def new_lines(self) -> Iterator[str]:
        """New decisions as sentences."""
        return (decision_text(line) for line in self.new_decisions())

    def new_decisions(self) -> Iterator[Line]:
        """New decisions as they are logged; a line still being written waits for the next look."""
        inode, _ = _identity(self._path)
        if inode != self._inode:
            # The log was put aside since: its rest first, then the new one from its beginning.
            aside = next((one for one in self._path.parent.glob("*") if _identity(one)[0] == self._inode), None)
            if aside is not None and self._inode:
                yield from self._read(aside)
            self._inode, self._place = inode, 0
        if inode:
            yield from self._read(self._path)

    def _read(self, path: Path) -> Iterator[Line]:
        with path.open("rb") as file:
            file.seek(self._place)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                self._place += len(raw)
                yield json.loads(raw)


def _identity(path: Path) -> tuple[int, int]:
    """Which file that is and how long; zeroes when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_ino, found.st_size
