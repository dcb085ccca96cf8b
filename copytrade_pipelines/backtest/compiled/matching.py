"""What an order gets from books and prints inside the kernel: backtest/matching.py and resting.py on a slot."""

from __future__ import annotations

from copytrade_live.core.pricing import EPSILON, SIZE_STEP
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.depth import left_at
from copytrade_pipelines.backtest.compiled.fills import book_match
from copytrade_pipelines.backtest.compiled.levels import end_of_levels, first_level
from copytrade_pipelines.backtest.compiled.orders import pass_by
from copytrade_pipelines.backtest.compiled.parameters import BEST_PRICE, CROSSED, PROPORTIONAL
from copytrade_pipelines.backtest.compiled.positions import share_of
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    book_at,
    level_at,
    parameters_at,
    print_at,
    scratch_at,
    slot_at,
    token_at,
)


@inner
def accept(w: World, config: int, at: int, book: int, now: int) -> None:
    """Take an order; one that would trade at once is held back as long as the venue does that."""
    slot = slot_at(w, config, at)
    is_buy, is_marketable = slot.is_entry, False
    for level in range(first_level(w, book, is_buy), end_of_levels(w, book, is_buy)):
        if left_at(w, config, slot.token, is_buy, level) > 0.0:
            is_marketable = rules.is_within(is_buy == 1, level_at(w, level).price, slot.limit)
            break
    slot.is_accepted = 1
    slot.held_until = now + parameters_at(w, config).delay if is_marketable else now
    pass_by(w, config, now)


@inner
def meet(w: World, config: int, at: int, book: int, now: int) -> None:
    """Trade an order against prints and books; all of it happens before we hear of any."""
    slot = slot_at(w, config, at)
    if not slot.is_accepted:
        accept(w, config, at, book, now)
    if now < slot.held_until:
        return
    serial, is_maker, prints = slot.serial, slot.rests == 1, 0
    rest = max(0, slot.wanted - slot.filled)
    if is_maker:
        prints = reach(w, config, at, rest, book, now)
        for place in range(prints):
            rest -= scratch_at(w, place).size
    count = cross(w, config, at, rest, book, prints)
    for place in range(prints, prints + count):
        rest -= scratch_at(w, place).size
    # What is filled by now never rests.
    if not is_maker and rest >= SIZE_STEP:
        shown = shown_at(w, config, at, book)
        slot.rests, slot.since, slot.ahead, slot.shown = 1, now, shown, shown
    slot.seen_at = now
    for place in range(prints):
        book_match(w, config, at, place, 1, serial, is_maker, now)
    if count:
        book_match(w, config, at, prints, count, serial, is_maker, now)


@inner
def cross(w: World, config: int, at: int, rest: int, book: int, place: int) -> int:
    """Put down in scratch, from a place on, what an order takes from a book. Returns: of how many levels."""
    slot = slot_at(w, config, at)
    is_buy, limit, count = slot.is_entry, slot.limit, 0
    first, end = first_level(w, book, is_buy), end_of_levels(w, book, is_buy)
    if parameters_at(w, config).fills == BEST_PRICE:
        if rest > 0 and first < end and rules.is_within(is_buy == 1, level_at(w, first).price, limit):
            put(w, place, rest, limit if slot.rests else level_at(w, first).price)
            count = 1
        return count
    for level in range(first, end):
        left = left_at(w, config, slot.token, is_buy, level)
        if not left > 0.0:
            continue
        price = level_at(w, level).price
        if rest <= 0 or not rules.is_within(is_buy == 1, price, limit):
            break
        size = min(rest, rules.floor_size(left))
        if size > 0:
            put(w, place + count, size, limit if slot.rests else price)
            count += 1
            rest -= size
    return count


@inner
def put(w: World, place: int, size: int, price: float) -> None:
    """Put a part of a match down."""
    met = scratch_at(w, place)
    met.size, met.price = size, price


@inner
def reach(w: World, config: int, at: int, rest: int, book: int, now: int) -> int:
    """Put down in scratch what prints bring an order that rests; the line moves. Returns: of how many prints."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    is_buy, printed, count = slot.is_entry == 1, 0, 0
    for place in range(first_unseen(w, slot.token, slot.seen_at), token_at(w, slot.token).end_of_prints):
        one = print_at(w, place)
        if one.known_at > now:
            break
        if one.at <= slot.since or (one.is_sell == 1) != is_buy or not rules.is_within(is_buy, one.price, slot.limit):
            continue
        is_through = not rules.is_within(not is_buy, one.price, slot.limit)
        reached = 0 if p.queue == CROSSED else rules.reached_by(slot.ahead, one.size, is_through)
        size = min(rest, reached // SIZE_STEP * SIZE_STEP)
        slot.ahead = rules.left_ahead(slot.ahead, one.size, is_through)
        printed += 0 if is_through else one.size
        if size > 0:
            put(w, count, size, slot.limit)
            count += 1
            rest -= size
    if not book_at(w, book).is_modelled:
        shown = shown_at(w, config, at, book)
        slot.ahead = shrunk(p.queue, slot.ahead, slot.shown, printed, shown)
        slot.shown = shown
    return count


@inner
def first_unseen(w: World, token: int, seen_at: int) -> int:
    """The first print of a token that became known after a moment."""
    low, high = token_at(w, token).first_print, token_at(w, token).end_of_prints
    while low < high:
        middle = (low + high) >> 1
        if print_at(w, middle).known_at > seen_at:
            high = middle
        else:
            low = middle + 1
    return low


@inner
def shown_at(w: World, config: int, at: int, book: int) -> int:
    """What is shown on an order's own side at its price, in micro-shares."""
    slot, size = slot_at(w, config, at), 0
    is_other = 0 if slot.is_entry else 1
    for level in range(first_level(w, book, is_other), end_of_levels(w, book, is_other)):
        if abs(level_at(w, level).price - slot.limit) <= EPSILON:
            size += rules.to_micro(level_at(w, level).size)
    return size


@inner
def shrunk(queue: int, ahead: int, before: int, printed: int, shown: int) -> int:
    """What stands ahead once the size at the price changed (backtest/queue_models.py)."""
    line = max(0, before - printed)
    if queue != PROPORTIONAL or shown >= line or line == 0:
        return rules.shrunk_behind(ahead, before, printed, shown)
    # Rounded up. The product may not fit into 64 bits, but what is left of it does.
    part = share_of(ahead, shown, line)
    return min(ahead, shown, part + (1 if ahead * shown - part * line != 0 else 0))
