"""Hand the journal to the pipelines: closed, immutable segments and a heartbeat.

How far the export came is read from the segment names alone, so a crash at any point leaves no gap and no overlap.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

from copytrade_live.core.codec import dumps
from copytrade_live.core.market import Instant
from copytrade_live.durable import TEMPORARY_SUFFIX, make_folder, write_durably
from copytrade_live.errors import StateError
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow, to_line
from copytrade_live.store.segments import Segment, find_segments, read_segment

MAX_SEGMENT_EVENTS = 5_000
HEARTBEAT_FILE = "heartbeat.json"


class Exporter:
    """Writes what the journal has and the export folder has not."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        make_folder(folder)
        for leftover in folder.glob(f"*{TEMPORARY_SUFFIX}"):
            leftover.unlink(missing_ok=True)
        self._folder = folder
        self._journal = journal
        segments = find_segments(folder)
        self.watermark = segments[-1].last if segments else 0
        if segments:
            self._check_same_journal(segments[-1])

    def export(self) -> list[Path]:
        """Write every event that is not exported yet. Returns: the new segments."""
        written: list[Path] = []
        while (path := self.export_next()) is not None:
            written.append(path)
        return written

    def export_next(self) -> Path | None:
        """Write one segment of what is not exported yet. Returns: it, None when there is nothing."""
        # A power cut must not leave an export that knows more than its journal.
        self._journal.flush()
        rows = self._next_rows()
        if not rows:
            return None
        segment = Segment.named(self._folder, rows[0].seq, rows[-1].seq)
        write_durably(segment.path, b"".join(map(to_line, rows)))
        self.watermark = segment.last
        return segment.path

    def _next_rows(self) -> list[JournalRow]:
        rows = list(self._journal.read(self.watermark, MAX_SEGMENT_EVENTS + 1))
        if len(rows) <= MAX_SEGMENT_EVENTS:
            return rows
        # Cut where a step begins, so that no segment ends with an observation that is only half answered.
        begins = [place for place, row in enumerate(rows) if place and row.caused_by is None]
        return rows[: begins[-1]] if begins else rows

    def beat(self, run_id: str, mode: str, now: Instant) -> None:
        """Say that this runner is alive and how far its journal is."""
        content = {"run_id": run_id, "mode": mode, "written_at": now, "last_seq": self._journal.last_seq}
        write_durably(self._folder / HEARTBEAT_FILE, dumps(content).encode() + b"\n")

    def _check_same_journal(self, segment: Segment) -> None:
        tail = deque(read_segment(segment.path), maxlen=1)
        if not tail or tail[0].seq != segment.last or self._journal.row(segment.last) != tail[0]:
            raise StateError(
                f"{segment.path} does not end as this journal does at seq {segment.last}; the export folder belongs to "
                f"another journal: move {self._folder} away, or put the state database it came from back"
            )
