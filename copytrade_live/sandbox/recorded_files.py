"""Reads a recorded folder's Parquet files and says clearly what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copytrade_live.errors import InputFileError

TRADES = "trades.parquet"
MARKETS = "markets.parquet"
QUOTES = "quotes_1hz.parquet"
Table = dict[str, list[Any]]
_TEXT, _NUMBER, _TIME = "text", "number", "timestamp"
_TRADE_COLUMNS = {
    "wallet": _TEXT, "market_key": _TEXT, "condition_id": _TEXT, "asset": _TEXT, "outcome": _TEXT,
    "side_assumed": _TEXT, "price": _NUMBER, "size": _NUMBER, "ts_utc": _TIME, "tx": _TEXT,
}  # fmt: skip
_MARKET_COLUMNS = {"market_key": _TEXT, "condition_id": _TEXT, "title": _TEXT, "winner": _TEXT, "end_utc": _TIME}
_QUOTE_COLUMNS = {
    "market_key": _TEXT, "ts_utc": _TIME, "UpBid": _NUMBER, "UpAsk": _NUMBER, "DownBid": _NUMBER,
    "DownAsk": _NUMBER, "UpBidTop5Size": _NUMBER, "UpAskTop5Size": _NUMBER, "DownBidTop5Size": _NUMBER,
    "DownAskTop5Size": _NUMBER,
}  # fmt: skip
_OPTIONAL = {"condition_id", "asset", "tx", "winner", "end_utc"}


def read_trades(folder: Path) -> Table:
    """Fills in file order, times in epoch milliseconds. Raises: InputFileError."""
    path = folder / TRADES
    columns = _read(path, _TRADE_COLUMNS)
    _check(path, columns, "wallet", lambda value: _is_wallet(value), "a 0x address of 40 hex digits")
    _check(path, columns, "side_assumed", lambda value: value in ("BUY", "SELL"), "BUY or SELL")
    _check(path, columns, "price", lambda value: 0 < value < 1, "between 0 and 1")
    _check(path, columns, "size", lambda value: 0 < value < float("inf"), "above 0")
    columns["wallet"] = [wallet.lower() for wallet in columns["wallet"]]
    return columns


def read_markets(folder: Path) -> Table:
    """Markets in file order. Raises: InputFileError."""
    columns = _read(folder / MARKETS, _MARKET_COLUMNS)
    keys = columns["market_key"]
    if len(set(keys)) != len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise InputFileError(f"{folder / MARKETS}: market_key {twice!r} appears twice; one row a market is needed")
    return columns


def read_quotes(folder: Path) -> Table | None:
    """Best prices each second, None when none were recorded. Raises: InputFileError."""
    path = folder / QUOTES
    return _read(path, _QUOTE_COLUMNS) if path.exists() else None


def _read(path: Path, wanted: dict[str, str]) -> Table:
    if not path.is_file():
        raise InputFileError(f"{path} does not exist; a recorded world needs {TRADES} and {MARKETS} in its folder")
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputFileError(f"{path} cannot be read as Parquet: {error}") from error
    missing = sorted(set(wanted) - set(table.column_names))
    if missing:
        raise InputFileError(f"{path} lacks the column {missing[0]}; it has {', '.join(table.column_names)}")
    return {name: _column(path, table.column(name), name, kind) for name, kind in wanted.items()}


def _column(path: Path, column: Any, name: str, kind: str) -> list[Any]:
    fits = {
        _TEXT: pa.types.is_string(column.type) or pa.types.is_large_string(column.type),
        _NUMBER: pa.types.is_floating(column.type) or pa.types.is_integer(column.type),
        _TIME: pa.types.is_timestamp(column.type),
    }[kind] or pa.types.is_null(column.type)
    if not fits:
        raise InputFileError(f"{path}: column {name} must be {kind}, was {column.type}")
    if column.null_count and name not in _OPTIONAL:
        row = column.is_null().to_pylist().index(True)
        raise InputFileError(f"{path}: column {name} is empty in row {row}; every row needs it")
    if kind == _TIME and not pa.types.is_null(column.type):
        column = pc.cast(pc.cast(column, pa.timestamp("ms"), safe=False), pa.int64())
    values: list[Any] = column.to_pylist()
    return values


def _check(path: Path, columns: Table, name: str, is_good: Any, wanted: str) -> None:
    for row, value in enumerate(columns[name]):
        if not is_good(value):
            raise InputFileError(f"{path}: column {name} in row {row} must be {wanted}, was {value!r}")


def _is_wallet(value: str) -> bool:
    return len(value) == 42 and value.startswith("0x") and all(digit in "0123456789abcdefABCDEF" for digit in value[2:])
