"""Exits of a configuration inside the kernel: the rules of core/exits.py on a slot."""

from __future__ import annotations

from copytrade_live.core.market import HOUR
from copytrade_live.core.reasons import ExitReason
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.accounts import log, open_periods, sample
from copytrade_pipelines.backtest.compiled.agenda import PAYOUT, add, tie_of
from copytrade_pipelines.backtest.compiled.depth import see
from copytrade_pipelines.backtest.compiled.layout import EXITS, NEVER, Happened
from copytrade_pipelines.backtest.compiled.orders import free_slot, let_go, place, trip
from copytrade_pipelines.backtest.compiled.parameters import LOSS, PROFIT, TIME
from copytrade_pipelines.backtest.compiled.positions import close, held, remove
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.watching import changed, mark, policy_of, stand_by
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    left_at,
    log_at,
    market_at,
    near_at,
    parameters_at,
    payout_at,
    placed_at,
    rank_of_condition,
    resolution_at,
    slot_at,
    token_at,
    view_at,
)

_LEFT, _SETTLED = int(Happened.LEFT), int(Happened.SETTLED)
_MIRROR, _TAKE_PROFIT = EXITS[ExitReason.MIRROR], EXITS[ExitReason.TAKE_PROFIT]
_STOP_LOSS, _TIME_EXIT = EXITS[ExitReason.STOP_LOSS], EXITS[ExitReason.TIME_EXIT]
_RESOLUTION = EXITS[ExitReason.RESOLUTION]
# Of control's trouble.
NO_PAYOUT = 1


@inner
def trigger(w: World, config: int, at: int, bid: float, now: int) -> int:
    """Which rule calls for an exit, -1 for none."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    if slot.owed > 0:
        return _MIRROR
    policy = policy_of(w, config, slot.wallet)
    gain = rules.gain_on_cost(bid, (slot.cost + slot.coming_cost) / (slot.size + slot.coming))
    if policy & PROFIT and gain >= p.take_profit:
        return _TAKE_PROFIT
    if policy & LOSS and gain <= -p.stop_loss:
        return _STOP_LOSS
    end_at = market_at(w, slot.market).end_at
    if policy & TIME and end_at != NEVER and (end_at - now) / HOUR <= p.time_exit_hours:
        return _TIME_EXIT
    return -1


@inner
def try_exit(w: World, config: int, at: int, bid: float, now: int) -> None:
    """Leave a position whose best bid calls for it; NaN is none."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    if not slot.is_held or slot.works or bid != bid:
        return
    reason = trigger(w, config, at, bid, now)
    if reason < 0:
        return
    market = market_at(w, slot.market)
    wanted, sellable = slot.owed if reason == _MIRROR else held(w, config, at), max(0, slot.size - slot.going)
    size = rules.size_to_sell(wanted, sellable, market.least) if sellable else 0
    if size == 0:
        return
    slot.exits += 1
    slot.exit, slot.attempt, slot.is_entry, slot.reason = slot.exits, 1, 0, reason
    slot.anchor, slot.wanted, slot.began, slot.owed_share = bid, size, now, 0.0
    slot.tick, slot.fee_rate, slot.fee_exponent = market.tick, market.fee_rate, market.fee_exponent
    furthest = rules.furthest_price(False, bid, p.max_slippage, market.tick)
    limit = rules.patient_limit(False, bid, bid, 1, market.tick, p.repost_step)
    slot.limit = rules.bounded_limit(False, limit, market.tick, furthest)
    left_at(w, config, reason).value += 1
    row = log(w, config, _LEFT, now, slot.signal)
    if row >= 0:
        log_at(w, row).reason, log_at(w, row).exit = reason, slot.exit
    place(w, config, at, now)


@inner
def see_book(w: World, config: int, token: int, book: int, bid: float, now: int) -> None:
    """A book is observed: a held position is marked, and left when it calls for it."""
    at = placed_at(w, token_at(w, token).condition, config).slot
    is_marked = False
    if at >= 0 and slot_at(w, config, at).token == token and slot_at(w, config, at).is_held:
        if bid == bid:
            mark(w, config, token, bid)
            is_marked = True
        has_turned = open_periods(w, config, now)
        try_exit(w, config, at, bid, now)
    else:
        has_turned = open_periods(w, config, now)
    near = near_at(w, config)
    if has_turned or (is_marked and not near.equity > near.floor):
        trip(w, config)
    if view_at(w, token, config).taken >= 0:
        see(w, config, token, book)
    sample(w, config, now)
    if is_marked:
        stand_by(w, config, at)


@inner
def resolve(w: World, config: int, resolution: int, now: int) -> None:
    """A market paid out: what works is given up, what is held for good earns its payout."""
    has_turned = open_periods(w, config, now)
    condition = resolution_at(w, resolution).condition
    at = placed_at(w, condition, config).slot
    slot, cash = slot_at(w, config, at), 0
    if slot.works:
        let_go(w, config, at)
    is_settled = slot.is_used and slot.is_held and slot.size > slot.going
    if is_settled:
        cash = earn(w, config, at, resolution, now)
    if is_settled or has_turned:
        trip(w, config)
    sample(w, config, now)
    if slot.is_used and slot.unsettled > 0:
        for place_ in range(resolution_at(w, resolution).first, resolution_at(w, resolution).end):
            view_at(w, payout_at(w, place_).token, config).resolution = resolution
    redemption = parameters_at(w, config).redemption
    if cash > 0 and redemption > 0:
        add(w, config, now + redemption, tie_of(PAYOUT, 0, rank_of_condition(w, condition), 0), condition)
    elif cash > 0:
        pay(w, config, condition, now)


@inner
def earn(w: World, config: int, at: int, resolution: int, now: int) -> int:
    """Settle what is held for good at its payout. Returns: the cash it is worth."""
    slot, payout = slot_at(w, config, at), -1.0
    for place_ in range(resolution_at(w, resolution).first, resolution_at(w, resolution).end):
        if payout_at(w, place_).token == slot.token:
            payout = payout_at(w, place_).payout
    if payout < 0.0:
        w.trouble, w.trouble_at = NO_PAYOUT, slot.token
        return 0
    size = slot.size - slot.going
    cash = rules.settle_cash(size, payout)
    remove(w, config, at, size, cash)
    slot.owed = 0
    changed(w, config, at)
    account_at(w, config).receivable += cash
    placed_at(w, slot.condition, config).receivable += cash
    left_at(w, config, _RESOLUTION).value += 1
    row = log(w, config, _SETTLED, now, slot.signal)
    if row >= 0:
        log_at(w, row).size, log_at(w, row).cash, log_at(w, row).price = size, cash, payout
    if not slot.is_held:
        close(w, config, at, now)
    free_slot(w, config, at)
    return cash


@inner
def pay(w: World, config: int, condition: int, now: int) -> None:
    """What a market owes becomes cash."""
    owing, account = placed_at(w, condition, config), account_at(w, config)
    if owing.receivable == 0:
        return
    account.cash += owing.receivable
    account.receivable -= owing.receivable
    owing.receivable = 0
    if open_periods(w, config, now):
        trip(w, config)
    sample(w, config, now)
