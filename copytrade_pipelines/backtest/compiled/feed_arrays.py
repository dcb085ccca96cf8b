"""A feed of recorded books as arrays: whole columns at a time, rows only of tokens that the tape trades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copytrade_live.core.market import SECOND, Side
from copytrade_pipelines.backtest.book_fit import BookModel
from copytrade_pipelines.backtest.book_levels import HOUR_EDGES, PRICE_EDGES
from copytrade_pipelines.backtest.columns import Batch
from copytrade_pipelines.backtest.compiled.layout import (
    BOOK,
    LEVEL,
    LISTED,
    MID,
    NEVER,
    PRINT,
    RECORDED,
    SHAPE,
    Array,
)
from copytrade_pipelines.backtest.compiled.loaded_rows import Books, Prints
from copytrade_pipelines.backtest.compiled.tape import FeedKind, TapeArrays
from copytrade_pipelines.backtest.markets import MarketBoard
from copytrade_pipelines.backtest.recorded import FeedParts
from copytrade_pipelines.backtest.recorded_rows import Ladder, ladder

Codes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of some tokens in order of token, then of the file. Shape: starts[c]..starts[c + 1] are those of code c."""

    values: dict[str, Array]
    starts: Array


def with_feed(arrays: TapeArrays, parts: FeedParts) -> TapeArrays:
    """The arrays with the books, mids and prints of a feed in place of those on the tape."""
    codes = {name: code for code, name in enumerate(arrays.tokens)}
    count = len(arrays.tape.tokens)
    known, rows, levels = _books(parts.books.batches(), codes, count, arrays)
    prints = _prints(_columns(parts.prints.batches(), codes, count, _PRINT_COLUMNS))
    return with_rows(arrays, parts, Books(rows, levels, _filled(RECORDED, known.values), known.starts), prints)


def with_rows(arrays: TapeArrays, parts: FeedParts, books: Books, prints: Prints) -> TapeArrays:
    """The arrays with a feed of which books and prints are rows already, by the codes that the first tokens have."""
    codes = {name: code for code, name in enumerate(arrays.tokens)}
    count = len(arrays.tape.tokens)
    book_starts, print_starts = _for_all(books.starts, count), _for_all(prints.starts, count)
    mids = _columns(parts.mids.batches(), codes, count, {"at": np.int64, "mid": np.float64})
    listed, categories = _listed(parts.markets, arrays.tokens, count)
    listed["first_book"], listed["end_of_books"] = book_starts[:-1], book_starts[1:]
    listed["first_mid"], listed["end_of_mids"] = mids.starts[:-1], mids.starts[1:]
    tokens = arrays.tape.tokens.copy()
    tokens["first_print"], tokens["end_of_prints"] = print_starts[:-1], print_starts[1:]
    tape = arrays.tape._replace(
        tokens=tokens,
        prints=prints.rows,
        books=_joined(arrays.tape.books, books.rows),
        levels=_joined(arrays.tape.levels, books.levels),
        listed=listed,
        recorded=books.known,
        mids=_filled(MID, mids.values),
        shapes=_shapes(parts.model, categories),
    )
    kind = FeedKind(
        is_recorded=True,
        max_book_age=parts.max_book_age,
        # In whole milliseconds: what is above a float is above the integer below it.
        max_word_age=int(parts.model.max_age_seconds * SECOND // 1),
        levels=parts.model.levels,
    )
    sides = (books.rows["asks"] - books.rows["bids"], books.rows["end"] - books.rows["asks"])
    deepest = max((int(side.max()) for side in sides if len(side)), default=0)
    return replace(arrays, tape=tape, feed=kind, most_levels=max(arrays.most_levels, deepest))


def _known(batch: Batch, codes: Codes) -> tuple[pa.RecordBatch, Array, Array]:
    names = batch.columns.column("token_id")
    if not pa.types.is_dictionary(names.type):
        names = names.dictionary_encode()
    of_name = np.array([codes.get(name, -1) for name in names.dictionary.to_pylist()] or [-1], np.int64)
    tokens = of_name[names.indices.to_numpy(zero_copy_only=False)]
    wanted = tokens >= 0
    return batch.columns.filter(pa.array(wanted)), tokens[wanted], batch.times[wanted]


def _columns(batches: Iterable[Batch], codes: Codes, count: int, kinds: Mapping[str, Any]) -> Columns:
    found: dict[str, list[Array]] = {name: [] for name in ("token", "known_at", *kinds)}
    for batch in batches:
        columns, tokens, times = _known(batch, codes)
        found["token"].append(tokens)
        found["known_at"].append(times)
        for name, kind in kinds.items():
            column = columns.column(name)
            if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type):
                column = pc.equal(column, Side.SELL.value)
            found[name].append(column.to_numpy(zero_copy_only=False).astype(kind))
    whole = {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in found.items()}
    return _by_token(whole, count)


def _by_token(whole: dict[str, Array], count: int) -> Columns:
    tokens = whole.pop("token").astype(np.int64)
    order = np.argsort(tokens, kind="stable")
    starts = np.searchsorted(tokens[order], np.arange(count + 1), "left")
    return Columns({name: column[order] for name, column in whole.items()}, starts)


def _books(batches: Iterable[Batch], codes: Codes, count: int, arrays: TapeArrays) -> tuple[Columns, Array, Array]:
    found: dict[str, list[Array]] = {"token": [], "known_at": [], "event_at": []}
    books, levels = [np.zeros(0, BOOK)], [np.zeros(0, LEVEL)]
    at = len(arrays.tape.levels)
    for batch in batches:
        columns, tokens, times = _known(batch, codes)
        rows, laid = _laid(columns, at)
        rows["token"] = tokens
        at += len(laid)
        books.append(rows)
        levels.append(laid)
        found["token"].append(tokens)
        found["known_at"].append(times)
        found["event_at"].append(columns.column("event_at").to_numpy(zero_copy_only=False).astype(np.int64))
    whole = {name: np.concatenate(parts) if parts else np.zeros(0, np.int64) for name, parts in found.items()}
    whole["book"] = len(arrays.tape.books) + np.arange(len(whole["token"]))
    return _by_token(whole, count), np.concatenate(books), np.concatenate(levels)


def _laid(columns: pa.RecordBatch, at: int) -> tuple[Array, Array]:
    """Books and their levels, best first, bids before asks."""
    bids, asks = ladder(columns.column("bids")), ladder(columns.column("asks"))
    of_bids, of_asks = np.diff(bids.ends), np.diff(asks.ends)
    starts = at + np.concatenate(([0], np.cumsum(of_bids + of_asks)))
    rows = np.zeros(columns.num_rows, BOOK)
    rows["bids"], rows["asks"], rows["end"] = starts[:-1], starts[:-1] + of_bids, starts[1:]
    laid = np.zeros(int(starts[-1]) - at, LEVEL)
    for side, lengths, first, sign in ((bids, of_bids, rows["bids"], -1.0), (asks, of_asks, rows["asks"], 1.0)):
        places = np.repeat(first - at - side.ends[:-1], lengths) + np.arange(len(side.prices))
        prices, sizes = side.prices, side.sizes
        if not _is_best_first(side, sign):
            of_row = np.repeat(np.arange(len(lengths)), lengths)
            order = np.lexsort((np.arange(len(of_row)), sign * prices, of_row))
            prices, sizes = prices[order], sizes[order]
        laid["price"][places], laid["size"][places] = prices, sizes
    return rows, laid


def _is_best_first(side: Ladder, sign: float) -> bool:
    falls = sign * np.diff(side.prices) < 0.0
    starts = side.ends[1:-1]
    falls[starts[(starts > 0) & (starts < len(side.prices))] - 1] = False
    return not falls.any()


_PRINT_COLUMNS = {"taker_side": np.int64, "price": np.float64, "size": np.float64}


def _joined(rows: Array, others: Array) -> Array:
    # A whole copy costs as much as reading them did.
    return np.concatenate((rows, others)) if len(rows) else others


def _for_all(starts: Array, count: int) -> Array:
    return np.concatenate((starts, np.full(count + 1 - len(starts), starts[-1])))


def _prints(columns: Columns) -> Prints:
    values = columns.values
    prints = np.zeros(len(values["known_at"]), PRINT)
    prints["known_at"] = prints["at"] = values["known_at"]
    prints["price"], prints["is_sell"] = values["price"], values["taker_side"]
    # Rounded as to_micro rounds, half to even.
    prints["size"] = np.rint(values["size"] * 1e6).astype(np.int64)
    return Prints(prints, columns.starts)


def _filled(dtype: Any, values: Mapping[str, Array]) -> Array:
    rows = np.zeros(len(next(iter(values.values()))), dtype)
    for name in dtype.names:
        rows[name] = values[name]
    return rows


def _listed(markets: MarketBoard, tokens: Iterable[str], count: int) -> tuple[Array, dict[str, int]]:
    rows, categories = np.zeros(count, LISTED), dict[str, int]()
    for code, name in enumerate(tokens):
        listed = markets.listed_of(name)
        if listed is None:
            continue
        market, row = listed.market, rows[code]
        row["is_known"], row["tick"] = 1, market.tick_size
        row["opens_at"] = 0 if listed.opens_at is None else listed.opens_at
        row["closes_at"] = NEVER if listed.closed_at is None else listed.closed_at
        row["end_at"] = NEVER if market.end_at is None else market.end_at
        row["category"] = categories.setdefault(market.category, len(categories))
    return rows, categories


def _shapes(model: BookModel, categories: Mapping[str, int]) -> Array:
    """The model's own answer for each category, price band and hour band."""
    prices = [edge - 1e-9 for edge in PRICE_EDGES] + [PRICE_EDGES[-1]]
    hours = [edge - 1e-9 for edge in HOUR_EDGES] + [HOUR_EDGES[-1]]
    rows = [
        (shape.half_spread, shape.depth)
        for category in categories
        for price in prices
        for hour in hours
        for shape in (model.shape(category, price, hour),)
    ]
    return np.array(rows, SHAPE)
