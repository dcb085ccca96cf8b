"""A whole copy of a state database, made while its runner runs, and checked before it has its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from copytrade_live.clock import to_name
from copytrade_live.core.market import Instant
from copytrade_live.durable import TEMPORARY_SUFFIX, make_folder, sync_file, sync_folder, unwritable
from copytrade_live.errors import StateError
from copytrade_live.store.belonging import keep_private
from copytrade_live.store.database import check_large, is_large, naming
from copytrade_live.store.journal import Journal

# How many instructions of SQLite pass between two looks at how far a copy is.
_LOOK_EVERY = 100_000

# Told how many bytes are written, and about how many it will be.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy of a journal up to last_seq, observed at observed_at; None where nothing was ever observed."""

    path: Path
    mode: str
    last_seq: int
    observed_at: Instant | None
    size: int


def back_up(state: Path, folder: Path, now: Instant, told: Progress = lambda done, all_: None) -> Backup:
    """Copy the state database into a folder, as it stands at one moment. A runner goes on meanwhile.

    The copy is private to its user: it holds signed orders. It holds no key and no config.
    Raises: StateError when there is nothing to copy, the disk refuses, or the copy is damaged.
    """
    with Journal.open_reader(state, is_checked=True) as journal:
        mode = journal.mode
    make_folder(folder)
    target = folder / f"state-{mode}-{to_name(now)}.sqlite"
    if target.exists():
        raise StateError(f"{target} exists; wait a second, or name another folder")
    beside = target.with_name(target.name + TEMPORARY_SUFFIX)
    beside.unlink(missing_ok=True)
    try:
        # SQLite writes into a file that is there and empty, and leaves whom it belongs to as it is.
        keep_private(beside)
        _copy(state, beside, told)
        made = look_into(beside)
        sync_file(beside)
        beside.replace(target)
        sync_folder(folder)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return replace(made, path=target)


def look_into(path: Path) -> Backup:
    """What a copy holds, all of it checked. Raises: StateError when it is missing, damaged, or no journal."""
    with Journal.open_reader(path) as journal:
        if is_large(path):
            check_large(path)
        last = journal.last_seq
        row = journal.row(last) if last else None
        observed_at = row.observed_at if row else None
        return Backup(path=path, mode=journal.mode, last_seq=last, observed_at=observed_at, size=path.stat().st_size)


def forget_old(folder: Path, mode: str, keep: int) -> list[Path]:
    """Remove all copies of a mode but the newest ones. Returns: those that are gone."""
    found = sorted(folder.glob(f"state-{mode}-*.sqlite"))
    gone = found[: max(0, len(found) - keep)]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _copy(state: Path, target: Path, told: Progress) -> None:
    # One statement is one moment: a copy page by page would begin anew whenever the runner writes.
    whole = state.stat().st_size
    uri = f"{state.resolve().as_uri()}?mode=ro"
    with naming(state), closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.set_progress_handler(lambda: told(target.stat().st_size, whole), _LOOK_EVERY)
        connection.execute("VACUUM INTO ?", (str(target),))
