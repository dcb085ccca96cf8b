"""The book that each fill of a leader met, inside a compiled pass: what the tape of objects asks its feed, in order."""

from __future__ import annotations

from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.feed import book_now, last_known
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.levels import best_bid, end_of_levels, first_level
from copytrade_pipelines.backtest.compiled.world import World, book_at, feed_at, level_at, listed_at, recorded_at


@cached
def meet_books(worlds: World, fills: Array, met: Array, first: int) -> int:
    """Note every fill from a place on, and find the book of those that are signals. Returns: where to go on.

    Ends before all are passed where modelled books need more room.
    """
    w = worlds[0]
    place = first
    while place < len(fills) and not w.is_full:
        fill = fills[place]
        feed = feed_at(w, fill.token)
        if not feed.filled > 0.0 or fill.event_at >= feed.filled_at:
            feed.filled_at, feed.filled, feed.at_ask = fill.event_at, fill.price, fill.at_ask
        if fill.signal >= 0:
            book = book_now(w, fill.token, fill.at)
            row = met[fill.signal]
            row.book, row.known_at = book, fill.at
            if book >= 0:
                row.is_modelled = book_at(w, book).is_modelled
                row.best_bid = best_bid(w, book)
                asks = first_level(w, book, 1)
                row.has_ask = asks < end_of_levels(w, book, 1)
                if row.has_ask:
                    row.best_ask, row.ask_size = level_at(w, asks).price, level_at(w, asks).size
                if not row.is_modelled:
                    listed = listed_at(w, fill.token)
                    last = last_known(w.recorded, listed.first_book, listed.end_of_books, fill.at)
                    row.known_at = recorded_at(w, last).known_at
        place += 1
    return place
