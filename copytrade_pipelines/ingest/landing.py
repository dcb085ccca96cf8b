"""Pages as the venue sent them, kept as immutable Parquet before anything is concluded from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.venue.listing import Page

_SCHEMA = pa.schema([("source", pa.string()), ("request", pa.string()), ("body", pa.large_string())])


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
    by_source: dict[str, list[Page]] = {}
    for page in sorted(pages, key=lambda page: (page.request, page.body)):
        by_source.setdefault(page.source, []).append(page)
    return [_write(folder / source, group) for source, group in sorted(by_source.items())]


def _write(folder: Path, pages: Sequence[Page]) -> Path:
    digest = hashlib.sha256()
    for page in pages:
        digest.update(page.request.encode() + b"\0" + page.body.encode() + b"\0")
    path = folder / f"{digest.hexdigest()[:32]}.parquet"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    columns = [[page.source for page in pages], [page.request for page in pages], [page.body for page in pages]]
    # Beside its name first: a file that has its name is whole.
    partial = path.with_suffix(f".{os.getpid()}.partial")
    pq.write_table(pa.table(columns, schema=_SCHEMA), partial, compression="zstd")
    _sync(partial)
    os.replace(partial, path)
    _sync(folder)
    return path


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
