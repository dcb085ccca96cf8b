"""Which process another one started."""

from __future__ import annotations

from pathlib import Path


def child_of(parent: int, verb: str) -> int:
    """The pid of the child of this process that runs this verb of copytrade. Raises: LookupError."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status, command = (folder / "stat").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue  # it ended meanwhile
        if int(status.rpartition(")")[2].split()[1]) == parent and f"main()\0{verb}\0" in command:
            return int(folder.name)
    raise LookupError(f"process {parent} has no child that runs copytrade {verb}")
