"""What follows a leader's fill inside the kernel: a copy sized under every cap, a mirrored sale, or a refusal."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.reasons import RejectReason
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.accounts import equity_of, log
from copytrade_pipelines.backtest.compiled.gates import PASSED, is_on_probation, refused_by_filters, refused_by_limits
from copytrade_pipelines.backtest.compiled.layout import NONE, REJECTIONS, Happened
from copytrade_pipelines.backtest.compiled.leaving import try_exit
from copytrade_pipelines.backtest.compiled.orders import let_go, place
from copytrade_pipelines.backtest.compiled.parameters import MIRRORS
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.watching import changed, policy_of
from copytrade_pipelines.backtest.compiled.world import (
    Row,
    World,
    account_at,
    copied_at,
    exception_at,
    feed_at,
    held_at,
    log_at,
    market_at,
    parameters_at,
    placed_at,
    record_at,
    rejected_at,
    score_at,
    signal_at,
    slot_at,
    stake_at,
    token_at,
    view_at,
)

_COPIED = int(Happened.COPIED)
_DUPLICATE = REJECTIONS[RejectReason.DUPLICATE_SIGNAL]
_NOTHING_TO_SELL = REJECTIONS[RejectReason.NOTHING_TO_SELL]
_MIRROR_OFF = REJECTIONS[RejectReason.MIRROR_OFF]
_NO_EDGE, _BELOW_MINIMUM = REJECTIONS[RejectReason.NO_EDGE], REJECTIONS[RejectReason.BELOW_MINIMUM]
_MARKET_EXPOSURE = REJECTIONS[RejectReason.MARKET_EXPOSURE]
_LEADER_EXPOSURE = REJECTIONS[RejectReason.LEADER_EXPOSURE]
_EVENT_EXPOSURE = REJECTIONS[RejectReason.EVENT_EXPOSURE]
_GROSS_EXPOSURE = REJECTIONS[RejectReason.GROSS_EXPOSURE]
_NO_CASH = REJECTIONS[RejectReason.NO_CASH]


@inner
def answer(w: World, config: int, number: int, is_repeat: bool, now: int) -> None:
    """Copy, mirror or refuse a leader's fill."""
    if signal_at(w, number).is_buy:
        code = answer_buy(w, config, number, is_repeat, now)
    else:
        code = answer_sell(w, config, number, is_repeat, now)
    if code != PASSED:
        rejected_at(w, config, code).value += 1


@inner
def answer_buy(w: World, config: int, number: int, is_repeat: bool, now: int) -> int:
    """Copy a buy, or say which gate refuses."""
    code = refused_by_filters(w, config, number, is_repeat, now)
    if code != PASSED:
        return code
    equity = equity_of(w, config)
    signal, p = signal_at(w, number), parameters_at(w, config)
    market, score = market_at(w, signal.market), score_at(w, signal.score)
    cost = rules.cost_per_share(signal.best_ask, market.fee_rate, market.fee_exponent)
    edge = rules.expected_edge(score.edge_mean, cost, signal.price + score.copy_cost_mean)
    kelly_full = rules.kelly_fraction(cost + edge, cost)
    sure = rules.certainty(score.edge_mean, score.edge_sd)
    decay = rules.time_decay(signal.hours, p.decay_hours)
    stake = rules.applied_fraction(p.kelly_multiplier, kelly_full, sure, decay) * equity
    on_probation = is_on_probation(w, config, number)
    if stake <= 0.0 and not on_probation:
        return _NO_EDGE
    furthest = rules.furthest_price(True, signal.price, p.max_slippage, market.tick)
    code, size = size_copy(w, config, number, p.probation_notional if on_probation else stake, equity, furthest)
    if code != PASSED:
        return code
    code = refused_by_limits(w, config, number, equity, furthest)
    if code == PASSED:
        begin(w, config, number, size, cost + edge, edge, furthest, on_probation, now)
    return code


@inner
def size_copy(w: World, config: int, number: int, wanted: float, equity: float, furthest: float) -> tuple[int, int]:
    """How many micro-shares fit under every cap, or the code of what leaves nothing worth buying."""
    signal, p = signal_at(w, number), parameters_at(w, config)
    market, own = market_at(w, signal.market), exception_at(w, config, signal.wallet)
    notional = min(wanted, min(own.max_per_trade, p.max_per_trade) * equity)
    of_market, of_leader, of_event, of_all, free = exposures(w, config, number)
    left = (
        rules.room_left(p.max_per_market * equity, of_market),
        rules.room_left(min(own.max_exposure, p.max_per_leader) * equity, of_leader),
        rules.room_left(p.max_per_event * equity, of_event),
        rules.room_left(p.max_gross * equity, of_all),
        rules.room_left(free, p.reserve * equity),
    )
    for room in left:
        notional = min(notional, room)
    worst = rules.cost_per_share(furthest, market.fee_rate, market.fee_exponent)
    least = rules.least_notional(p.min_notional, market.least, worst)
    if left[0] < least:
        return _MARKET_EXPOSURE, 0
    if left[1] < least:
        return _LEADER_EXPOSURE, 0
    if left[2] < least:
        return _EVENT_EXPOSURE, 0
    if left[3] < least:
        return _GROSS_EXPOSURE, 0
    if left[4] < least:
        return _NO_CASH, 0
    size = rules.floor_size(notional / worst)
    if notional < p.min_notional or rules.from_micro(size) < market.least:
        return _BELOW_MINIMUM, 0
    return PASSED, size


@inner
def exposures(w: World, config: int, number: int) -> tuple[float, float, float, float, float]:
    """What the copy's market, leader and event and everything can lose by now, and the cash that is free."""
    signal, account = signal_at(w, number), account_at(w, config)
    market, at = market_at(w, signal.market), placed_at(w, signal.condition, config).slot
    # There is never more than one slot in a market.
    of_market = slot_at(w, config, at).holding + slot_at(w, config, at).waiting if at >= 0 else 0
    of_leader = record_at(w, signal.wallet, config).at_risk
    of_event = rules.from_micro(stake_at(w, market.event, config).value)
    sure = sure_payout(w, config, market.event) if market.may_hedge else 0.0
    loss = max(0.0, of_event - sure)
    free = rules.from_micro(account.cash - account.reserved - account.coming_cost)
    return rules.from_micro(of_market), rules.from_micro(of_leader), loss, rules.from_micro(account.at_risk), free


@inner
def sure_payout(w: World, config: int, event: int) -> float:
    """What the positions of a neg-risk event pay whichever of its markets wins."""
    nobody, count = 0.0, 0
    for position in range(account_at(w, config).positions):
        slot = slot_of(w, config, held_at(w, config, position).value)
        market = market_at(w, slot.market)
        if market.event == event and market.neg_risk:
            count += 1
            if token_at(w, slot.token).is_second:
                nobody += rules.from_micro(max(0, slot.size - slot.going))
    least = nobody
    for position in range(account_at(w, config).positions if count else 0):
        slot = slot_of(w, config, held_at(w, config, position).value)
        market = market_at(w, slot.market)
        if market.event == event and market.neg_risk:
            size = rules.from_micro(max(0, slot.size - slot.going))
            is_second = token_at(w, slot.token).is_second
            least = min(least, rules.payout_if(nobody, size if is_second else 0.0, 0.0 if is_second else size))
    return least


@inner
def slot_of(w: World, config: int, token: int) -> Row:
    """The slot in which a token is held."""
    return slot_at(w, config, placed_at(w, token_at(w, token).condition, config).slot)


@inner
def begin(
    w: World,
    config: int,
    number: int,
    size: int,
    belief: float,
    edge: float,
    furthest: float,
    on_probation: bool,
    now: int,
) -> None:
    """A copy begins: its entry works, and counts for the pace."""
    signal, account, p = signal_at(w, number), account_at(w, config), parameters_at(w, config)
    market = market_at(w, signal.market)
    at = account.free_slot
    if at >= 0:
        account.free_slot = slot_at(w, config, at).next_free
    else:
        at = account.slots
        account.slots += 1
    slot = slot_at(w, config, at)
    slot.is_used, slot.is_held, slot.is_entry, slot.reason = 1, 0, 1, 255
    slot.size, slot.cost, slot.owed, slot.realised, slot.owed_share = 0, 0, 0, 0, 0.0
    slot.coming, slot.coming_cost, slot.going, slot.unsettled = 0, 0, 0, 0
    slot.token, slot.condition, slot.wallet, slot.event = signal.token, signal.condition, signal.wallet, market.event
    slot.held_event, slot.holding, slot.waiting, slot.arriving = market.event, 0, 0, 0
    view_at(w, signal.token, config).mark = np.nan
    slot.signal, slot.entry_market, slot.market = number, signal.market, signal.market
    slot.exits, slot.exit, slot.attempt, slot.began = 0, 0, 1, now
    slot.anchor, slot.wanted, slot.tick = signal.price, size, market.tick
    slot.fee_rate, slot.fee_exponent = market.fee_rate, market.fee_exponent
    limit = rules.patient_limit(True, signal.price, signal.best_ask, 1, market.tick, p.repost_step)
    slot.limit = rules.bounded_limit(True, limit, market.tick, furthest)
    placed_at(w, signal.condition, config).slot = at
    record_at(w, signal.wallet, config).slots += 1
    feed_at(w, signal.token).active |= 1 << config
    account.entries += 1
    account.copies += 1
    copied = copied_at(w, config, account.pace)
    copied.at, copied.wallet = now, signal.wallet
    account.pace += 1
    row = log(w, config, _COPIED, now, number)
    if row >= 0:
        log_at(w, row).edge, log_at(w, row).belief, log_at(w, row).is_probation = edge, belief, on_probation
        log_at(w, row).size = size
    place(w, config, at, now)


@inner
def answer_sell(w: World, config: int, number: int, is_repeat: bool, now: int) -> int:
    """Owe the same share of what we hold of it, and leave at once where the book allows."""
    signal, p = signal_at(w, number), parameters_at(w, config)
    at = placed_at(w, signal.condition, config).slot
    is_ours = False
    if at >= 0:
        slot = slot_at(w, config, at)
        is_ours = slot.token == signal.token and slot.wallet == signal.wallet
        is_ours = is_ours and (slot.is_held == 1 or (slot.works == 1 and slot.is_entry == 1))
    if is_repeat:
        return _DUPLICATE
    if not is_ours:
        return _NOTHING_TO_SELL
    if not p.mirrors or not policy_of(w, config, signal.wallet) & MIRRORS:
        return _MIRROR_OFF
    slot = slot_at(w, config, at)
    is_entering = slot.works == 1 and slot.is_entry == 1
    if is_entering:
        slot.owed_share = rules.still_owed(slot.owed_share, signal.share_sold)
    if slot.is_held:
        held = max(0, slot.size + slot.coming - slot.going)
        owed = round((held - slot.owed) * signal.share_sold)
        slot.owed = min(held, slot.owed + owed)
        changed(w, config, at)
    if is_entering:
        let_go(w, config, at)
    else:
        try_exit(w, config, at, signal.best_bid, now)
    return NONE
