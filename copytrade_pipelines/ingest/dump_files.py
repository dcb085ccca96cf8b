"""Recorded dumps to plain rows: CSV, JSON, JSON lines, envelopes and Parquet, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.errors import InputFileError

WALLET_FIELDS = ("proxyWallet", "proxy_wallet")
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_EXPECTED = "data-API rows with proxyWallet (or proxy_wallet) and timestamp"

DumpRow = Mapping[str, Any]


def read_dump(path: Path) -> list[DumpRow]:
    """Every row of a dump, ids as the text they are.

    Raises: InputFileError naming the file, what is wrong with it and what to do.
    """
    content = _content(path)
    if not content.strip():
        _refuse(path, "is empty", "download or export it again")
    rows = _parquet(path, content) if content.startswith(_PARQUET) else _text(path, content)
    if not rows:
        _refuse(path, "holds no rows", f"give a file of {_EXPECTED}")
    if not any(field in row for row in rows for field in WALLET_FIELDS):
        columns = ", ".join(sorted(map(str, rows[0])))[:200]
        _refuse(path, f"has no proxyWallet column; its columns are {columns}", f"give a file of {_EXPECTED}")
    return rows


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        _refuse(path, "does not exist", "check the name")
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror}", "check the name and its permissions")
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        _refuse(path, f"is a truncated or damaged gzip file ({error})", "download it again")


def _text(path: Path, content: bytes) -> list[DumpRow]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(path, f"is neither text nor Parquet ({error.reason} at byte {error.start})", f"give {_EXPECTED}")
    return _json(path, text) if text.lstrip()[0] in "[{" else _csv(path, text)


def _json(path: Path, text: str) -> list[DumpRow]:
    try:
        payload = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return _json_lines(path, text)
    if isinstance(payload, dict):
        payload = payload.get("data", [payload])
    return _objects(path, payload)


def _json_lines(path: Path, text: str) -> list[DumpRow]:
    rows: list[object] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (json.JSONDecodeError, RecursionError) as error:
            _refuse(path, f"is broken JSON at line {number} ({error}); it may be truncated", "download it again")
    return _objects(path, rows)


def _objects(path: Path, rows: object) -> list[DumpRow]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _refuse(path, "is JSON, but not a list of objects", f"give a file of {_EXPECTED}")
    return list(rows)


def _csv(path: Path, text: str) -> list[DumpRow]:
    # Every cell stays text: a reader that guesses numbers loses digits of token ids.
    try:
        return [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)]
    except csv.Error as error:
        _refuse(path, f"is not a CSV file ({error})", f"give a file of {_EXPECTED}")


def _parquet(path: Path, content: bytes) -> list[DumpRow]:
    try:
        rows: list[DumpRow] = pq.read_table(io.BytesIO(content)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        _refuse(path, f"is a truncated or damaged Parquet file ({str(error)[:120]})", "download it again")
    return rows


def _refuse(path: Path, problem: str, remedy: str) -> NoReturn:
    raise InputFileError(f"{path} {problem}; {remedy}; nothing was imported")
