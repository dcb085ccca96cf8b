"""The decision log: one JSON object a line for every copy, reject, fill and exit, made again from the journal.

Every line carries the seq of its journal row, so after any crash the log goes on exactly where it ended.
"""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

from copytrade_live.core.codec import dumps
from copytrade_live.durable import make_folder, unwritable
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.store.decision_lines import LINE_TYPES, decision_line
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow

_BLOCK = 65_536


MEGABYTE = 1_000_000


class DecisionLog:
    """Follows the journal with a file for people and their tools. A full one is put aside under its last seq."""

    def __init__(self, path: Path, journal: Journal, *, megabytes: float = 50.0, keep: int = 20) -> None:
        make_folder(path.parent)
        self._path = path
        self._journal = journal
        self._most_bytes = round(megabytes * MEGABYTE)
        self._keep = keep
        self._cause: JournalRow | None = None
        self._watermark = max(_repair(path), *(seq for seq, _ in put_aside(path)), 0)

    def catch_up(self, most: int | None = None) -> int:
        """Append what the journal has and the log has not, looking at no more events than most. Returns: lines.

        Raises: DiskFull and StateError, and then nothing of it was appended.
        """
        lines: list[bytes] = []
        before = logged = self._watermark
        size = 0
        last = self._journal.last_seq
        until = last if most is None else min(last, before + most)
        for row in self._journal.read_types(LINE_TYPES, before, until):
            content = decision_line(row, self._observation_behind(row))
            if content is not None:
                lines.append(dumps(content).encode() + b"\n")
                logged = row.seq
        if lines:
            reach(Failpoint.DECISIONS_BEFORE_WRITE)
            try:
                size = _append(self._path, b"".join(lines))
            except OSError as error:
                raise unwritable(self._path, error) from error
            reach(Failpoint.DECISIONS_AFTER_WRITE)
        self._watermark = until
        if size >= self._most_bytes:
            self._put_aside(logged)
        return len(lines)

    def _put_aside(self, last_seq: int) -> None:
        self._path.rename(self._path.with_name(f"{self._path.stem}-{last_seq:012d}{self._path.suffix}"))
        for _, old in put_aside(self._path)[: -self._keep]:
            old.unlink(missing_ok=True)

    def _observation_behind(self, row: JournalRow) -> JournalRow | None:
        if row.caused_by is None:
            self._cause = row
            return None
        if self._cause is None or self._cause.seq != row.caused_by:
            self._cause = self._journal.row(row.caused_by)
        return self._cause


def _append(path: Path, content: bytes) -> int:
    """Write all of it or nothing. Returns: how long the file is now. Raises: OSError."""
    with path.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            written = file.write(content)
            if written != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            file.truncate(size)
            raise
        return size + written


def put_aside(path: Path) -> list[tuple[int, Path]]:
    """Full logs that were put aside, each with the last seq in it, oldest first."""
    name = re.compile(rf"^{re.escape(path.stem)}-(\d{{12}}){re.escape(path.suffix)}$")
    return sorted((int(match[1]), found) for found in path.parent.iterdir() if (match := name.match(found.name)))


def cut_after(path: Path, last_seq: int) -> None:
    """Cut off what a journal that ends at last_seq does not know of."""
    _repair(path, last_seq)


def _repair(path: Path, most: int | None = None) -> int:
    """Cut off what a crash left half written, and lines of a seq above most. Returns: the last seq left, else 0."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        end, seq = file.seek(0, os.SEEK_END), None
        while end and seq is None:
            start = _line_start(file.fileno(), end)
            seq = _seq_of(os.pread(file.fileno(), end - start, start))
            if seq is not None and most is not None and seq > most:
                seq = None
            end = end if seq is not None else start
        file.truncate(end)
    return seq or 0


def _line_start(handle: int, end: int) -> int:
    """Where the line that stops at end begins."""
    stop = end - 1
    while stop > 0:
        begin = max(0, stop - _BLOCK)
        found = os.pread(handle, stop - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        stop = begin
    return 0


def _seq_of(line: bytes) -> int | None:
    if not line.endswith(b"\n"):
        return None
    try:
        seq = json.loads(line)["seq"]
    except (ValueError, KeyError, TypeError):
        return None
    return seq if isinstance(seq, int) else None
