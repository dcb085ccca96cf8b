"""Reads recorded fills, quotes and outcomes from files into what latency.py reprices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.core.market import Side
from copytrade_live.errors import InputFileError
from copytrade_pipelines.scoring.latency import Offers, Purchases

# How the winner is known that is trusted: from the market's own last quote.
OWN_LAST_QUOTE = "last 1Hz quote >=0.98"
ANY_BASIS = "any"
_FILLS = {"market_key": "text", "outcome": "text", "side_assumed": "text", "price": "number", "size": "number"}
_QUOTES = {"market_key": "text", "Expiration": "time", "UpBid": "number", "UpAsk": "number"}
_TIME = {"ts_utc": "time"}
_MARKETS = {"market_key": "text", "winner": "text", "basis": "text"}
OUTCOMES = ("Up", "Down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What the three files hold together; left_out says why fills are not in it."""

    bought: Purchases
    offers: Offers
    markets: int
    left_out: dict[str, int]


def read_recording(trades: Path, quotes: Path, markets: Path, basis: str = OWN_LAST_QUOTE) -> Recording:
    """Read the files and keep the fills whose market is quoted and has a winner known in the way basis says.

    Raises: InputFileError naming the file, the column and what is wrong with it.
    """
    fills = _read(trades, _FILLS | _TIME, whole=("market_key", "outcome", "price", "size", "ts_utc"))
    asked = _read(quotes, _QUOTES | {"DownBid": "number", "DownAsk": "number"} | _TIME, whole=("market_key", "ts_utc"))
    known = _winners(markets, _read(markets, _MARKETS, whole=("market_key",)), basis)
    _refuse_bad_prices(trades, fills)
    keys = {key: number for number, key in enumerate(sorted(set(asked["market_key"]) & set(known.index)))}
    quoted, named = fills["market_key"].isin(keys), fills["outcome"].isin(OUTCOMES)
    decided = fills["market_key"].isin(known.index)
    left_out = {
        "winner not known that way": int((~decided).sum()),
        "market not quoted": int((decided & ~quoted).sum()),
        "outcome not Up or Down": int((quoted & ~named).sum()),
    }
    kept = fills[quoted & named]
    offers = _offers(asked[asked["market_key"].isin(keys)], keys)
    return Recording(
        bought=_purchases(kept, keys, known), offers=offers, markets=kept["market_key"].nunique(), left_out=left_out
    )


def _purchases(fills: pd.DataFrame, keys: dict[str, int], winner: pd.Series) -> Purchases:
    # Who sells Up buys Down: the complement, at one minus the price.
    sold = (fills["side_assumed"] == str(Side.SELL)).to_numpy()
    is_down = (fills["outcome"] == OUTCOMES[1]).to_numpy()
    price = fills["price"].to_numpy(float)
    won = (fills["outcome"] == fills["market_key"].map(winner)).to_numpy()
    return Purchases(
        line=_line(fills["market_key"], keys, is_down, sold),
        at=_milliseconds(fills["ts_utc"]),
        price=np.where(sold, 1.0 - price, price),
        size=fills["size"].to_numpy(float),
        payout=(won != sold).astype(float),
    )


def _offers(quotes: pd.DataFrame, keys: dict[str, int]) -> Offers:
    parts = []
    for is_down, outcome in enumerate(OUTCOMES):
        bid, ask = quotes[f"{outcome}Bid"].to_numpy(float), quotes[f"{outcome}Ask"].to_numpy(float)
        for sold, price in ((False, ask), (True, np.where(bid > 0.0, 1.0 - bid, 0.0))):
            same = np.full(len(quotes), True)
            line = _line(quotes["market_key"], keys, same & bool(is_down), same & sold)
            parts.append((line, _milliseconds(quotes["ts_utc"]), _milliseconds(quotes["Expiration"]), price))
    line, at, until, price = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Offers(line, at, until, np.nan_to_num(price)).ordered()


def _line(markets: pd.Series, keys: dict[str, int], is_down: np.ndarray, sold: np.ndarray) -> np.ndarray:
    return np.asarray(4 * markets.map(keys).to_numpy(np.int64) + 2 * is_down + sold)


def _milliseconds(times: pd.Series) -> np.ndarray:
    return np.asarray(times.to_numpy("datetime64[ms]").astype(np.int64))


def _winners(path: Path, markets: pd.DataFrame, basis: str) -> pd.Series:
    repeated = markets["market_key"][markets["market_key"].duplicated()]
    if len(repeated):
        raise InputFileError(f"{path}: market_key {repeated.iloc[0]!r} stands in two rows, one is expected a market")
    decided = markets[markets["winner"].notna()]
    kept = decided if basis == ANY_BASIS else decided[decided["basis"] == basis]
    if kept.empty:
        found = ", ".join(sorted(map(repr, set(decided["basis"].dropna())))) or "no winner at all"
        raise InputFileError(f"{path}: no winner has basis {basis!r}, found {found}; choose one or --basis {ANY_BASIS}")
    return kept.set_index("market_key")["winner"]


def _refuse_bad_prices(path: Path, fills: pd.DataFrame) -> None:
    for name, bad in (("price", ~fills["price"].between(0.0, 1.0)), ("size", ~(fills["size"] > 0.0))):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            allowed = "between 0 and 1" if name == "price" else "above 0"
            raise InputFileError(f"{path}: {name} must be {allowed}, was {fills[name].iloc[row]} in row {row}")
    sides = ~fills["side_assumed"].isin([str(side) for side in Side])
    if sides.any():
        raise InputFileError(f"{path}: side_assumed must be BUY or SELL, was {fills['side_assumed'][sides].iloc[0]!r}")


def _read(path: Path, columns: dict[str, str], *, whole: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputFileError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise InputFileError(f"{path} lacks {', '.join(missing)}; it has {', '.join(table.column_names)}")
    for name, kind in columns.items():
        found = table.schema.field(name).type
        if not _is(kind, found):
            raise InputFileError(f"{path}: {name} must be a {kind}, was {found}")
        if name in whole and table[name].null_count:
            raise InputFileError(f"{path}: {name} is empty in {table[name].null_count} rows")
    return table.select(list(columns)).to_pandas()


def _is(kind: str, found: pa.DataType) -> bool:
    is_number = pa.types.is_floating(found) or pa.types.is_integer(found) or pa.types.is_decimal(found)
    is_text = pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_null(found)
    return bool({"text": is_text, "number": is_number, "time": pa.types.is_timestamp(found)}[kind])
