"""Tells whether a file is still the one that was read."""

from __future__ import annotations

from pathlib import Path

# When it was changed, its size, and which file it is.
Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """What changes with a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
