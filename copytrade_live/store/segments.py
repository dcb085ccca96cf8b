"""Names and contents of exported journal segments: who may read them, reads them through here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.errors import InputFileError, StateError
from copytrade_live.store.rows import JournalRow, from_line

_NAME = re.compile(r"^events-(\d{12})-(\d{12})\.jsonl$")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One closed file of the journal, first to last seq, both in it."""

    first: int
    last: int
    path: Path

    @classmethod
    def named(cls, folder: Path, first: int, last: int) -> Segment:
        """The segment that holds first to last."""
        return cls(first, last, folder / f"events-{first:012d}-{last:012d}.jsonl")


def find_segments(folder: Path) -> list[Segment]:
    """The segments in a folder, in order. Raises: StateError when they overlap or leave a gap."""
    found = sorted(
        Segment(int(match[1]), int(match[2]), path) for path in folder.iterdir() if (match := _NAME.match(path.name))
    )
    expected = 1
    for segment in found:
        if segment.first != expected or segment.last < segment.first:
            raise StateError(
                f"segment {segment.path} starts at {segment.first} where {expected} was expected; "
                "a segment is missing or doubled: restore it, or move the whole folder away to export afresh"
            )
        expected = segment.last + 1
    return found


def read_segment(path: Path) -> Iterator[JournalRow]:
    """The rows of one segment file. Raises: InputFileError naming the file and line."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                yield from_line(line, origin=f"{path} line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path} cannot be read as a journal segment: {error}") from error
