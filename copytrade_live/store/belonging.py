"""Whose a state database is: its file is its user's alone, and it belongs to one mode and one account for good."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from copytrade_live.errors import StateError
from copytrade_live.store.database import transaction


def keep_private(path: Path) -> None:
    """Make the file if there is none, for its user's eyes only. Raises: StateError."""
    # Signed orders live in it: for the owner's eyes only, and SQLite gives the WAL beside it the same mode.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StateError(f"state database {path} cannot be made: {error}; mend its permissions") from error


def claim_mode(connection: sqlite3.Connection, path: Path, mode: str) -> None:
    """Tie it to paper or live for good. Raises: StateError when it belongs to the other."""
    try:
        claim(connection, path, "mode", mode)
    except StateError as error:
        raise StateError(f"{error}; paper and live never share a journal") from None


def claim(connection: sqlite3.Connection, path: Path, key: str, wanted: str) -> None:
    """Tie it to one value of a key for good. Raises: StateError when it belongs to another."""
    with transaction(connection):
        connection.execute("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (key, wanted))
        found = str(connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])
    if found != wanted:
        raise StateError(
            f"state database {path} belongs to {key} {found} and was opened for {wanted}; "
            f"use another COPYTRADE_HOME for {wanted}"
        )
