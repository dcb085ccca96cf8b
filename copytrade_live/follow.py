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
        self._place = path.stat().st_size if path.exists() else 0

    def new_lines(self) -> Iterator[str]:
        """New decisions as sentences."""
        return (decision_text(line) for line in self.new_decisions())

    def new_decisions(self) -> Iterator[Line]:
        """New decisions as they are logged; a line still being written waits for the next look."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._place)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                self._place += len(raw)
                yield json.loads(raw)
