"""The schema of the state database, one ordered step at a time; a step once released is never edited."""

from __future__ import annotations

import sqlite3

from copytrade_live.store.lean_import import without

# It takes pandas along wherever that is installed: half a second and 40 MiB that no migration needs.
with without("pandas"):
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

steps = Migrations("copytrade_state")

_JOURNAL = """
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    caused_by INTEGER REFERENCES journal (seq),
    event_at INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload))
) STRICT
"""
_COMMANDS = """
CREATE TABLE commands (
    command_id INTEGER PRIMARY KEY AUTOINCREMENT,
    verb TEXT NOT NULL,
    wallet TEXT,
    note TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    taken_seq INTEGER REFERENCES journal (seq)
) STRICT
"""
_SIGNED_ORDERS = """
CREATE TABLE signed_orders (
    order_id TEXT PRIMARY KEY,
    venue_order_id TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL REFERENCES journal (seq),
    signed_at INTEGER NOT NULL,
    payload TEXT NOT NULL
) STRICT
"""
_CHECKPOINTS = """
CREATE TABLE checkpoints (
    seq INTEGER PRIMARY KEY REFERENCES journal (seq),
    written_at INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    code_version TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    shape_digest TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT
"""
_META = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"
_APPEND_ONLY = """
CREATE TRIGGER journal_is_append_only_{verb} BEFORE {verb} ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
"""


def apply_migrations(connection: sqlite3.Connection) -> None:
    """Run every step that has not run yet, each in its own transaction."""
    steps.apply(Database(connection))


@steps()
def create_journal_commands_and_meta(db: Database) -> None:
    """Create the tables of the first version."""
    for statement in (_JOURNAL, _COMMANDS, _META):
        db.conn.execute(statement)
    for verb in ("UPDATE", "DELETE"):
        db.conn.execute(_APPEND_ONLY.format(verb=verb))
    db.conn.execute("PRAGMA user_version = 1")


@steps()
def create_signed_orders(db: Database) -> None:
    """Keep what was signed, committed before it is sent. The file is a secret from here on."""
    db.conn.execute(_SIGNED_ORDERS)
    db.conn.execute("PRAGMA user_version = 2")


@steps()
def add_argument_to_commands(db: Database) -> None:
    """Keep what a command is about besides a wallet: a mode, a token."""
    db.conn.execute("ALTER TABLE commands ADD COLUMN argument TEXT NOT NULL DEFAULT ''")
    db.conn.execute("PRAGMA user_version = 3")


@steps()
def create_checkpoints(db: Database) -> None:
    """Keep what the journal folded to, so that a start need not read all of it."""
    db.conn.execute(_CHECKPOINTS)
    db.conn.execute("PRAGMA user_version = 4")
