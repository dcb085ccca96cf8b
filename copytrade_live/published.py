"""Reads what the pipelines publish: the score snapshot behind its pointer, and the gate. Trusts nothing unverified."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copytrade_live.core.market import Instant
from copytrade_live.core.score import Gate, ScoreSnapshot, TraderScore
from copytrade_live.errors import SnapshotError
from copytrade_live.file_stamp import Stamp, stamp_of
from copytrade_live.settings import Home

SCHEMA_VERSION = 1
POINTER_FILE = "scores.json"
GATE_FILE = "gate.json"
SNAPSHOT_FOLDER = "scores"
HASH_DIGITS = 8

_NOT_IN_CORE = ("as_of", "imputed_share")
_SHARES = ("p_pos", "coverage", "maker_share", "imputed_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Which snapshot is current. file is relative to the published folder."""

    snapshot_id: str
    file: str
    sha256: str
    rows: int
    as_of: Instant
    score_version: str
    dagster_run_id: str


class SnapshotReader:
    """Hands out each new snapshot once, and keeps the last good one whatever happens to the files."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seen: tuple[Stamp | None, Stamp | None] = (None, None)
        self._target: Path | None = None
        self._problem: SnapshotError | None = None
        self.current: ScoreSnapshot | None = None

    def poll(self) -> ScoreSnapshot | None:
        """The snapshot when it is new since the last look, else None.

        Raises: SnapshotError for as long as what is published cannot be trusted; current stays the last good one.
        """
        if self._seen == (seen := self._stamps()):
            if self._problem is not None:
                raise self._problem
            return None
        self._problem = None
        try:
            return self._read_changed()
        except SnapshotError as error:
            self._problem = error
            raise
        finally:
            # Taken before the read where the target was known, so that a change during it is looked at again.
            self._seen = seen if self._target is None else (seen[0], stamp_of(self._target))

    def _stamps(self) -> tuple[Stamp | None, Stamp | None]:
        target = None if self._target is None else stamp_of(self._target)
        return stamp_of(self._home.published / POINTER_FILE), target

    def _read_changed(self) -> ScoreSnapshot | None:
        pointer = read_pointer(self._home)
        if pointer is None:
            if self.current is None:
                return None
            raise SnapshotError(
                f"pointer {self._home.published / POINTER_FILE} is gone; still using snapshot "
                f"{self.current.snapshot_id}; materialise published_scores again"
            )
        self._target = _target_of(self._home, pointer)
        held = self.current
        if held is not None and held.snapshot_id == pointer.snapshot_id:
            _verified_bytes(self._home, pointer)
            return None
        if held is not None and pointer.as_of < held.as_of:
            raise SnapshotError(
                f"snapshot {pointer.snapshot_id} is as of {pointer.as_of}, before {held.as_of} of {held.snapshot_id} "
                "in use; a publisher went back in time: publish a newer one, or restart the runner to accept it"
            )
        self.current = load_snapshot(self._home, pointer)
        return self.current


class GateReader:
    """Says what the gate file says now."""

    def __init__(self, home: Home) -> None:
        self._path = home.published / GATE_FILE
        self._seen: Stamp | None = None
        self._gate: Gate | None = None

    def poll(self) -> Gate | None:
        """The gate as it stands, None when there is none. Raises: SnapshotError when it cannot be read."""
        seen = stamp_of(self._path)
        if seen is None:
            self._seen, self._gate = None, None
        elif seen != self._seen:
            self._gate = read_gate(self._path)
            self._seen = seen
        return self._gate


def read_pointer(home: Home) -> Pointer | None:
    """The pointer to the current snapshot, None while nothing was published. Raises: SnapshotError."""
    path = home.published / POINTER_FILE
    found = _read_json(path)
    if found is None:
        return None
    pointer = Pointer(
        snapshot_id=_text(found, "snapshot_id", path),
        file=_text(found, "file", path),
        sha256=_text(found, "sha256", path),
        rows=_integer(found, "rows", path),
        as_of=_integer(found, "as_of", path),
        score_version=_text(found, "score_version", path),
        dagster_run_id=_text(found, "dagster_run_id", path),
    )
    if not pointer.snapshot_id.endswith(f"-{pointer.sha256[:HASH_DIGITS]}"):
        raise SnapshotError(f"{path}: snapshot_id {pointer.snapshot_id} does not name sha256 {pointer.sha256}")
    return pointer


def read_gate(path: Path) -> Gate | None:
    """The gate in a file, None when there is no file. Raises: SnapshotError."""
    found = _read_json(path)
    if found is None:
        return None
    is_open, reasons = found.get("is_open"), found.get("reasons")
    if not isinstance(is_open, bool):
        raise SnapshotError(f"{path}: is_open must be true or false, was {is_open!r}")
    if not isinstance(reasons, list) or not all(isinstance(reason, str) for reason in reasons):
        raise SnapshotError(f"{path}: reasons must be a list of texts, was {reasons!r}")
    snapshot_id = None if found.get("snapshot_id") is None else _text(found, "snapshot_id", path)
    return Gate(
        is_open=is_open,
        reasons=tuple(reasons),
        snapshot_id=snapshot_id,
        written_at=_integer(found, "written_at", path),
        valid_until=_integer(found, "valid_until", path),
    )


def load_snapshot(home: Home, pointer: Pointer) -> ScoreSnapshot:
    """The snapshot a pointer names. Raises: SnapshotError when its bytes or rows are not what the pointer says."""
    content = _verified_bytes(home, pointer)
    path = _target_of(home, pointer)
    # A runner starts before anything is published, and sooner without arrays.
    from copytrade_live.snapshot_table import read_rows

    try:
        rows = read_rows(content)
    except ValueError as error:
        raise SnapshotError(
            f"snapshot {path} does not have the columns of version {SCHEMA_VERSION}: {error}"
        ) from error
    if len(rows) != pointer.rows:
        raise SnapshotError(f"snapshot {path} has {len(rows)} rows, the pointer says {pointer.rows}; publish it again")
    by_wallet: dict[str, dict[str, TraderScore]] = {}
    for row in rows:
        score = _score(row, pointer, path)
        categories = by_wallet.setdefault(score.wallet, {})
        if score.category in categories:
            raise SnapshotError(
                f"snapshot {path} has two rows for {score.wallet} in {score.category}; publish it again"
            )
        categories[score.category] = score
    return ScoreSnapshot(snapshot_id=pointer.snapshot_id, as_of=pointer.as_of, rows=by_wallet)


def _score(row: Mapping[str, Any], pointer: Pointer, path: Path) -> TraderScore:
    for name, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise SnapshotError(
                f"snapshot {path}: {name} of {row['wallet']} is {value}, not a number; publish it again"
            )
    for name in _SHARES:
        if not 0.0 <= row[name] <= 1.0:
            raise SnapshotError(f"snapshot {path}: {name} of {row['wallet']} must be in [0, 1], was {row[name]}")
    values = {name: value for name, value in row.items() if name not in _NOT_IN_CORE}
    values |= {"flags": tuple(row["flags"] or ()), "reasons": tuple(row["reasons"] or ())}
    return TraderScore(**values, as_of=pointer.as_of)


def _verified_bytes(home: Home, pointer: Pointer) -> bytes:
    path = _target_of(home, pointer)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"snapshot {path} cannot be read: {error.strerror}; publish it again") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != pointer.sha256:
        raise SnapshotError(
            f"snapshot {path} has SHA-256 {digest}, the pointer says {pointer.sha256}; it was truncated or changed "
            "after publishing: materialise published_scores again"
        )
    return content


def _target_of(home: Home, pointer: Pointer) -> Path:
    folder = (home.published / SNAPSHOT_FOLDER).resolve()
    path = (home.published / pointer.file).resolve()
    if path.parent != folder:
        raise SnapshotError(f"pointer {home.published / POINTER_FILE} names {pointer.file}, outside {folder}")
    return path


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise SnapshotError(f"{path} must hold a JSON object, was a {type(found).__name__}")
    if found.get("schema_version") != SCHEMA_VERSION:
        raise SnapshotError(
            f"{path} has schema_version {found.get('schema_version')!r}, this code reads {SCHEMA_VERSION}; "
            "run pipelines and runner of the same release"
        )
    return found


def _text(found: Mapping[str, Any], name: str, path: Path) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise SnapshotError(f"{path}: {name} must be a text, was {value!r}")
    return value


def _integer(found: Mapping[str, Any], name: str, path: Path) -> int:
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise SnapshotError(f"{path}: {name} must be a whole number, was {value!r}")
    return value
