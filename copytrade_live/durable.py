"""Write files so that a reader sees the old content or the new, never a part, whatever dies in between."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from copytrade_live.errors import DiskFull, StateError
from copytrade_live.failpoints import Failpoint, reach

TEMPORARY_SUFFIX = ".part"
# Bytes that a few steps of the journal take; so much is tried.
ROOM = 16_384
# The disk is full, the quota is, or the file may not grow.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def beside_of(path: Path) -> Path:
    """Where this process writes what is then moved over a file."""
    return path.with_name(f"{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")


def write_durably(path: Path, content: bytes) -> None:
    """Write beside the name, fsync, move over it, then fsync the folder; two writers never share what lies beside.

    Raises: StateError when the disk refuses.
    """
    beside = beside_of(path)
    make_folder(path.parent)
    reach(Failpoint.FILE_BEFORE_WRITE, path.name)
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        reach(Failpoint.FILE_BEFORE_MOVE, path.name)
        beside.replace(path)
        reach(Failpoint.FILE_AFTER_MOVE, path.name)
        sync_folder(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that no reader sees a part of it; a power cut may bring the old one back.

    Raises: StateError when the disk refuses.
    """
    beside = beside_of(path)
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StateError:
    """Why a file could not be written, as the failure it is: a full disk passes, the rest does not."""
    if error.errno in _FULL:
        return DiskFull(f"{path} cannot be written: {error}; free disk space")
    return StateError(f"{path} cannot be written: {error}; mend the disk or its permissions")


def may_grow(path: Path) -> bool:
    """Whether there is room to make a file longer: asked of one beside it, for whoever was told no but not why."""
    beside = beside_of(path)
    try:
        with beside.open("wb") as file:
            file.seek(path.stat().st_size if path.exists() else 0)
            file.write(bytes(ROOM))
    except OSError as error:
        return error.errno not in _FULL
    finally:
        beside.unlink(missing_ok=True)
    return True


def make_folder(path: Path) -> None:
    """Create a folder and its parents. Raises: StateError when the disk refuses."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"folder {path} cannot be made: {error}; mend its permissions or set COPYTRADE_HOME"
        ) from error


def sync_file(path: Path) -> None:
    """Make what was written to a file survive a power cut; one that is gone has nothing to lose."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
