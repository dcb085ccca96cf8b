"""Recorded books as they lie in memory: one pass over columns, rows that make no sense left out (recorded_rows.py)."""

from __future__ import annotations

import numpy as np

from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.layout import LEVEL, Array
from copytrade_pipelines.backtest.compiled.rows import rows_of
from copytrade_pipelines.backtest.compiled.rules import inner

_level, _number = rows_of(LEVEL), rows_of(np.dtype([("value", "f8")]))


@inner
def _lay_side(levels: int, at: int, prices: int, sizes: int, first: int, end: int, is_bid: bool) -> int:
    """Put the levels of a side down, best first, equal prices in their order; arrays are given by address, for which
    nothing is counted. Returns: the next place, -1 for a price outside 0 to 1 or a size that is not positive.
    """
    start = at
    for place in range(first, end):
        price, size = _number(prices, place).value, _number(sizes, place).value
        # What is not finite taken from itself is no number.
        if not (0.0 < price < 1.0 and size > 0.0) or size - size != 0.0:
            return -1
        here = at
        while here > start:
            above = _level(levels, here - 1)
            if above.price == price or (above.price > price) == is_bid:
                break
            moved = _level(levels, here)
            moved.price, moved.size = above.price, above.size
            here -= 1
        laid = _level(levels, here)
        laid.price, laid.size = price, size
        at += 1
    return at


@inner
def _rounded(micros: int) -> int:
    """Milliseconds as the warehouse rounds them: half of one away from zero."""
    return (micros + 500) // 1000 if micros >= 0 else -((500 - micros) // 1000)


@cached
def milliseconds(micros: Array) -> Array:
    """Times of a column."""
    found = np.empty(len(micros), np.int64)
    for row in range(len(micros)):
        found[row] = _rounded(micros[row])
    return found


@cached
def lay_books(
    codes: Array,
    known_at: Array,
    event_at: Array,
    places: Array,
    bid_ends: Array,
    bid_prices: int,
    bid_sizes: int,
    ask_ends: Array,
    ask_prices: int,
    ask_sizes: int,
    opens: Array,
    books: Array,
    levels: int,
    recorded: Array,
    stood: Array,
    first_book: int,
    first_level: int,
) -> int:
    """Put down the books of a batch that make sense. Returns: how many, at the beginning of books, recorded and stood.

    Units: known_at and event_at of what is read in microseconds, places are where it stands in the warehouse.
    Shape: levels of row r are those from ends[r] up to ends[r + 1]; opens is by code. Prices, sizes and levels are
    given by address; first_book and first_level say where the first ones stand among those of all batches.
    """
    count, at = 0, 0
    for row in range(len(codes)):
        asks = _lay_side(levels, at, bid_prices, bid_sizes, bid_ends[row], bid_ends[row + 1], True)
        if asks < 0:
            continue
        end = _lay_side(levels, asks, ask_prices, ask_sizes, ask_ends[row], ask_ends[row + 1], False)
        is_crossed = at < asks < end and _level(levels, at).price >= _level(levels, asks).price
        at_last = _rounded(known_at[row])
        if end < 0 or is_crossed or at_last < opens[codes[row]]:
            continue
        book = books[count]
        book.token, book.is_modelled = codes[row], 0
        book.bids, book.asks, book.end = first_level + at, first_level + asks, first_level + end
        known = recorded[count]
        known.known_at, known.event_at, known.book = at_last, _rounded(event_at[row]), first_book + count
        stood[count] = places[row]
        at = end
        count += 1
    return count


@cached
def sort_by_token(tokens: Array, rows: Array, order: Array, starts: Array, sorted_rows: Array) -> int:
    """Rows, taken in an order, so that those of a token stand together.

    starts has as many zeros as there are tokens and one; it comes to say where the rows of each begin.
    Returns: 2 where those of a token follow in time, 1 where some are of one moment, 0 where one goes back.
    """
    for row in range(len(tokens)):
        starts[tokens[row] + 1] += 1
    for token in range(len(starts) - 1):
        starts[token + 1] += starts[token]
    taken, follows = starts.copy(), 2
    for turn in range(len(tokens)):
        row = order[turn] if len(order) else turn
        token = tokens[row]
        place = taken[token]
        sorted_rows[place] = rows[row]
        if place > starts[token]:
            before, now = sorted_rows[place - 1].known_at, rows[row].known_at
            if now <= before:
                follows = min(follows, 0 if now < before else 1)
        taken[token] = place + 1
    return follows
