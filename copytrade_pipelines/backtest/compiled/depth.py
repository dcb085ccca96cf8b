"""What orders took from books that do not know of it, inside the kernel: core/depth.py as linked rows by token."""

from __future__ import annotations

import numpy as np

from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.levels import end_of_levels, first_level
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    feed_at,
    level_at,
    placed_at,
    taken_at,
    token_at,
    view_at,
)


@inner
def taken_size(w: World, config: int, token: int, is_buy: int, price: float) -> int:
    """Shares taken at a price, in micro-shares."""
    place = view_at(w, token, config).taken
    while place >= 0:
        row = taken_at(w, config, place)
        if row.is_buy == is_buy and row.price == price:
            return row.size
        place = row.next
    return 0


@inner
def left_at(w: World, config: int, token: int, is_buy: int, level: int) -> float:
    """What is left of a level, in shares; not above 0 when nothing is."""
    taken = taken_size(w, config, token, is_buy, level_at(w, level).price)
    return level_at(w, level).size - rules.from_micro(taken)


@inner
def note_taken(w: World, config: int, token: int, is_buy: int, price: float, size: int) -> None:
    """Count shares as taken at a price."""
    place = view_at(w, token, config).taken
    view_at(w, token, config).low = np.inf
    while place >= 0:
        row = taken_at(w, config, place)
        if row.is_buy == is_buy and row.price == price:
            row.size += size
            return
        place = row.next
    account = account_at(w, config)
    place = account.free
    if place >= 0:
        account.free = taken_at(w, config, place).next
    else:
        place = account.taken
        account.taken += 1
        if account.taken + 2 * w.scratch_room + 8 >= w.taken_room:
            w.is_full = 1
    row = taken_at(w, config, place)
    row.price, row.size, row.is_buy = price, size, is_buy
    row.next = view_at(w, token, config).taken
    view_at(w, token, config).taken = place


@inner
def take(w: World, config: int, token: int, is_buy: int, price: float, size: int) -> None:
    """A fill of ours took shares from the book shown last: off the best levels that it could have met."""
    own, told = view_at(w, token, config), feed_at(w, token)
    book = own.book if own.turn > told.turn else told.told
    if book < 0:
        return
    rest = size
    for level in range(first_level(w, book, is_buy), end_of_levels(w, book, is_buy)):
        left = left_at(w, config, token, is_buy, level)
        if left > 0.0 and rest > 0 and rules.is_within(is_buy == 1, level_at(w, level).price, price):
            part = min(rest, rules.to_micro(left))
            note_taken(w, config, token, is_buy, level_at(w, level).price, part)
            rest -= part


@inner
def see(w: World, config: int, token: int, book: int) -> None:
    """A level that shrank below what we took lost it to others; what comes after is new and may be taken."""
    before, place = -1, view_at(w, token, config).taken
    while place >= 0:
        row = taken_at(w, config, place)
        shown, after = 0, row.next
        for level in range(first_level(w, book, row.is_buy), end_of_levels(w, book, row.is_buy)):
            if level_at(w, level).price == row.price:
                shown = rules.to_micro(level_at(w, level).size)
        row.size = min(row.size, shown)
        if row.size != 0:
            before = place
        else:
            if before >= 0:
                taken_at(w, config, before).next = after
            else:
                view_at(w, token, config).taken = after
            row.next = account_at(w, config).free
            account_at(w, config).free = place
        place = after
    if view_at(w, token, config).taken < 0 and placed_at(w, token_at(w, token).condition, config).slot < 0:
        feed_at(w, token).active &= ~(1 << config)
