"""Publishes marts: immutable Parquet files and one manifest that is moved into place, for readers beside the writer."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from copytrade_live.durable import beside_of, make_folder, sync_folder, write_durably
from copytrade_live.errors import SnapshotError, SqlModelError
from copytrade_pipelines.changes import next_seq
from copytrade_pipelines.sql_render import Relation
from copytrade_pipelines.sql_state import kind_of, read_states, tokens_of

FOLDER = "marts"
MANIFEST = "marts.json"
HISTORY = "manifests"
SCHEMA_VERSION = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mart:
    """One published table. file is beneath the folder published; state is what it was made from, empty if unknown."""

    name: str
    file: str
    rows: int
    bytes: int
    sha256: str
    columns: Mapping[str, str]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything one publication holds, all of it from one transaction. seq is the warehouse's number for it."""

    publication_id: str
    seq: int
    run_id: str
    marts: tuple[Mart, ...]


def publish_marts(
    con: duckdb.DuckDBPyConnection, published: Path, names: Sequence[str], *, keep: int, run_id: str = ""
) -> Manifest:
    """Write the tables that changed, point to all, and drop files that none of the last keep manifests names.

    Raises: SqlModelError naming a table that is not there, SnapshotError when the disk refuses.
    """
    _refuse_unknown(con, names)
    seq, last = next_seq(con), _last(published)
    # In a warehouse that was made anew numbers begin again, and equal ones say nothing.
    before = {mart.name: mart for mart in last.marts} if last is not None and last.seq < seq else {}
    publication = f"{seq if last is None else max(seq, int(last.publication_id) + 1):012d}"
    marts = tuple(_publish(con, published, name, publication, before.get(name)) for name in names)
    manifest = Manifest(publication_id=publication, seq=seq, run_id=run_id, marts=marts)
    content = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(manifest)}, sort_keys=True).encode() + b"\n"
    write_durably(published / FOLDER / HISTORY / f"{publication}.json", content)
    write_durably(published / MANIFEST, content)
    _prune(published / FOLDER, keep)
    return manifest


def read_manifest(published: Path) -> Manifest:
    """The newest publication. Raises: SqlModelError when there is none, or it cannot be read."""
    path = published / MANIFEST
    try:
        return _parse(path.read_bytes())
    except FileNotFoundError:
        raise SqlModelError(f"{path} does not exist: no marts are published yet; run: copytrade sql publish") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SqlModelError(f"{path} cannot be read: {error}; run: copytrade sql publish") from error


def is_built(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether there is such a table or view, named with its schema."""
    return name.count(".") == 1 and kind_of(con, Relation(*name.split("."))) is not None


def _publish(con: duckdb.DuckDBPyConnection, published: Path, name: str, publication: str, before: Mart | None) -> Mart:
    state = _state(con, name)
    if before is not None and state and before.state == state and (published / before.file).exists():
        return before
    file = f"{FOLDER}/{name}-{publication}.parquet"
    beside = beside_of(published / file)
    make_folder(beside.parent)
    try:
        quoted = str(beside).replace("'", "''")
        con.execute(f"copy (from {name}) to '{quoted}' (format parquet, compression zstd)")
        digest, size = _made_durable(beside)
        beside.replace(published / file)
        sync_folder(beside.parent)
    except (OSError, duckdb.IOException) as error:
        beside.unlink(missing_ok=True)
        raise SnapshotError(f"{published / file} cannot be written: {error}; the last publication stays") from error
    columns = {str(row[0]): str(row[1]) for row in con.execute(f"describe {name}").fetchall()}
    ((rows,),) = con.execute(f"select count(*) from {name}").fetchall()  # noqa: S608 - a checked name
    return Mart(name=name, file=file, rows=int(rows), bytes=size, sha256=digest, columns=columns, state=state)


def _state(con: duckdb.DuckDBPyConnection, name: str) -> str:
    # Equal states are equal rows: the code it was built by, and how everything under it stood.
    states = read_states(con)
    known = states.get(name)
    tokens = tokens_of(con, [name], states)
    return "" if known is None or tokens is None else f"{known.version} {json.dumps(tokens, sort_keys=True)}"


def _made_durable(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _refuse_unknown(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    missing = [name for name in names if not is_built(con, name)]
    if missing:
        raise SqlModelError(
            f"cannot publish {', '.join(missing)}: not built yet, or misspelt in pipelines.published_marts; "
            "run: copytrade sql run"
        )


def _last(published: Path) -> Manifest | None:
    try:
        return read_manifest(published)
    except SqlModelError:  # nothing published yet, or nothing that can be read: everything is written anew
        return None


def _parse(content: bytes) -> Manifest:
    values = json.loads(content)
    return Manifest(
        publication_id=values["publication_id"],
        seq=values["seq"],
        run_id=values["run_id"],
        marts=tuple(Mart(**mart) for mart in values["marts"]),
    )


def _prune(folder: Path, keep: int) -> None:
    history = sorted((folder / HISTORY).glob("*.json"))
    for path in history[:-keep]:
        path.unlink(missing_ok=True)
    needed = {Path(mart.file).name for path in history[-keep:] for mart in _parse(path.read_bytes()).marts}
    for path in folder.glob("*.parquet"):
        if path.name not in needed:
            path.unlink(missing_ok=True)
