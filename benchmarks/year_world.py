"""A made-up year of leaders' fills and of the books around them, written as the extract a backtest reads.

Vectorised, a day at a time. Prices of a market wander on the tick grid; around each fill its book is recorded a few
times. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from copytrade_live.core.score import OVERALL
from copytrade_pipelines.backtest.extract import Extract, Window, digest_of

START = 1_767_225_600_000
LAG = 10 * SECOND
CATEGORIES = ("politics", "sports", "crypto", "culture")
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_LEVELS = pa.list_(pa.struct([("price", pa.float64()), ("size", pa.float64())]))
_FILLS = pa.schema(
    [
        *((name, pa.string()) for name in ("fill_id", "wallet", "condition_id", "token_id", "outcome", "side", "role")),
        ("price", pa.float64()),
        ("size", pa.float64()),
        ("tx_hash", pa.string()),
        ("event_at", pa.int64()),
        ("observed_at", pa.int64()),
    ]
)
_BOOKS = pa.schema(
    [
        ("token_id", pa.string()),
        ("bids", _LEVELS),
        ("asks", _LEVELS),
        ("event_at", pa.int64()),
        ("observed_at", pa.int64()),
    ]
)
_PRINTS = pa.schema(
    [
        ("token_id", pa.string()),
        ("event_at", pa.int64()),
        ("price", pa.float64()),
        ("size", pa.float64()),
        ("taker_side", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a year."""

    days: int = 365
    leaders: int = 200
    fills: int = 5_000_000
    quotes: int = 50_000_000
    seed: int = 1

    @property
    def markets(self) -> int:
        """Some forty open at any time, each for about a week."""
        return self.days * 6 + 40

    @property
    def window(self) -> Window:
        """All of it, everybody followed."""
        return Window(start=START, end=START + self.days * DAY, leaders=wallets(self.leaders))


def wallets(count: int) -> tuple[str, ...]:
    """The leaders."""
    return tuple(f"0x{number:040x}" for number in range(1, count + 1))


def make(folder: Path, size: Size) -> Extract:
    """Write the year. Returns: what a tape is made of."""
    folder.mkdir(parents=True, exist_ok=True)
    opens = START - 7 * DAY + (np.arange(size.markets) * (size.days + 7) * DAY) // size.markets
    ends = opens + 7 * DAY
    _write(folder, "markets", _markets(opens, ends))
    _write(folder, "payouts", _payouts(ends[ends + HOUR < size.window.end], size.seed))
    _write(folder, "scores", _scores(size))
    _write(folder, "statuses", pa.table(_empty(condition_id=pa.string(), status=pa.string(), known_at=pa.int64())))
    _write(
        folder,
        "terms",
        pa.table(
            _empty(condition_id=pa.string(), fee_rate=pa.float64(), fee_exponent=pa.float64(), known_at=pa.int64())
        ),
    )
    _write(folder, "prices", pa.table(_empty(token_id=pa.string(), at=pa.int64(), mid=pa.float64())))
    _write(
        folder,
        "fit",
        pa.table(
            _empty(
                category=pa.string(),
                price_band=pa.int64(),
                hour_band=pa.int64(),
                books=pa.int64(),
                half_spread=pa.float64(),
                depth=pa.float64(),
            )
        ),
    )
    _write_days(folder, size, opens, ends)
    return Extract(folder=folder, digest=digest_of(folder), leaders=wallets(size.leaders))


def _write_days(folder: Path, size: Size, opens: Ints, ends: Ints) -> None:
    kinds = {"fills": _FILLS, "books": _BOOKS, "prints": _PRINTS}
    writers = {
        name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") for name, schema in kinds.items()
    }
    tokens = np.array([str(10**76 + number) for number in range(2 * size.markets)])
    owners = np.array(wallets(size.leaders))
    written = 0
    for day in range(size.days):
        rng = np.random.default_rng([size.seed, day])
        count = (day + 1) * size.fills // size.days - day * size.fills // size.days
        at = np.sort(START + day * DAY + rng.integers(0, DAY, count))
        market = _open_market(rng, at, opens, ends)
        place = rng.integers(0, 2, count)
        mid = price_of(market, place, at)
        is_buy = rng.random(count) < 0.6
        price = np.round(np.where(is_buy, mid + 0.005, mid - 0.005), 3)
        notional = 20.0 + rng.pareto(1.5, count) * 100.0
        token = tokens[2 * market + place]
        numbers = written + np.arange(count)
        side = np.where(is_buy, "BUY", "SELL")
        shares = np.round(notional / price, 2)
        writers["fills"].write_table(
            pa.table(
                [
                    [f"{number:032x}" for number in numbers],
                    owners[np.minimum((rng.pareto(1.0, count) * 8).astype(np.int64), size.leaders - 1)],
                    [f"0x{number:064x}" for number in market],
                    token,
                    np.where(place == 0, "Yes", "No"),
                    side,
                    np.full(count, "taker"),
                    price,
                    shares,
                    np.full(count, ""),
                    at,
                    at + LAG,
                ],
                schema=_FILLS,
            )
        )
        writers["prints"].write_table(pa.table([token, at, price, shares, side], schema=_PRINTS))
        quotes = (day + 1) * size.quotes // size.days - day * size.quotes // size.days
        writers["books"].write_table(_books(rng, quotes, at, market, place, tokens, START + (day + 1) * DAY))
        written += count
    for writer in writers.values():
        writer.close()


def _books(
    rng: np.random.Generator, count: int, at: Ints, market: Ints, place: Ints, tokens: npt.NDArray[np.str_], end: int
) -> pa.Table:
    """Books around fills: half of them just before we hear of one, the rest within the two hours after."""
    chosen = rng.integers(0, len(at), count)
    soon = LAG - rng.integers(0, 8 * SECOND, count)
    later = LAG + rng.integers(0, 120 * MINUTE, count)
    seen = np.minimum(at[chosen] + np.where(rng.random(count) < 0.5, soon, later), end - 1)
    order = np.argsort(seen, kind="stable")
    seen, chosen = seen[order], chosen[order]
    mid = price_of(market[chosen], place[chosen], seen)
    sizes = np.round(3000.0 + rng.pareto(2.0, (count, 4)) * 2000.0, 2)
    bids = np.stack((mid - 0.005, mid - 0.015), axis=1)
    asks = np.stack((mid + 0.005, mid + 0.015), axis=1)
    return pa.table(
        [
            tokens[2 * market[chosen] + place[chosen]],
            _levels(np.round(bids, 3), sizes[:, :2]),
            _levels(np.round(asks, 3), sizes[:, 2:]),
            seen - 200,
            seen,
        ],
        schema=_BOOKS,
    )


def price_of(market: Ints, place: Ints, at: Ints) -> Floats:
    """The mid of a token: it wanders through a band of its own, on half ticks."""
    phase = market * 2.399963
    hours = at / HOUR
    up = 0.5 + 0.22 * np.sin(phase) + 0.12 * np.sin(hours / 9.0 + phase) + 0.04 * np.sin(hours * 1.7 + 3.0 * phase)
    mid = np.round(up * 100.0) / 100.0 + 0.005
    found: Floats = np.where(place == 0, mid, 1.0 - mid)
    return found


def _open_market(rng: np.random.Generator, at: Ints, opens: Ints, ends: Ints) -> Ints:
    first = np.searchsorted(ends, at, side="right")
    last = np.searchsorted(opens, at, side="right")
    found: Ints = first + (rng.random(len(at)) * (last - first)).astype(np.int64)
    return found


def _levels(prices: Floats, sizes: Floats) -> pa.Array:
    rows, width = prices.shape
    levels = pa.StructArray.from_arrays(
        [pa.array(prices.reshape(-1)), pa.array(sizes.reshape(-1))], names=["price", "size"]
    )
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * width), levels)


def _markets(opens: Ints, ends: Ints) -> pa.Table:
    count = len(opens)
    return pa.table(
        {
            "condition_id": [f"0x{number:064x}" for number in range(count)],
            "token_ids": [[str(10**76 + 2 * number), str(10**76 + 2 * number + 1)] for number in range(count)],
            "outcomes": [["Yes", "No"]] * count,
            "event_id": [f"e{number}" for number in range(count)],
            "category": [CATEGORIES[number % len(CATEGORIES)] for number in range(count)],
            "tick_size": np.full(count, 0.01),
            "min_order_size": np.full(count, 5.0),
            "fee_rate": np.full(count, 0.04),
            "fee_exponent": np.full(count, 1.0),
            "is_neg_risk": np.full(count, False),
            "is_accepting_orders": np.full(count, True),
            "start_at": opens,
            "end_at": ends,
            "closed_at": ends,
        }
    )


def _payouts(ends: Ints, seed: int) -> pa.Table:
    wins = np.random.default_rng([seed, 10**6]).random(len(ends)) < 0.5
    payout = np.stack((wins, ~wins), axis=1).astype(np.float64).reshape(-1)
    each = np.repeat(np.arange(len(ends)), 2)
    return pa.table(
        {
            "condition_id": [f"0x{number:064x}" for number in each],
            "token_id": [str(10**76 + number) for number in range(2 * len(ends))],
            "payout": payout,
            "resolved_at": ends[each],
            "known_at": ends[each] + HOUR,
        }
    )


def _scores(size: Size) -> pa.Table:
    days = np.arange(-1, size.days)
    names = wallets(size.leaders)
    rows = len(days) * size.leaders
    rng = np.random.default_rng([size.seed, 10**7])
    skilled = np.tile(rng.random(size.leaders) < 0.7, len(days))
    as_of = np.repeat(START + days * DAY, size.leaders)
    numbers = {
        "edge_mean": np.where(skilled, 0.06, 0.0),
        "edge_sd": np.full(rows, 0.02),
        "p_pos": np.where(skilled, 0.95, 0.4),
        "lcb10": np.where(skilled, 0.02, -0.05),
        "rank": np.tile(np.linspace(99.0, 1.0, size.leaders), len(days)),
        "n_eff": np.full(rows, 40.0),
        "coverage": np.full(rows, 1.0),
        "copy_cost_mean": np.full(rows, 0.012),
        "maker_share": np.full(rows, 0.1),
    }
    nothing = {name: pa.nulls(rows, pa.float64()) for name in ("breakeven_latency", "capacity", "q_value")}
    return pa.table(
        {
            "wallet": list(names) * len(days),
            "category": [OVERALL] * rows,
            "score_version": ["ce2"] * rows,
            **numbers,
            **nothing,
            "n_events": np.full(rows, 60),
            "flags": [[]] * rows,
            "reasons": [[]] * rows,
            "as_of": as_of,
            "known_at": as_of,
        }
    )


def _empty(**columns: pa.DataType) -> dict[str, pa.Array]:
    return {name: pa.array([], kind) for name, kind in columns.items()}


def _write(folder: Path, name: str, table: pa.Table) -> None:
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
