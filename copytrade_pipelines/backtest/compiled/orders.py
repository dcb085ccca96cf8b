"""Orders of a configuration inside the kernel: placed, posted again, cancelled, let go."""

from __future__ import annotations

from copytrade_live.core.pricing import SIZE_STEP
from copytrade_pipelines.backtest.chance import Purpose
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.accounts import log, open_periods, sample, week_is_lost
from copytrade_pipelines.backtest.compiled.agenda import ORDER, add, tie_of
from copytrade_pipelines.backtest.compiled.depth import see
from copytrade_pipelines.backtest.compiled.layout import NONE, Happened
from copytrade_pipelines.backtest.compiled.levels import end_of_levels, first_level
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.watching import changed
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    feed_at,
    gate_at,
    lag_of,
    level_at,
    log_at,
    parameters_at,
    placed_at,
    record_at,
    signal_at,
    slot_at,
    token_at,
    view_at,
)

_REPOSTED = int(Happened.REPOSTED)
_ORDER_DRAW = int(Purpose.ORDER)
# Bits of a slot's number in a ref; the order's serial number stands above them.
KEPT = 16


@inner
def reserve(w: World, config: int, at: int) -> None:
    """Most cash the rest of an order can take."""
    slot = slot_at(w, config, at)
    rest = max(0, slot.wanted - slot.filled)
    slot.reserved = rules.buy_cash(rest, slot.limit, slot.fee_rate, slot.fee_exponent) if slot.is_entry else 0


@inner
def draw(w: World, config: int, at: int, purpose: int) -> float:
    """Chance's number for one purpose of an attempt."""
    slot = slot_at(w, config, at)
    key = signal_at(w, slot.signal).key
    return rules.chance(parameters_at(w, config).seed, key, slot.exit, slot.attempt, purpose)


@inner
def lag_until_book(w: World, config: int, at: int) -> int:
    """From a decision until its order meets the book: a place on the curve of lags."""
    p = parameters_at(w, config)
    if p.last_lag == 0:
        return lag_of(w, p.curve, 0)
    share = draw(w, config, at, _ORDER_DRAW)
    place_ = int(share * p.last_lag)
    if place_ >= p.last_lag:
        return lag_of(w, p.curve, p.last_lag)
    low, high = lag_of(w, p.curve, place_), lag_of(w, p.curve, place_ + 1)
    return rules.between(low, high, share * p.last_lag - place_)


@inner
def place(w: World, config: int, at: int, now: int) -> None:
    """An order of a slot begins to work; it meets a book once it arrived."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    w.serial += 1
    slot.serial = w.serial
    slot.works, slot.filled, slot.numbered, slot.is_accepted, slot.rests, slot.held_until = 1, 0, 0, 0, 0, 0
    slot.expires = now + p.ttl
    reserve(w, config, at)
    changed(w, config, at)
    add_order(w, config, at, min(now + lag_until_book(w, config, at), slot.expires))


@inner
def add_order(w: World, config: int, at: int, when: int) -> None:
    """Look at an order at a time."""
    slot = slot_at(w, config, at)
    tie = tie_of(ORDER, 0 if slot.is_entry else 1, signal_at(w, slot.signal).rank, 0)
    add(w, config, when, tie, (slot.serial << KEPT) | at)


@inner
def stop(w: World, config: int, at: int) -> None:
    """An order works no more; its slot stays until it is freed."""
    slot = slot_at(w, config, at)
    if slot.works and slot.is_entry:
        account_at(w, config).entries -= 1
    slot.works = 0
    changed(w, config, at)


@inner
def let_go(w: World, config: int, at: int) -> None:
    """An order works no more, and a slot that is empty without it is free."""
    stop(w, config, at)
    free_slot(w, config, at)


@inner
def free_slot(w: World, config: int, at: int) -> None:
    """A slot in which nothing is held and nothing works is free again."""
    slot = slot_at(w, config, at)
    if slot.is_held or slot.works or not slot.is_used:
        return
    slot.is_used = 0
    slot.next_free = account_at(w, config).free_slot
    account_at(w, config).free_slot = at
    placed_at(w, slot.condition, config).slot = NONE
    record_at(w, slot.wallet, config).slots -= 1
    if view_at(w, slot.token, config).taken < 0:
        feed_at(w, slot.token).active &= ~(1 << config)


@inner
def forget(w: World, config: int, token: int) -> None:
    """The last book of a token that is neither held nor worked is let go."""
    at = placed_at(w, token_at(w, token).condition, config).slot
    if at < 0 or slot_at(w, config, at).token != token:
        view = view_at(w, token, config)
        view.book, view.turn = NONE, 2 * w.next


@inner
def cancel_entries(w: World, config: int) -> None:
    """Somebody stopped entries: those that work are cancelled."""
    for at in range(account_at(w, config).slots):
        slot = slot_at(w, config, at)
        if slot.works and slot.is_entry:
            let_go(w, config, at)


@inner
def trip(w: World, config: int) -> None:
    """Halt entries once the week lost too much."""
    if week_is_lost(w, config):
        account_at(w, config).is_halted = 1
        cancel_entries(w, config)


@inner
def pass_by(w: World, config: int, now: int) -> None:
    """An observation that means nothing to a configuration but that time passed."""
    if open_periods(w, config, now):
        trip(w, config)
    sample(w, config, now)


@inner
def is_barred(w: World, config: int, now: int) -> bool:
    """Whether nothing may be bought at all."""
    return (
        w.kill_switch != 0
        or account_at(w, config).is_halted != 0
        or w.gate < 0
        or gate_at(w, w.gate).is_open == 0
        or now > gate_at(w, w.gate).until
    )


@inner
def expire(w: World, config: int, at: int, book: int, now: int) -> None:
    """An attempt is over: post the next one, or give the rest up."""
    has_turned = open_periods(w, config, now)
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    token = slot.token
    if may_repost(w, config, at, book, now):
        is_buy, best = slot.is_entry == 1, level_at(w, first_level(w, book, slot.is_entry)).price
        slot.wanted = max(0, slot.wanted - slot.filled)
        slot.attempt += 1
        furthest = rules.furthest_price(is_buy, slot.anchor, p.max_slippage, slot.tick)
        wanted = rules.patient_limit(is_buy, slot.anchor, best, slot.attempt, slot.tick, p.repost_step)
        slot.limit = rules.bounded_limit(is_buy, wanted, slot.tick, furthest)
        row = log(w, config, _REPOSTED, now, slot.signal)
        if row >= 0:
            log_at(w, row).exit, log_at(w, row).attempt = slot.exit, slot.attempt
        place(w, config, at, now)
    else:
        let_go(w, config, at)
    if has_turned:
        trip(w, config)
    if book >= 0 and view_at(w, token, config).taken >= 0:
        see(w, config, token, book)
    sample(w, config, now)


@inner
def may_repost(w: World, config: int, at: int, book: int, now: int) -> bool:
    """Whether the schedule, the book and whoever may stop entries leave another attempt."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    if slot.attempt > p.repost_count or max(0, slot.wanted - slot.filled) < SIZE_STEP or book < 0:
        return False
    first = first_level(w, book, slot.is_entry)
    if first >= end_of_levels(w, book, slot.is_entry):
        return False
    furthest = rules.furthest_price(slot.is_entry == 1, slot.anchor, p.max_slippage, slot.tick)
    if not rules.is_within(slot.is_entry == 1, level_at(w, first).price, furthest):
        return False
    if not slot.is_entry:
        return True
    is_over = rules.has_run_out(now - slot.began, p.repost_count, p.ttl_seconds)
    return not is_over and not is_barred(w, config, now)
