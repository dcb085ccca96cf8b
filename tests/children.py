"""Which processes another one started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def children_of(parent: int) -> Iterator[tuple[int, str]]:
    """The children of this process. Shape: pid, and the words of its command line, each followed by a NUL."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status, command = (folder / "stat").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue  # it ended meanwhile
        if int(status.rpartition(")")[2].split()[1]) == parent:
            yield int(folder.name), command


def child_of(parent: int, verb: str) -> int:
    """The pid of the child of this process that runs this verb of copytrade. Raises: LookupError."""
    for pid, command in children_of(parent):
        if f"main()\0{verb}\0" in command:
            return pid
    raise LookupError(f"process {parent} has no child that runs copytrade {verb}")
