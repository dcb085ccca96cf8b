"""The book of a token as it can be known now, inside the kernel: backtest/recorded.py and modelled.py in numbers.

A modelled book is made once for each best bid, best ask and depth, so there are never more than fit on the grid.
"""

from __future__ import annotations

from copytrade_live.core.market import HOUR
from copytrade_pipelines.backtest.book_levels import HOUR_EDGES, PRICE_EDGES
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.layout import NEVER, NONE
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    book_at,
    bucket_at,
    feed_at,
    known_at,
    level_at,
    listed_at,
    made_at,
    made_book_at,
    made_level_at,
    mid_at,
    recorded_at,
    shape_at,
    signal_at,
)

_MID, _FILL, _BOOK = 0, 1, 2
PRICE_BANDS, HOUR_BANDS = len(PRICE_EDGES) + 1, len(HOUR_EDGES) + 1


@inner
def book_now(w: World, token: int, now: int) -> int:
    """The book of a token: the tape's last one, or what a feed of recorded books says; NONE without any."""
    if not w.has_feed:
        return feed_at(w, token).book
    listed = listed_at(w, token)
    if not listed.is_known or now >= listed.closes_at or now < listed.opens_at:
        return NONE
    return book_after(w, token, last_known(w.recorded, listed.first_book, listed.end_of_books, now), now)


@inner
def book_after(w: World, token: int, place: int, now: int) -> int:
    """The book of a token in a feed of which that place is the last one recorded by now, NONE for nothing recorded."""
    if place >= 0 and now - recorded_at(w, place).known_at <= w.max_book_age:
        return recorded_at(w, place).book
    return modelled_now(w, token, place, now)


@inner
def last_known(rows: int, first: int, end: int, now: int) -> int:
    """The last of some rows in order of time that is known by now, NONE before the first. rows is their address."""
    low, high = first, end
    while low < high:
        middle = (low + high) >> 1
        if known_at(rows, middle) <= now:
            low = middle + 1
        else:
            high = middle
    return low - 1 if low > first else NONE


@inner
def modelled_now(w: World, token: int, recorded: int, now: int) -> int:
    """A book around the last word on the price: a mid, a fill or a recorded book, NONE when that is too old."""
    listed, feed = listed_at(w, token), feed_at(w, token)
    kind, at, low, high = NONE, 0, 0.0, 0.0
    place = last_known(w.mids, listed.first_mid, listed.end_of_mids, now)
    if place >= 0:
        kind, at, low, high = _MID, mid_at(w, place).at, mid_at(w, place).mid, mid_at(w, place).mid
    if feed.filled > 0.0 and (kind == NONE or feed.filled_at >= at):
        kind, at, low, high = _FILL, feed.filled_at, feed.filled, feed.filled
    if recorded >= 0:
        row = recorded_at(w, recorded)
        book = book_at(w, row.book)
        if book.bids < book.asks and book.asks < book.end and (kind == NONE or row.event_at >= at):
            kind, at = _BOOK, row.event_at
            low, high = level_at(w, book.bids).price, level_at(w, book.asks).price
    if kind == NONE or now - at > w.max_word_age:
        return NONE
    hours = HOUR_BANDS - 1
    if listed.end_at != NEVER:
        hours = rules.hour_band((listed.end_at - now) / HOUR)
    band = rules.price_band((low + high) / 2.0)
    shape = shape_at(w, (listed.category * PRICE_BANDS + band) * HOUR_BANDS + hours)
    half = shape.half_spread
    if kind == _MID:
        low, high = rules.bid_around(low, half), rules.ask_around(high, half)
    elif kind == _FILL and feed.at_ask:
        low = rules.bid_around(low, 2.0 * half)
    elif kind == _FILL:
        high = rules.ask_around(high, 2.0 * half)
    return made(
        w, rules.floor_to_tick(low, listed.tick), rules.ceil_to_tick(high, listed.tick), listed.tick, shape.depth
    )


@inner
def made(w: World, bid: float, ask: float, tick: float, depth: float) -> int:
    """The modelled book of these best prices: made before, or made now."""
    bucket = (int(bid * 1e6) * 31 + int(ask * 1e6) * 17 + int(depth * 100.0)) % w.bucket_room
    place = bucket_at(w, bucket).value
    while place >= 0:
        one = made_at(w, place)
        if one.bid == bid and one.ask == ask and one.tick == tick and one.depth == depth:
            return w.first_made + place
        place = one.next
    place = w.made_count
    w.made_count += 1
    one = made_at(w, place)
    one.bid, one.ask, one.tick, one.depth, one.next = bid, ask, tick, depth, bucket_at(w, bucket).value
    bucket_at(w, bucket).value = place
    make_levels(w, place)
    if w.made_count + 8 >= w.made_room:
        w.is_full = 1
    return w.first_made + place


@inner
def make_levels(w: World, place: int) -> None:
    """The levels of a modelled book, a tick apart, inside the market's prices."""
    one, book = made_at(w, place), made_book_at(w, place)
    at = place * 2 * w.made_depth_levels
    book.bids, book.is_modelled = w.first_made_level + at, 1
    for step in range(w.made_depth_levels):
        price = rules.level_price(one.bid, one.tick, step, True)
        if price >= one.tick:
            at = put_level(w, at, price, one.depth)
    book.asks = w.first_made_level + at
    for step in range(w.made_depth_levels):
        price = rules.level_price(one.ask, one.tick, step, False)
        if price <= 1.0 - one.tick:
            at = put_level(w, at, price, one.depth)
    book.end = w.first_made_level + at


@inner
def put_level(w: World, at: int, price: float, depth: float) -> int:
    """Put a level down. Returns: the next place."""
    level = made_level_at(w, at)
    level.price, level.size = price, rules.level_size(depth, price)
    return at + 1


@inner
def note_fill(w: World, number: int) -> None:
    """A leader's fill is the latest word on the price, unless a later one is known."""
    signal = signal_at(w, number)
    note_word(w, signal.token, signal.event_at, signal.price, signal.at_ask)


@inner
def note_word(w: World, token: int, event_at: int, price: float, at_ask: int) -> None:
    """note_fill of plain numbers."""
    feed = feed_at(w, token)
    if not feed.filled > 0.0 or event_at >= feed.filled_at:
        feed.filled_at, feed.filled, feed.at_ask = event_at, price, at_ask
