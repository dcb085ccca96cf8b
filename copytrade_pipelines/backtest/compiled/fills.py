"""Fills inside the kernel: booked at once, final or not, and settled or voided later."""

from __future__ import annotations

from copytrade_live.core.pricing import SIZE_STEP
from copytrade_pipelines.backtest.chance import Purpose
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.accounts import log, open_periods, sample
from copytrade_pipelines.backtest.compiled.agenda import HELD, SETTLEMENT, add, tie_of
from copytrade_pipelines.backtest.compiled.depth import take
from copytrade_pipelines.backtest.compiled.layout import NONE, Happened
from copytrade_pipelines.backtest.compiled.orders import draw, free_slot, reserve, stop, trip
from copytrade_pipelines.backtest.compiled.parameters import FREE, MARKET
from copytrade_pipelines.backtest.compiled.positions import buy, close, deliver, drop_if_empty, held, sell
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.watching import changed
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    feed_at,
    log_at,
    parameters_at,
    pending_at,
    scratch_at,
    signal_at,
    slot_at,
    token_at,
)

_FILLED, _CONFIRMED, _VOIDED = int(Happened.FILLED), int(Happened.CONFIRMED), int(Happened.VOIDED)
_SETTLEMENT_DRAW = int(Purpose.SETTLEMENT)


@inner
def book_match(w: World, config: int, at: int, first: int, count: int, serial: int, is_maker: bool, now: int) -> None:
    """Book the fills of one match, which stand in scratch from first on."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    is_final, is_voided, chain = p.settlement == 0, False, NONE
    if not is_final:
        number = slot.numbered + 1
        is_voided = draw(w, config, at, _SETTLEMENT_DRAW + number) < p.failure_rate
        # Rows are chained from the last to the first, so that the first is found first.
        for place in range(count - 1, -1, -1):
            chain = add_pending(w, config, at, number + place, chain, is_voided)
        tie = tie_of(SETTLEMENT, 0 if slot.is_entry else 1, signal_at(w, slot.signal).rank, number)
        add(w, config, now + p.settlement, tie, chain)
    for place in range(count):
        met = scratch_at(w, first + place)
        fill(w, config, at, serial, met.size, met.price, is_maker, chain, now)
        if chain >= 0:
            chain = pending_at(w, config, chain).next


@inner
def add_pending(w: World, config: int, at: int, number: int, following: int, is_voided: bool) -> int:
    """A row for a fill that is not final yet. Returns: its place."""
    account, slot = account_at(w, config), slot_at(w, config, at)
    place = account.free_pending
    if place >= 0:
        account.free_pending = pending_at(w, config, place).next
    else:
        place = account.pending
        account.pending += 1
        if account.pending + 2 * w.scratch_room + 8 >= w.pending_room:
            w.is_full = 1
    row = pending_at(w, config, place)
    row.slot, row.number, row.next, row.is_buy, row.is_voided = at, number, following, slot.is_entry, is_voided
    row.exit, row.attempt = slot.exit, slot.attempt
    slot.unsettled += 1
    return place


@inner
def fill(
    w: World, config: int, at: int, serial: int, size: int, price: float, is_maker: bool, pending: int, now: int
) -> None:
    """One execution of an order, and all that follows from it."""
    slot, account, p = slot_at(w, config, at), account_at(w, config), parameters_at(w, config)
    is_free = p.fees == FREE or (p.fees == MARKET and is_maker)
    rate, exponent = (0.0, 1.0) if is_free else (slot.fee_rate, slot.fee_exponent)
    is_buy, token, fee = slot.is_entry, slot.token, rules.fee_cash(size, price, rate, exponent)
    cash = rules.buy_cash(size, price, rate, exponent) if is_buy else rules.sell_cash(size, price, rate, exponent)
    slot.numbered += 1
    row = log(w, config, _FILLED, now, slot.signal)
    if row >= 0:
        told = log_at(w, row)
        told.exit, told.attempt, told.number, told.is_buy = slot.exit, slot.attempt, slot.numbered, is_buy
        told.size, told.cash, told.fee, told.price, told.reason = size, cash, fee, price, slot.reason
        told.is_final = pending < 0
    account.fills += 1
    is_final = pending < 0
    owed = buy(w, config, at, size, cash, is_final) if is_buy else sell(w, config, at, size, cash, is_final)
    if is_final:
        account.fees += fee
    else:
        kept = pending_at(w, config, pending)
        kept.size, kept.cash, kept.owed_change, kept.fee = size, cash, owed, fee
    if slot.works and slot.serial == serial:
        slot.filled += size
        if max(0, slot.wanted - slot.filled) < SIZE_STEP:
            stop(w, config, at)
        else:
            reserve(w, config, at)
            changed(w, config, at)
    else:
        changed(w, config, at)
    open_periods(w, config, now)
    if not slot.is_held:
        close(w, config, at, now)
    trip(w, config)
    take(w, config, token, is_buy, price, size)
    sample(w, config, now)
    watch(w, config, at, now)
    free_slot(w, config, at)


@inner
def watch(w: World, config: int, at: int, now: int) -> None:
    """The book of a token that is held is looked at from now on."""
    slot, bit = slot_at(w, config, at), 1 << config
    feed = feed_at(w, slot.token)
    if slot.is_held and not feed.watched & bit:
        feed.watched |= bit
        tie = tie_of(HELD, 0, token_at(w, slot.token).rank, 0)
        add(w, config, now + parameters_at(w, config).held_pace, tie, slot.token)


@inner
def settle(w: World, config: int, chain: int, now: int) -> int:
    """Fills of one match become final or are voided. Returns: their token."""
    account, token = account_at(w, config), 0
    place = chain
    while place >= 0:
        row = pending_at(w, config, place)
        at, following = row.slot, row.next
        slot = slot_at(w, config, at)
        token = slot.token
        slot.unsettled -= 1
        happened = slot.size > 0 or slot.realised != 0
        note = log(w, config, _VOIDED if row.is_voided else _CONFIRMED, now, slot.signal)
        if note >= 0:
            told = log_at(w, note)
            told.exit, told.attempt, told.number = row.exit, row.attempt, row.number
        if row.is_buy:
            slot.coming -= row.size
            slot.coming_cost -= row.cash
        else:
            slot.going -= row.size
        if row.is_voided:
            slot.owed = min(held(w, config, at), max(0, slot.owed - row.owed_change))
            drop_if_empty(w, config, at)
        else:
            account.fees += row.fee
            if row.is_buy:
                slot.size += row.size
                slot.cost += row.cash
                account.cash -= row.cash
            else:
                deliver(w, config, at, row.size, row.cash)
        changed(w, config, at)
        open_periods(w, config, now)
        if not slot.is_held and happened:
            close(w, config, at, now)
        trip(w, config)
        sample(w, config, now)
        free_slot(w, config, at)
        row.next = account.free_pending
        account.free_pending = place
        place = following
    return token
