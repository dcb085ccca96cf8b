"""Files of secrets: made for their owner alone, and read only if nobody else could."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from copytrade_live.durable import beside_of, make_folder, sync_folder
from copytrade_live.errors import CopytradeError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def create_private(path: Path, content: str) -> None:
    """Write a new file that others cannot open, in a folder that they cannot enter. Raises: FileExistsError."""
    make_folder(path.parent)
    path.parent.chmod(PRIVATE_FOLDER)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, content: str) -> None:
    """Write a file that others cannot open in one step, whatever lay there. Raises: OSError, StateError."""
    beside = beside_of(path)
    beside.unlink(missing_ok=True)
    try:
        create_private(beside, content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def check_private(path: Path, refused: type[CopytradeError], *, what: str, whose: str) -> None:
    """Refuse a file that is a link, not ours, or open to anyone else. Raises: what is given as refused."""
    if path.is_symlink():
        raise refused(f"{path} is a symbolic link; put the file itself there")
    for one, most in ((path, PRIVATE_FILE), (path.parent, PRIVATE_FOLDER)):
        found = one.stat()
        mode = stat.S_IMODE(found.st_mode)
        if found.st_uid != os.geteuid():
            raise refused(f"{one} belongs to another user; {what} must be {whose} own")
        if mode & ~most:
            raise refused(f"{one} is open to others (mode {mode:o}); run: chmod {most:o} {one}")
