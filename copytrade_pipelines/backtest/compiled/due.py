"""What configurations do by themselves between observations: orders, looks at what is held, settlements, midnights."""

from __future__ import annotations

from copytrade_live.core.market import DAY
from copytrade_pipelines.backtest.compiled.agenda import (
    HELD,
    MIDNIGHT,
    ORDER,
    PAYOUT,
    SETTLEMENT,
    add,
    drop_first,
    kind_of,
    tie_of,
)
from copytrade_pipelines.backtest.compiled.feed import book_now
from copytrade_pipelines.backtest.compiled.fills import settle
from copytrade_pipelines.backtest.compiled.layout import NEVER, NONE
from copytrade_pipelines.backtest.compiled.leaving import pay, resolve, see_book
from copytrade_pipelines.backtest.compiled.levels import best_bid, differ
from copytrade_pipelines.backtest.compiled.matching import meet
from copytrade_pipelines.backtest.compiled.orders import KEPT, add_order, expire, forget, pass_by
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    due_at,
    feed_at,
    parameters_at,
    placed_at,
    slot_at,
    token_at,
    view_at,
    wake_at,
)


@inner
def show(w: World, config: int, token: int, book: int, now: int) -> None:
    """A configuration looks at a token's book."""
    shown = view_at(w, token, config)
    shown.book, shown.turn = book, 2 * w.next
    feed = feed_at(w, token)
    see_book(w, config, token, book, feed.bid if book == feed.book else best_bid(w, book), now)


@inner
def work(w: World, config: int, ref: int, now: int) -> None:
    """An order is looked at: it meets its book, expires, or is looked at again."""
    at, serial = ref & ((1 << KEPT) - 1), ref >> KEPT
    slot = slot_at(w, config, at)
    if not slot.works or slot.serial != serial:
        return
    token, book = slot.token, book_now(w, slot.token, now)
    is_news = not slot.is_accepted or differ(w, book, view_at(w, token, config).book)
    if is_news and book >= 0:
        show(w, config, token, book, now)
    if book >= 0 and now < slot.expires and slot.works and slot.serial == serial:
        meet(w, config, at, book, now)
    if not slot.works or slot.serial != serial:
        forget(w, config, token)
    elif now >= slot.expires:
        expire(w, config, at, book, now)
        forget(w, config, token)
    else:
        following = slot.held_until if slot.held_until > now else now + parameters_at(w, config).order_pace
        add_order(w, config, at, min(following, slot.expires))


@inner
def look(w: World, config: int, token: int, now: int) -> None:
    """A held token is looked at."""
    at = placed_at(w, token_at(w, token).condition, config).slot
    if at < 0 or slot_at(w, config, at).token != token or not slot_at(w, config, at).is_held:
        feed_at(w, token).watched &= ~(1 << config)
        forget(w, config, token)
        return
    add(w, config, now + parameters_at(w, config).held_pace, tie_of(HELD, 0, token_at(w, token).rank, 0), token)
    book = book_now(w, token, now)
    if book >= 0:
        show(w, config, token, book, now)


@inner
def conclude(w: World, config: int, chain: int, now: int) -> None:
    """A match settles or is voided; what is final only now may have been paid out meanwhile."""
    token = settle(w, config, chain, now)
    resolution = view_at(w, token, config).resolution
    at = placed_at(w, token_at(w, token).condition, config).slot
    if resolution < 0 or at < 0:
        return
    slot = slot_at(w, config, at)
    if slot.token == token and slot.is_held and slot.size > slot.going:
        resolve(w, config, resolution, now)


@inner
def advance(w: World, config: int, end: int) -> None:
    """Do everything that is due before end, as long as there is room to write it down."""
    account = account_at(w, config)
    while account.due > 0 and due_at(w, config, 0).at < end and not w.is_full and not w.trouble:
        first = due_at(w, config, 0)
        now, kind, ref = first.at, kind_of(first.tie), first.ref
        drop_first(w, config)
        if kind == ORDER:
            work(w, config, ref, now)
        elif kind == HELD:
            look(w, config, ref, now)
        elif kind == SETTLEMENT:
            conclude(w, config, ref, now)
        elif kind == PAYOUT:
            pay(w, config, ref, now)
        else:
            pass_by(w, config, now)
            add(w, config, (now // DAY + 1) * DAY, tie_of(MIDNIGHT, 0, 0, 0), 0)


@inner
def start(w: World, now: int) -> None:
    """A run begins: cash, the first periods, the first midnight."""
    for config in range(w.configs):
        account = account_at(w, config)
        account.cash = parameters_at(w, config).starting_cash
        account.midnight, account.week, account.free, account.free_pending = 0, NONE, NONE, NONE
        account.free_slot = NONE
        wake_at(w, config).value = NEVER
        pass_by(w, config, now)
        add(w, config, (now // DAY + 1) * DAY, tie_of(MIDNIGHT, 0, 0, 0), 0)
        rest(w, config)
    sleep(w)


@inner
def rest(w: World, config: int) -> None:
    """When a configuration has something to do by itself next."""
    account = account_at(w, config)
    first = min(account.midnight, account.sampled_at + parameters_at(w, config).sample)
    if account.due:
        first = min(first, due_at(w, config, 0).at + 1)
    wake_at(w, config).value = first


@inner
def sleep(w: World) -> None:
    """When the first configuration has something to do by itself."""
    first = NEVER
    for config in range(w.configs):
        first = min(first, wake_at(w, config).value)
    w.wake = first


@inner
def wake_up(w: World, now: int) -> int:
    """Let every configuration that has something to do by itself do it. Returns: a bit for each of them."""
    awake = 0
    for config in range(w.configs):
        if wake_at(w, config).value <= now:
            awake |= 1 << config
            advance(w, config, now)
    return awake
