"""Connections to the state database: the same durable settings for everyone who opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from copytrade_live.durable import may_grow
from copytrade_live.errors import DiskFull, NotWrittenOut, StateError

BUSY_SECONDS = 10.0
# Bytes. A check reads all of the file, so a larger one is not checked when it is opened but beside the work.
CHECKED_AT_ONCE = 256_000_000
# What PRAGMA user_version says once every migration ran.
SCHEMA_VERSION = 4
WAL_SUFFIX = "-wal"
# SQLite knows one full disk; a quota, or a file that may not grow, is to it a write that failed for any reason.
_REFUSED = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
_NOT_SYNCED = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)


def connect(path: Path, *, read_only: bool = False, is_checked: bool = False) -> sqlite3.Connection:
    """Open the state database. A writer waits for other writers; a reader never blocks one.

    is_checked: whoever asks has checked it before, or must not wait for it: a check reads all of the file.
    Raises: StateError when the file is missing (for a reader), not a database, or damaged; a large one see check_large.
    """
    if read_only and not path.exists():
        raise StateError(f"there is no state database at {path}; start the runner first: copytrade run")
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    with naming(path):
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _configure(connection, read_only=read_only)
            if not is_checked and not is_large(path):
                _check(connection, path)
        except BaseException:
            connection.close()
            raise
    connection.row_factory = sqlite3.Row
    return connection


def is_large(path: Path) -> bool:
    """Whether a check of the file would keep a start waiting."""
    return path.stat().st_size > CHECKED_AT_ONCE


def check_large(path: Path) -> None:
    """Check a file that was too large to be checked when it was opened. Raises: StateError when it is damaged."""
    with naming(path), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        _check(connection, path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a StateError that names the file and the way out."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _unusable(path, error) from error
    except sqlite3.DatabaseError as error:
        raise StateError(
            f"state database {path} is damaged or not SQLite: {error}; stop all of copytrade and run "
            "copytrade restore, or start afresh with an empty COPYTRADE_HOME"
        ) from error


def not_written_out(path: Path, error: Exception) -> NotWrittenOut:
    """After a failed fsync the system forgets what it did not write, and the next one says that all is well."""
    return NotWrittenOut(
        f"state database {path} was not written out: {error}; free disk space or look after the disk, then start again"
    )


def _unusable(path: Path, error: sqlite3.OperationalError) -> StateError:
    code = error.sqlite_errorcode
    if code in _NOT_SYNCED:
        return not_written_out(path, error)
    if code == sqlite3.SQLITE_FULL or (code in _REFUSED and not may_grow(path.with_name(path.name + WAL_SUFFIX))):
        return DiskFull(f"state database {path} cannot grow: {error}; free disk space")
    return StateError(
        f"state database {path} cannot be used: {error}; is another process holding it, or the disk full?"
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Take the write lock at once, commit at the end, roll back on any failure."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    try:
        connection.commit()
    except BaseException:
        # A disk that is full may show only now; nothing of it may be left for the next one to trip over.
        if connection.in_transaction:
            connection.rollback()
        raise


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date. Raises: StateError when a newer copytrade wrote it."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise StateError(
            f"state database {path} has schema {version}, this copytrade knows {SCHEMA_VERSION}; upgrade copytrade"
        )
    if version < SCHEMA_VERSION:
        # Imported only when there is something to do: sqlite-utils pulls pandas in where that is installed.
        from copytrade_live.store.migrations import apply_migrations

        with naming(path):
            apply_migrations(connection)


def _configure(connection: sqlite3.Connection, *, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StateError(f"state database {path} is damaged: {found}; stop all of copytrade and run copytrade restore")
