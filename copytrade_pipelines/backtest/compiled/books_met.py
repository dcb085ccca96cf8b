"""The book that each fill of a leader met, inside a compiled pass: what the tape of objects asks its feed, in order."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import SECOND
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.feed import book_after, note_word
from copytrade_pipelines.backtest.compiled.layout import NONE, Array
from copytrade_pipelines.backtest.compiled.levels import best_bid, end_of_levels, first_level
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import World, book_at, known_at, level_at, listed_at, signal_at


@cached
def meet_books(worlds: World, fills: Array, cursors: Array, first: int) -> int:
    """Note every fill from a place on, and tell those that are signals what their book says. Returns: where to go on.

    Fills are in order of time; cursors are, by token, where the last book that was known stands, the place before its
    first one at the beginning. Ends before all are passed where modelled books need more room.
    """
    w = worlds[0]
    place = first
    while place < len(fills) and not w.is_full:
        fill = fills[place]
        note_word(w, fill.token, fill.event_at, fill.price, fill.at_ask)
        if fill.signal >= 0:
            meet_book(w, fill.token, fill.signal, fill.at, cursors)
        place += 1
    return place


@inner
def meet_book(w: World, token: int, number: int, now: int, cursors: Array) -> None:
    """Tell a signal what its book says."""
    signal, listed, last = signal_at(w, number), listed_at(w, token), cursors[token]
    while last + 1 < listed.end_of_books and known_at(w.recorded, last + 1) <= now:
        last += 1
    cursors[token] = last
    signal.book = NONE
    if listed.is_known and listed.opens_at <= now < listed.closes_at:
        signal.book = book_after(w, token, last if last >= listed.first_book else NONE, now)
    if signal.book < 0:
        signal.best_bid = np.nan
        return
    book, asks = signal.book, first_level(w, signal.book, 1)
    signal.is_modelled, signal.best_bid = book_at(w, book).is_modelled, best_bid(w, book)
    if asks >= end_of_levels(w, book, 1) or signal.best_bid != signal.best_bid:
        return
    low, high = signal.best_bid, level_at(w, asks).price
    signal.has_mid, signal.best_ask, signal.top = 1, high, high * level_at(w, asks).size
    signal.spread = (high - low) / ((low + high) / 2.0)
    signal.moved = rules.moved(high, signal.price)
    signal.book_age = 0.0 if signal.is_modelled else (now - known_at(w.recorded, last)) / SECOND
