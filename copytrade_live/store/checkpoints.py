"""What the journal folded to, kept beside it so that a start need not read all of it. The journal stays the truth.

A checkpoint counts only with the code that wrote it, of the very journal it lies beside, and undamaged to the bit.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.store.database import transaction
from copytrade_live.store.rows import JournalRow, to_line

# The newest, and the one before should the newest be damaged.
_KEPT = 2
# Fast rather than small: books shrink to an eighth anyway.
_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a checkpoint must agree with to be used: code, what of the config folds read, types, and the journal."""

    code_version: str
    config_digest: str
    shape_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the rows up to seq fold to. row_digest names the row at seq, body is compressed JSON."""

    seq: int
    observed_at: Instant
    stamp: Stamp
    row_digest: str
    body: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it."""
        head = (self.seq, self.observed_at, self.row_digest, *_values(self.stamp))
        return hashlib.sha256(json.dumps(head).encode() + b"\0" + self.body).hexdigest()

    def content(self) -> dict[str, Any]:
        """What lies in it, as plain JSON values by part. Raises: InputFileError."""
        try:
            found = json.loads(zlib.decompress(self.body))
        except (zlib.error, ValueError) as error:
            raise InputFileError(f"checkpoint {self.seq} cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise InputFileError(f"checkpoint {self.seq} holds a {type(found).__name__} where an object belongs")
        return found


def compress(texts: Iterable[str]) -> Iterator[bytes]:
    """A body in the making: as many pieces as texts, and one more."""
    packer = zlib.compressobj(_LEVEL)
    for text in texts:
        yield packer.compress(text.encode())
    yield packer.flush()


def digest_of(row: JournalRow) -> str:
    """Names a row of a journal among all journals."""
    return hashlib.sha256(to_line(row)).hexdigest()


def keep_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint, written_at: Instant) -> None:
    """Write one and let go of old ones. Raises: sqlite3.Error, and then nothing changed."""
    reach(Failpoint.CHECKPOINT_BEFORE_WRITE)
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO checkpoints (seq, written_at, observed_at, code_version, config_digest, "
            "shape_digest, row_digest, sha256, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                checkpoint.seq,
                written_at,
                checkpoint.observed_at,
                *_values(checkpoint.stamp),
                checkpoint.row_digest,
                checkpoint.digest,
                checkpoint.body,
            ),
        )
        connection.execute(
            "DELETE FROM checkpoints WHERE seq NOT IN (SELECT seq FROM checkpoints ORDER BY seq DESC LIMIT ?)", (_KEPT,)
        )
        reach(Failpoint.CHECKPOINT_BEFORE_COMMIT)
    reach(Failpoint.CHECKPOINT_AFTER_COMMIT)


def checkpoints(connection: sqlite3.Connection) -> Iterator[tuple[Checkpoint, str]]:
    """Those that are kept, newest first, each with the digest it was written with."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").fetchone() is None:
        return
    for found in connection.execute("SELECT * FROM checkpoints ORDER BY seq DESC").fetchall():
        stamp = Stamp(**{item.name: str(found[item.name]) for item in fields(Stamp)})
        yield (
            Checkpoint(
                seq=found["seq"],
                observed_at=found["observed_at"],
                stamp=stamp,
                row_digest=found["row_digest"],
                body=bytes(found["body"]),
            ),
            found["sha256"],
        )


def _values(stamp: Stamp) -> tuple[str, ...]:
    return tuple(getattr(stamp, item.name) for item in fields(stamp))
