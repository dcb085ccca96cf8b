"""Recorded books as they lie in memory: one pass over columns, rows that make no sense left out (recorded_rows.py)."""

from __future__ import annotations

from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.rules import inner


@inner
def _is_bad(prices: Array, sizes: Array, first: int, end: int) -> bool:
    for place in range(first, end):
        price, size = prices[place], sizes[place]
        # What is not finite taken from itself is no number.
        if not (0.0 < price < 1.0 and size > 0.0) or size - size != 0.0:
            return True
    return False


@inner
def _best(prices: Array, first: int, end: int, is_bid: bool, empty: float) -> float:
    best = empty
    for place in range(first, end):
        if place == first or (prices[place] > best) == is_bid:
            best = prices[place]
    return best


@inner
def _lay_side(levels: Array, at: int, prices: Array, sizes: Array, first: int, end: int, is_bid: bool) -> int:
    """Put the levels of a side down, best first, equal prices in their order. Returns: the next place."""
    start = at
    for place in range(first, end):
        price, size = prices[place], sizes[place]
        here = at
        while here > start:
            above = levels[here - 1].price
            if above == price or (above > price) == is_bid:
                break
            levels[here].price, levels[here].size = levels[here - 1].price, levels[here - 1].size
            here -= 1
        levels[here].price, levels[here].size = price, size
        at += 1
    return at


@cached
def lay_books(
    codes: Array,
    known_at: Array,
    event_at: Array,
    bid_ends: Array,
    bid_prices: Array,
    bid_sizes: Array,
    ask_ends: Array,
    ask_prices: Array,
    ask_sizes: Array,
    opens: Array,
    books: Array,
    levels: Array,
    recorded: Array,
    first_level: int,
) -> int:
    """Put down the books of a batch that make sense. Returns: how many, at the beginning of books and recorded.

    Shape: levels of row r are those from ends[r] up to ends[r + 1]; opens is by code. first_level is where levels[0]
    stands among those of all batches. recorded's book is the row within the batch.
    """
    count, at = 0, 0
    for row in range(len(codes)):
        bids, end_of_bids, asks, end_of_asks = bid_ends[row], bid_ends[row + 1], ask_ends[row], ask_ends[row + 1]
        if _is_bad(bid_prices, bid_sizes, bids, end_of_bids) or _is_bad(ask_prices, ask_sizes, asks, end_of_asks):
            continue
        if _best(bid_prices, bids, end_of_bids, True, -1.0) >= _best(ask_prices, asks, end_of_asks, False, 2.0):
            continue
        if known_at[row] < opens[codes[row]]:
            continue
        book = books[count]
        book.token, book.is_modelled = codes[row], 0
        book.bids = first_level + at
        at = _lay_side(levels, at, bid_prices, bid_sizes, bids, end_of_bids, True)
        book.asks = first_level + at
        at = _lay_side(levels, at, ask_prices, ask_sizes, asks, end_of_asks, False)
        book.end = first_level + at
        recorded[count].known_at, recorded[count].event_at, recorded[count].book = known_at[row], event_at[row], count
        count += 1
    return count


@cached
def places_by_token(tokens: Array, known_at: Array, starts: Array, places: Array) -> int:
    """Where each row goes so that those of a token stand together, in their order.

    starts has as many zeros as there are tokens and one; it comes to say where the rows of each begin.
    Returns: 2 where those of a token follow in time, 1 where some are of one moment, 0 where one goes back.
    """
    for row in range(len(tokens)):
        starts[tokens[row] + 1] += 1
    for token in range(len(starts) - 1):
        starts[token + 1] += starts[token]
    taken, last, follows = starts.copy(), starts.copy(), 2
    for row in range(len(tokens)):
        token = tokens[row]
        place = taken[token]
        if place > starts[token] and known_at[row] <= last[token]:
            follows = min(follows, 0 if known_at[row] < last[token] else 1)
        last[token] = known_at[row]
        places[row] = place
        taken[token] = place + 1
    return follows
