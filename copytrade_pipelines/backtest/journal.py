"""Writes a backtest's journal in the runner's own lines, so that replay reads both alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from copytrade_live.core.codec import dumps, encode
from copytrade_live.core.events import JournalEvent


class JournalWriter:
    """One closed segment in a folder, named when it is whole."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder = folder
        self._run_id = run_id
        self._last_seq = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._part = folder / ".events.part"
        self._file = self._part.open("w", encoding="utf-8")
        self.path: Path | None = None

    def append(self, events: Sequence[JournalEvent]) -> None:
        """Write one step: an observation first, then the facts that answer it."""
        first = self._last_seq + 1
        for place, event in enumerate(events):
            line = {
                "seq": first + place,
                "run_id": self._run_id,
                "caused_by": first if place else None,
                **encode(event),
            }
            self._file.write(dumps(line) + "\n")
        self._last_seq += len(events)

    def __enter__(self) -> JournalWriter:
        """Use as a context manager that names the file when all went well, and drops it when not."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close whatever happened."""
        self._file.close()
        if kind is not None:
            self._part.unlink()
            return
        self.path = self._folder / f"events-{1:012d}-{self._last_seq:012d}.jsonl"
        self._part.replace(self.path)
