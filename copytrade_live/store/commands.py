"""The mailbox between an operator and a running runner: one row a command, taken exactly once."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.core.market import Instant
from copytrade_live.errors import StateError
from copytrade_live.store.database import connect, migrate, naming, transaction

_PREFIX = "command-"


def ask(
    path: Path,
    verb: Verb,
    *,
    by: str,
    asked_at: Instant,
    note: str = "",
    wallet: str | None = None,
    argument: str = "",
) -> str:
    """Leave a command for the runner. Returns: its id.

    Raises: StateError when no runner ever started there.
    """
    if not path.exists():
        raise StateError(f"there is no state database at {path}; start the runner first: copytrade run")
    # A halt waits for no check of a long journal; the runner checked it when it started.
    connection = connect(path, is_checked=True)
    try:
        migrate(connection, path)
        with naming(path), transaction(connection):
            cursor = connection.execute(
                "INSERT INTO commands (verb, wallet, argument, note, asked_by, asked_at) VALUES (?, ?, ?, ?, ?, ?)",
                (verb.value, wallet, argument, note, by, asked_at),
            )
        return f"{_PREFIX}{cursor.lastrowid}"
    finally:
        connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCommand:
    """A command as it lies in the mailbox. taken_seq is the journal row that answers it, None while none does."""

    command_id: str
    verb: str
    wallet: str | None
    argument: str
    note: str
    by: str
    asked_at: Instant
    taken_seq: int | None
    taken_at: Instant | None


def list_commands(path: Path, before: Instant | None, limit: int) -> list[AskedCommand]:
    """Commands asked for before an instant, newest first, taken or not. Raises: StateError."""
    connection = connect(path, read_only=True, is_checked=True)
    try:
        with naming(path):
            found = connection.execute(
                "SELECT commands.*, journal.observed_at AS taken_at FROM commands "
                "LEFT JOIN journal ON journal.seq = commands.taken_seq WHERE ?1 IS NULL OR asked_at < ?1 "
                "ORDER BY asked_at DESC, command_id DESC LIMIT ?2",
                (before, limit),
            ).fetchall()
    finally:
        connection.close()
    return [
        AskedCommand(
            command_id=f"{_PREFIX}{row['command_id']}",
            verb=row["verb"],
            wallet=row["wallet"],
            argument=row["argument"],
            note=row["note"],
            by=row["asked_by"],
            asked_at=row["asked_at"],
            taken_seq=row["taken_seq"],
            taken_at=row["taken_at"],
        )
        for row in found
    ]


def pending(connection: sqlite3.Connection, path: Path, now: Instant) -> list[OperatorCommanded]:
    """Commands nobody has taken yet, oldest first, as observations made now."""
    with naming(path):
        found = connection.execute(
            "SELECT command_id, verb, wallet, argument, note, asked_by, asked_at FROM commands "
            "WHERE taken_seq IS NULL ORDER BY command_id"
        ).fetchall()
    return [
        OperatorCommanded(
            command_id=f"{_PREFIX}{row['command_id']}",
            verb=Verb(row["verb"]),
            by=row["asked_by"],
            note=row["note"],
            wallet=row["wallet"],
            argument=row["argument"],
            # The one who asked may have another clock; nothing can have happened after we saw it.
            event_at=min(row["asked_at"], now),
            observed_at=now,
        )
        for row in found
    ]


def mark_taken(connection: sqlite3.Connection, command_id: str, seq: int) -> None:
    """Note which journal row answers a command; a command that is not from this mailbox is left alone."""
    if command_id.startswith(_PREFIX) and command_id.removeprefix(_PREFIX).isdigit():
        connection.execute(
            "UPDATE commands SET taken_seq = ? WHERE command_id = ? AND taken_seq IS NULL",
            (seq, int(command_id.removeprefix(_PREFIX))),
        )


def taken_seq(path: Path, command_id: str) -> int | None:
    """The journal row that answers a command, None while the runner has not taken it."""
    connection = connect(path, read_only=True, is_checked=True)
    try:
        with naming(path):
            found = connection.execute(
                "SELECT taken_seq FROM commands WHERE command_id = ?", (int(command_id.removeprefix(_PREFIX)),)
            ).fetchone()
        return None if found is None or found[0] is None else int(found[0])
    finally:
        connection.close()
