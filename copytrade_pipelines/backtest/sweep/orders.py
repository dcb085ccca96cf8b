"""Orders of a configuration inside the kernel: placed, worked, filled, posted again, let go."""

from __future__ import annotations

import numpy as np
from numba import njit

from copytrade_live.core.pricing import SIZE_STEP
from copytrade_pipelines.backtest.sweep import rules
from copytrade_pipelines.backtest.sweep.accounts import log, open_periods, sample, week_is_lost
from copytrade_pipelines.backtest.sweep.agenda import HELD, ORDER, add, tie_of
from copytrade_pipelines.backtest.sweep.depth import left_at, see, take
from copytrade_pipelines.backtest.sweep.layout import Happened
from copytrade_pipelines.backtest.sweep.levels import end_of_levels, first_level
from copytrade_pipelines.backtest.sweep.rules import OPTIONS
from copytrade_pipelines.backtest.sweep.world import (
    World,
    account_at,
    feed_at,
    gate_at,
    held_at,
    level_at,
    log_at,
    parameters_at,
    placed_at,
    record_at,
    scratch_at,
    signal_at,
    slot_at,
    token_at,
    view_at,
)

_FILLED, _CLOSED = int(Happened.FILLED), int(Happened.CLOSED)
_KEPT = 16


@njit(**OPTIONS)
def share_of(whole: int, part: int, total: int) -> int:
    """whole * part // total of numbers that are not negative, whose product may not fit into 64 bits."""
    if part == 0 or whole <= np.iinfo(np.int64).max // part:
        return whole * part // total
    # part <= total: take part out of each whole unit bit by bit, as one divides on paper.
    high, low = (whole // total) * part, whole % total
    found, rest = 0, 0
    for place in range(62, -1, -1):
        found, rest = found * 2, rest * 2
        if rest >= total:
            found, rest = found + 1, rest - total
        if (part >> place) & 1:
            rest += low
            if rest >= total:
                found, rest = found + 1, rest - total
    return high + found


@njit(**OPTIONS)
def reserve(slot: np.void) -> None:
    """Most cash the rest of an order can take."""
    rest = max(0, slot.wanted - slot.filled)
    slot.reserved = rules.buy_cash(rest, slot.limit, slot.fee_rate, slot.fee_exponent) if slot.is_entry else 0


@njit(**OPTIONS)
def place(w: World, config: int, at: int, now: int) -> None:
    """An order of a slot begins to work; it meets a book once it arrived."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    w.serial += 1
    slot.serial = w.serial
    slot.works, slot.filled, slot.numbered, slot.is_accepted = 1, 0, 0, 0
    slot.expires = now + p.ttl
    reserve(slot)
    arrives = min(now + p.latency, slot.expires)
    add_order(w, config, at, arrives)


@njit(**OPTIONS)
def add_order(w: World, config: int, at: int, when: int) -> None:
    """Look at an order at a time."""
    slot = slot_at(w, config, at)
    tie = tie_of(ORDER, 0 if slot.is_entry else 1, signal_at(w, slot.signal).rank)
    add(w, config, when, tie, (slot.serial << _KEPT) | at)


@njit(**OPTIONS)
def let_go(w: World, config: int, at: int) -> None:
    """An order works no more."""
    slot = slot_at(w, config, at)
    if slot.works and slot.is_entry:
        account_at(w, config).entries -= 1
    slot.works = 0
    free_slot(w, config, at)


@njit(**OPTIONS)
def free_slot(w: World, config: int, at: int) -> None:
    """A slot in which nothing is held and nothing works is free again."""
    slot = slot_at(w, config, at)
    if slot.is_held or slot.works or not slot.is_used:
        return
    slot.is_used = 0
    placed_at(w, slot.condition, config).value = -1
    record_at(w, slot.wallet, config).slots -= 1
    if view_at(w, slot.token, config).taken < 0:
        feed_at(w, slot.token).active &= ~(1 << config)


@njit(**OPTIONS)
def cancel_entries(w: World, config: int) -> None:
    """Somebody stopped entries: those that work are cancelled."""
    for at in range(account_at(w, config).slots):
        slot = slot_at(w, config, at)
        if slot.works and slot.is_entry:
            let_go(w, config, at)


@njit(**OPTIONS)
def trip(w: World, config: int) -> None:
    """Halt entries once the week lost too much."""
    if week_is_lost(w, config):
        account_at(w, config).is_halted = 1
        cancel_entries(w, config)


@njit(**OPTIONS)
def pass_by(w: World, config: int, now: int) -> None:
    """An observation that means nothing to a configuration but that time passed."""
    if open_periods(w, config, now):
        trip(w, config)
    sample(w, config, now)


@njit(**OPTIONS)
def is_barred(w: World, config: int, now: int) -> bool:
    """Whether nothing may be bought at all."""
    gate = w.gate
    return (
        w.kill_switch != 0
        or account_at(w, config).is_halted != 0
        or gate < 0
        or not gate_at(w, gate).is_open
        or now > gate_at(w, gate).until
    )


@njit(**OPTIONS)
def expire(w: World, config: int, at: int, book: int, now: int) -> None:
    """An attempt is over: post the next one, or give the rest up."""
    has_turned = open_periods(w, config, now)
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    token = slot.token
    if may_repost(w, config, at, book, now):
        best = level_at(w, first_level(w, book, slot.is_entry)).price
        rest = max(0, slot.wanted - slot.filled)
        slot.attempt += 1
        wanted = rules.patient_limit(
            slot.is_entry == 1, slot.anchor, best, slot.attempt, slot.tick, p.repost_step, p.max_slippage
        )
        slot.limit = rules.bounded_limit(slot.is_entry == 1, wanted, slot.anchor, p.max_slippage, slot.tick)
        slot.wanted = rest
        place(w, config, at, now)
    else:
        let_go(w, config, at)
    if has_turned:
        trip(w, config)
    if book >= 0 and view_at(w, token, config).taken >= 0:
        see(w, config, token, book)
    sample(w, config, now)


@njit(**OPTIONS)
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


@njit(**OPTIONS)
def match(w: World, config: int, at: int, book: int, now: int) -> None:
    """Trade an order against what is left of a book; one that rested meets others at its own price."""
    slot = slot_at(w, config, at)
    rests = slot.is_accepted == 1
    slot.is_accepted = 1
    is_buy, limit, rest, count = slot.is_entry, slot.limit, max(0, slot.wanted - slot.filled), 0
    for level in range(first_level(w, book, is_buy), end_of_levels(w, book, is_buy)):
        left = left_at(w, config, slot.token, is_buy, level)
        if not left > 0.0:
            continue
        price = level_at(w, level).price
        if rest <= 0 or not rules.is_within(is_buy == 1, price, limit):
            break
        size = min(rest, rules.floor_size(left))
        if size > 0:
            scratch_at(w, count).size, scratch_at(w, count).price = size, limit if rests else price
            count += 1
            rest -= size
    serial = slot.serial
    for number in range(count):
        fill(w, config, at, serial, scratch_at(w, number).size, scratch_at(w, number).price, now)


@njit(**OPTIONS)
def fill(w: World, config: int, at: int, serial: int, size: int, price: float, now: int) -> None:
    """One execution of an order, and all that follows from it."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    fee = rules.fee_cash(size, price, slot.fee_rate, slot.fee_exponent)
    is_buy = slot.is_entry
    if is_buy:
        cash = rules.buy_cash(size, price, slot.fee_rate, slot.fee_exponent)
    else:
        cash = rules.sell_cash(size, price, slot.fee_rate, slot.fee_exponent)
    slot.numbered += 1
    row = log(w, config, _FILLED, now, slot.signal)
    if row >= 0:
        told = log_at(w, row)
        told.exit, told.attempt, told.number, told.is_buy = slot.exit, slot.attempt, slot.numbered, is_buy
        told.size, told.cash, told.fee, told.price = size, cash, fee, price
        told.reason = slot.reason
    account.fees += fee
    account.fills += 1
    token = slot.token
    if is_buy:
        buy(w, config, at, size, cash)
    else:
        sell(w, config, at, size, cash)
    is_full = False
    if slot.works and slot.serial == serial:
        slot.filled += size
        is_full = max(0, slot.wanted - slot.filled) < SIZE_STEP
        if is_full:
            slot.works = 0
            if is_buy:
                account.entries -= 1
        else:
            reserve(slot)
    open_periods(w, config, now)
    if not is_buy and not slot.is_held:
        close(w, config, at, now)
    trip(w, config)
    take(w, config, token, is_buy, price, size)
    sample(w, config, now)
    bit = 1 << config
    if slot.is_held and not feed_at(w, token).watched & bit:
        feed_at(w, token).watched |= bit
        add(w, config, now + parameters_at(w, config).held_pace, tie_of(HELD, 0, token_at(w, token).rank), token)
    free_slot(w, config, at)


@njit(**OPTIONS)
def buy(w: World, config: int, at: int, size: int, cash: int) -> None:
    """Shares come in; the first of them open a position."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    if not slot.is_held:
        slot.is_held, slot.size, slot.cost, slot.realised, slot.owed, slot.exits = 1, 0, 0, 0, 0, 0
        slot.mark, slot.market = np.nan, slot.entry_market
        held_at(w, config, account.positions).value = at
        account.positions += 1
    slot.owed += round(size * slot.owed_share)
    slot.size += size
    slot.cost += cash
    account.cash -= cash


@njit(**OPTIONS)
def sell(w: World, config: int, at: int, size: int, cash: int) -> None:
    """Shares go out; with the last of them the position."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    if not slot.is_held:
        account.cash += cash
        return
    slot.owed = max(0, slot.owed - size)
    remove(w, config, at, min(size, slot.size), cash)
    account.cash += cash


@njit(**OPTIONS)
def remove(w: World, config: int, at: int, size: int, cash: int) -> None:
    """Shares leave a position for cash, at their part of its cost."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    cost = share_of(slot.cost, size, max(1, slot.size))
    slot.size -= size
    slot.cost -= cost
    slot.realised += cash - cost
    if slot.size > 0:
        return
    slot.is_held = 0
    account.positions -= 1
    found = False
    for position in range(account.positions):
        found = found or held_at(w, config, position).value == at
        if found:
            held_at(w, config, position).value = held_at(w, config, position + 1).value


@njit(**OPTIONS)
def close(w: World, config: int, at: int, now: int) -> None:
    """A copy ended: what that says of its leader."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    record = record_at(w, slot.wallet, config)
    before = rules.faded(record.shortfall, now - record.measured_at, p.half_life, p.half)
    record.shortfall = rules.shortfall_after(before, rules.from_micro(slot.realised))
    record.streak = record.streak + 1 if slot.realised < 0 else 0
    record.measured_at = now
    row = log(w, config, _CLOSED, now, slot.signal)
    if row >= 0:
        log_at(w, row).cash = slot.realised
