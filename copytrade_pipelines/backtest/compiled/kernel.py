"""The compiled pass over a tape: observations outside, configurations inside, each with a state of its own."""

from __future__ import annotations

from copytrade_live.core.market import HOUR
from copytrade_pipelines.backtest.compiled.accounts import keep_point, open_periods, sample, set_point
from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.depth import see
from copytrade_pipelines.backtest.compiled.due import advance, rest, sleep, start, wake_up
from copytrade_pipelines.backtest.compiled.entries import answer
from copytrade_pipelines.backtest.compiled.feed import note_fill
from copytrade_pipelines.backtest.compiled.layout import KIND_BITS, Kind
from copytrade_pipelines.backtest.compiled.leaving import resolve, see_book
from copytrade_pipelines.backtest.compiled.orders import cancel_entries, pass_by, trip
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.watching import changed, only_marks
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    event_at,
    feed_at,
    market_at,
    parameters_at,
    placed_at,
    record_at,
    repeat_at,
    resolution_at,
    signal_at,
    slot_at,
    view_at,
)

_SIGNAL, _BOOK, _RESOLVED, _GATES = int(Kind.SIGNAL), int(Kind.BOOK), int(Kind.RESOLVED), int(Kind.GATE)
_MARKET, _SWITCH = int(Kind.MARKET), int(Kind.KILL_SWITCH)
_KINDS = (1 << KIND_BITS) - 1
# Of the phase of a world.
BEFORE, UNDER_WAY, OVER = 0, 1, 2
# After this long a fill seen again is new (core/state.py).
_MEMORY = 2 * HOUR


@inner
def pass_quiet(w: World, end: int) -> None:
    """Pass books that do nothing but move marks, until something else has to be looked at."""
    place = w.next
    while place < end:
        event = event_at(w, place)
        if event.at >= w.wake or event.what & _KINDS != _BOOK:
            break
        token = event.what >> KIND_BITS
        told = feed_at(w, token)
        told.told, told.turn, told.book, told.bid = event.ref, 2 * place + 1, event.ref, event.bid
        if told.active != 0 and not moves_only_marks(w, told.active, token, event.bid, event.at):
            break
        place += 1
    w.next = place


@inner
def moves_only_marks(w: World, active: int, token: int, bid: float, now: int) -> bool:
    """Whether a book does nothing but move marks for all that care, and move them. Asked twice, it moves them once."""
    config = 0
    while config < w.configs and (not (active >> config) & 1 or only_marks(w, config, token, bid, now)):
        config += 1
    return bool(config == w.configs)


@inner
def observe_book(w: World, token: int, ref: int, bid: float, now: int, awake: int) -> None:
    """A book of a token, for every configuration that cares."""
    told = feed_at(w, token)
    told.told, told.turn, told.book, told.bid = ref, 2 * w.next + 1, ref, bid
    active = told.active
    if active == 0:
        return
    for config in range(w.configs):
        if (active >> config) & 1 and ((awake >> config) & 1 or not only_marks(w, config, token, bid, now)):
            see_book(w, config, token, ref, bid, now)


@inner
def is_repeated(w: World, config: int, repeat: int, now: int) -> bool:
    """Whether a fill was seen before, and remember it: two generations, as core/state.py keeps them."""
    account = account_at(w, config)
    known = account.generation
    if now - account.turned_at > _MEMORY:
        account.generation += 1
        account.turned_at = now
    if repeat < 0:
        return False
    last = repeat_at(w, repeat, config).value
    repeat_at(w, repeat, config).value = account.generation
    return last >= 0 and last >= known - 1


@inner
def observe_signal(w: World, number: int, now: int) -> None:
    """A leader's fill, for every configuration that follows its wallet."""
    signal = signal_at(w, number)
    bit = feed_at(w, signal.token).active
    for config in range(w.configs):
        if not signal.is_followed and record_at(w, signal.wallet, config).slots == 0:
            continue
        is_repeat = is_repeated(w, config, signal.repeat, now)
        account = account_at(w, config)
        account.signals += 1
        if signal.book >= 0:
            account.modelled += signal.is_modelled
            account.recorded += 1 - signal.is_modelled
        has_turned = now >= account.midnight and open_periods(w, config, now)
        answer(w, config, number, is_repeat, now)
        if has_turned:
            trip(w, config)
        if (bit >> config) & 1 and signal.book >= 0 and view_at(w, signal.token, config).taken >= 0:
            see(w, config, signal.token, signal.book)
        if now - account.sampled_at >= parameters_at(w, config).sample:
            sample(w, config, now)
    if signal.book >= 0:
        feed_at(w, signal.token).book = signal.book
        feed_at(w, signal.token).bid = signal.best_bid
    if w.has_feed:
        note_fill(w, number)


@inner
def observe(w: World, kind: int, ref: int, now: int) -> None:
    """An observation that is neither a book nor a leader's fill."""
    configs = w.configs
    if kind == _RESOLVED:
        for config in range(configs):
            if placed_at(w, resolution_at(w, ref).condition, config).slot >= 0:
                resolve(w, config, ref, now)
    elif kind == _GATES:
        w.gate = ref
    elif kind == _SWITCH:
        w.kill_switch = ref
        for config in range(configs if ref else 0):
            if open_periods(w, config, now):
                trip(w, config)
            cancel_entries(w, config)
    elif kind == _MARKET:
        refresh_market(w, ref)


@inner
def refresh_market(w: World, market: int) -> None:
    """A market is observed anew: positions in it follow."""
    for config in range(w.configs):
        at = placed_at(w, market_at(w, market).condition, config).slot
        if at >= 0:
            slot_at(w, config, at).market = market
            changed(w, config, at)


@cached
def run_kernel(worlds: World, started_at: int, end: int, until: int) -> None:
    """Pass the only world of an array over observations up to a place, or until it needs more room.

    Then next says where to go on. Begins at started_at where nothing happened yet; once end is the whole tape, does
    what is due before until and closes the curves. The one way in: each of them would compile everything anew.
    """
    w = worlds[0]
    if w.phase == BEFORE:
        start(w, started_at)
        w.phase = UNDER_WAY
    while not w.is_full and not w.trouble:
        pass_quiet(w, end)
        if w.next >= end:
            break
        event = event_at(w, w.next)
        now, kind, awake = event.at, event.what & _KINDS, 0
        if now >= w.wake:
            awake = wake_up(w, now)
            if w.is_full:
                return
        if kind == _BOOK:
            observe_book(w, event.what >> KIND_BITS, event.ref, event.bid, now, awake)
        elif kind == _SIGNAL:
            observe_signal(w, event.ref, now)
        else:
            observe(w, kind, event.ref, now)
        if awake:
            for config in range(w.configs):
                if (awake >> config) & 1:
                    # A fill of somebody whom a configuration does not follow is nothing to it, not even time.
                    if kind != _SIGNAL:
                        pass_by(w, config, now)
                    rest(w, config)
            sleep(w)
        w.next += 1
    if w.next < w.total or w.is_full or w.trouble:
        return
    for config in range(w.configs):
        advance(w, config, until)
    if w.is_full:
        return
    for config in range(w.configs):
        set_point(w, config, until)
        keep_point(w, config)
        for at in range(account_at(w, config).slots):
            slot = slot_at(w, config, at)
            slot.mark = view_at(w, slot.token, config).mark
    w.phase = OVER
