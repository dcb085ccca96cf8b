"""A year of fills of many wallets in many markets, with hourly mids and resolutions, as raw Parquet: a function of its
size and seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START = 1_735_689_600  # 2025-01-01
YEAR = 365 * 86_400
HOUR = 3600
LAG = 10
CATEGORIES = ("crypto", "culture", "economy", "elections", "politics", "science", "sports", "weather")
# Drawn in one piece or in several: the same rows.
CHUNK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a world is."""

    fills: int
    wallets: int
    markets: int = 50_000
    seed: int = 1

    @classmethod
    def of(cls, fills: int) -> Size:
        """Fifty fills a wallet, always as many markets."""
        return cls(fills=fills, wallets=max(fills // 50, 100), markets=min(50_000, max(fills // 20, 50)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths:
    opened: np.ndarray  # hours since START
    hours: np.ndarray
    offset: np.ndarray
    mid: np.ndarray
    payout: np.ndarray


def write_world(size: Size, folder: Path) -> None:
    """Write fills, prices, markets, outcomes and wallets; done is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([size.seed, size.fills])
    paths = _walk(rng, size)
    _write(folder / "prices.parquet", _prices(paths))
    _write(folder / "markets.parquet", _markets(rng, paths))
    _write(folder / "outcomes.parquet", _outcomes(paths))
    wallets = np.arange(size.wallets, dtype=np.int32)
    complete = pa.array(np.ones(size.wallets, dtype=bool))
    _write(
        folder / "wallets.parquet",
        pa.table({"wallet": wallets, "coverage": np.ones(size.wallets), "history_complete": complete}),
    )
    _write_fills(rng, size, paths, folder / "fills.parquet")
    (folder / "done").write_text(repr(size))


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd")


def _walk(rng: np.random.Generator, size: Size) -> _Paths:
    hours = np.clip(rng.lognormal(4.6, 0.8, size.markets), 12, 1500).astype(np.int64)
    opened = (rng.random(size.markets) * (YEAR // HOUR - 12)).astype(np.int64)
    hours = np.minimum(hours, YEAR // HOUR - opened)
    offset = np.concatenate(([0], np.cumsum(hours)))
    steps = rng.normal(0.0, 0.06, int(offset[-1]))
    walk = np.cumsum(steps)
    walk -= np.repeat(walk[offset[:-1]], hours)
    start = rng.normal(0.0, 1.0, size.markets)
    mid = np.round(np.clip(1.0 / (1.0 + np.exp(-(walk + np.repeat(start, hours)))), 0.01, 0.99), 4)
    payout = (rng.random(size.markets) < mid[offset[1:] - 1]).astype(float)
    payout[rng.random(size.markets) < 0.005] = 0.5
    return _Paths(opened=opened, hours=hours, offset=offset, mid=mid, payout=payout)


def _moment(seconds: np.ndarray) -> pa.Array:
    return pa.array((seconds.astype(np.int64) * 1_000_000).view("datetime64[us]"))


def _prices(paths: _Paths) -> pa.Table:
    market = np.repeat(np.arange(len(paths.hours)), paths.hours)
    hour = np.arange(len(market)) - np.repeat(paths.offset[:-1], paths.hours) + paths.opened[market]
    order = np.argsort(hour, kind="stable")
    at = START + hour[order] * HOUR
    return pa.table({"token_id": (2 * market[order]).astype(np.int32), "at": _moment(at), "mid": paths.mid[order]})


def _markets(rng: np.random.Generator, paths: _Paths) -> pa.Table:
    markets = len(paths.hours)
    code = np.arange(markets, dtype=np.int32)
    event = code // 2
    end = START + (paths.opened + paths.hours) * HOUR
    category = rng.integers(0, len(CATEGORIES), markets // 2 + 1)[event]
    return pa.table(
        {
            "condition_id": code,
            "event_id": event,
            "category": pa.array(np.array(CATEGORIES)[category]),
            "fee_rate": np.where(rng.random(markets) < 0.5, 0.0, 0.04),
            "fee_exponent": np.ones(markets),
            "end_at": _moment(end),
            "closed_at": _moment(end),
            "token_ids": pa.array(np.stack((2 * code, 2 * code + 1), axis=1).tolist(), pa.list_(pa.int32())),
        }
    )


def _outcomes(paths: _Paths) -> pa.Table:
    end = np.repeat(START + (paths.opened + paths.hours) * HOUR, 2)
    payout = np.stack((paths.payout, 1.0 - paths.payout), axis=1).reshape(-1)
    token = np.arange(2 * len(paths.hours), dtype=np.int32)
    return pa.table({"token_id": token, "payout": payout, "resolved_at": _moment(end), "known_at": _moment(end + HOUR)})


def _write_fills(rng: np.random.Generator, size: Size, paths: _Paths, path: Path) -> None:
    popular = np.cumsum((1.0 / (1.0 + rng.permutation(size.markets))) ** 0.7)
    busy = np.cumsum(rng.lognormal(0.0, 1.0, size.wallets))
    market = np.searchsorted(popular, rng.random(size.fills) * popular[-1]).astype(np.int32)
    second = (rng.random(size.fills) * paths.hours[market] * HOUR).astype(np.int32)
    at = START + paths.opened[market] * HOUR + second
    order = np.argsort(at, kind="stable")
    market, second, at = market[order], second[order], at[order]
    writer: pq.ParquetWriter | None = None
    for first in range(0, size.fills, CHUNK):
        rows = slice(first, min(first + CHUNK, size.fills))
        table = _fills(rng, first, market[rows], second[rows], at[rows], busy, paths)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _fills(
    rng: np.random.Generator,
    first: int,
    market: np.ndarray,
    second: np.ndarray,
    at: np.ndarray,
    busy: np.ndarray,
    paths: _Paths,
) -> pa.Table:
    rows = len(market)
    mid = paths.mid[paths.offset[market] + second // HOUR]
    outcome = (rng.random(rows) < 0.5).astype(np.int32)
    is_buy = rng.random(rows) < 0.8
    own = np.where(outcome == 0, mid, 1.0 - mid)
    spread = rng.uniform(0.002, 0.012, rows)
    price = np.round(np.clip(own + np.where(is_buy, spread, -spread), 0.001, 0.999), 4)
    return pa.table(
        {
            "fill_id": np.arange(first, first + rows, dtype=np.int64),
            "wallet": np.searchsorted(busy, rng.random(rows) * busy[-1]).astype(np.int32),
            "condition_id": market,
            "token_id": 2 * market + outcome,
            "side": pa.array(np.where(is_buy, "BUY", "SELL")).dictionary_encode(),
            "role": pa.array(np.where(rng.random(rows) < 0.75, "taker", "maker")).dictionary_encode(),
            "price": price,
            "size": np.round(rng.lognormal(4.0, 1.3, rows), 2) + 0.01,
            "event_at": _moment(at),
            "observed_at": _moment(at + LAG),
        }
    )
