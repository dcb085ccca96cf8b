"""Pages as the venue sent them, kept as immutable Parquet before anything is concluded from them.

Loose pages go straight to <source>/<day>/. Stretches of histories wait in pending/ until the warehouse has them: what a
kill leaves there is loaded by the next run, and everything can be read again with a better parser.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.clock import SystemClock, to_iso
from copytrade_live.durable import sync_folder
from copytrade_live.venue.listing import Page
from copytrade_live.venue.stretch import History, Stretch

PENDING = "pending"
ALL, TAKERS = "all", "takers"
_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("request", pa.string()),
        ("body", pa.large_string()),
        ("since", pa.int64()),
        ("unit", pa.string()),
        ("part", pa.string()),
    ]
)
Landed = tuple[Page, str, str]


class PageCollector:
    """Gathers pages while they are fetched, until a batch lands."""

    def __init__(self) -> None:
        self._pages: list[Page] = []

    def __call__(self, page: Page) -> None:
        """Keep a page."""
        self._pages.append(page)

    def take(self) -> list[Page]:
        """Hand over what was gathered, and start afresh."""
        pages, self._pages = self._pages, []
        return pages


def land(folder: Path, pages: Sequence[Page]) -> list[Path]:
    """Write pages under folder, one file per source, named by their content; the same pages give the same file."""
    by_source: dict[str, list[Landed]] = {}
    for page in sorted(pages, key=lambda page: (page.request, page.body)):
        by_source.setdefault(page.source, []).append((page, "", ""))
    return [_write(folder / source / _today(), group) for source, group in sorted(by_source.items())]


def land_stretches(folder: Path, stretches: Sequence[Stretch]) -> Path:
    """Write stretches, in order, to one file that waits to be loaded."""
    return _write(folder / PENDING, [landed for stretch in stretches for landed in _landed(stretch)])


def settle(folder: Path, path: Path) -> Path | None:
    """Put a loaded file to the others of its source and day; None when another run did."""
    try:
        source = pq.read_table(path, columns=["source"]).column("source")[0].as_py()
        home = folder / str(source) / _today()
        home.mkdir(parents=True, exist_ok=True)
        os.replace(path, home / path.name)
    except FileNotFoundError:
        return None
    sync_folder(home)
    return home / path.name


def pending(folder: Path) -> list[Path]:
    """Files that landed and were not loaded, oldest first."""
    return sorted((folder / PENDING).glob("*.parquet"))


def landed(folder: Path, source: str) -> list[Path]:
    """Every loaded file of a source, oldest first."""
    return sorted((folder / source).glob("*/*.parquet"), key=lambda path: path.name)


def read_stretches(path: Path) -> list[Stretch]:
    """The stretches of a landed file; loose pages are left out."""
    found: dict[str, tuple[list[Page], list[Page]]] = {}
    for row in pq.read_table(path).to_pylist():
        if row["unit"]:
            page = Page(source=row["source"], request=row["request"], body=row["body"], since=row["since"])
            found.setdefault(row["unit"], ([], []))[row["part"] == TAKERS].append(page)
    return [_stretch(json.loads(unit), *parts) for unit, parts in found.items()]


def read_pages(path: Path) -> Iterator[Page]:
    """The loose pages of a landed file."""
    for row in pq.read_table(path).to_pylist():
        if not row["unit"]:
            yield Page(source=row["source"], request=row["request"], body=row["body"])


def _landed(stretch: Stretch) -> Iterator[Landed]:
    unit = json.dumps(
        {
            "wallet": stretch.wallet,
            "history": stretch.history.value,
            "window": stretch.window,
            "start": stretch.start,
            "end": stretch.end,
            "is_complete": stretch.is_complete,
        }
    )
    yield from ((page, unit, ALL) for page in stretch.pages)
    yield from ((page, unit, TAKERS) for page in stretch.taker_pages)


def _stretch(unit: dict[str, object], pages: Iterable[Page], taker_pages: Iterable[Page]) -> Stretch:
    values = unit | {"history": History(str(unit["history"]))}
    return Stretch(**values, pages=tuple(pages), taker_pages=tuple(taker_pages))  # type: ignore[arg-type]


def _today() -> str:
    return to_iso(SystemClock().now())[:10]


def _write(folder: Path, rows: Sequence[Landed]) -> Path:
    digest = hashlib.sha256()
    for page, unit, part in rows:
        digest.update("\0".join((page.request, page.body, unit, part, "")).encode())
    name = digest.hexdigest()[:32]
    there = next(iter(folder.glob(f"*-{name}.parquet")), None)
    if there is not None:
        return there
    folder.mkdir(parents=True, exist_ok=True)
    columns = [
        [page.source for page, _, _ in rows],
        [page.request for page, _, _ in rows],
        [page.body for page, _, _ in rows],
        [page.since for page, _, _ in rows],
        [unit for _, unit, _ in rows],
        [part for _, _, part in rows],
    ]
    # The time comes first, so that names sort as the pages came.
    path = folder / f"{SystemClock().now():013d}-{name}.parquet"
    # Beside its name first: a file that has its name is whole.
    partial = path.with_suffix(f".{os.getpid()}.partial")
    pq.write_table(pa.table(columns, schema=_SCHEMA), partial, compression="zstd")
    _sync(partial)
    os.replace(partial, path)
    sync_folder(folder)
    return path


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
