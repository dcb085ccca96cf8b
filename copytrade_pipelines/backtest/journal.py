"""Writes a backtest's journal in the runner's own lines, so that replay reads both alike."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from copytrade_live.core.codec import line_text
from copytrade_live.core.events import JournalEvent

# Lines that are written together.
_TOGETHER = 256


class JournalWriter:
    """One closed segment in a folder, named when it is whole.

    Where a run goes on after an interruption, mark is what the journal said of itself last: what came after is cut off.
    """

    def __init__(
        self, folder: Path, run_id: str, mark: tuple[int, int] | None = None, *, keeps_part: bool = False
    ) -> None:
        self._folder = folder
        self._run_id = run_id
        self._keeps_part = keeps_part
        folder.mkdir(parents=True, exist_ok=True)
        self._part = folder / ".events.part"
        self._last_seq, length = mark or (0, 0)
        self._file = self._part.open("r+" if mark else "w", encoding="utf-8")
        self._file.truncate(length)
        self._file.seek(length)
        self._lines: list[str] = []
        self.path: Path | None = None

    def mark(self) -> tuple[int, int]:
        """Put everything on disk. Returns: the last seq and the length in bytes."""
        self._write()
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._last_seq, self._file.tell()

    def append(self, events: Sequence[JournalEvent]) -> None:
        """Write one step: an observation first, then the facts that answer it."""
        first = self._last_seq + 1
        cause = None
        for seq, event in enumerate(events, first):
            self._lines.append(line_text(event, seq=seq, run_id=self._run_id, caused_by=cause))
            cause = first
        self._last_seq += len(events)
        if len(self._lines) >= _TOGETHER:
            self._write()

    def _write(self) -> None:
        if self._lines:
            self._lines.append("")
            self._file.write("\n".join(self._lines))
            self._lines.clear()

    def __enter__(self) -> JournalWriter:
        """Use as a context manager that names the file when all went well, and drops it when not."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close whatever happened."""
        self._write()
        self._file.close()
        if kind is not None:
            if not self._keeps_part:
                self._part.unlink()
            return
        self.path = self._folder / f"events-{1:012d}-{self._last_seq:012d}.jsonl"
        self._part.replace(self.path)
