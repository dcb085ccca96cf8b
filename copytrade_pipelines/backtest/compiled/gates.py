"""The gates an entry must pass, inside the kernel, in the order of core/filters.py and core/limits.py."""

from __future__ import annotations

from copytrade_live.core.market import MINUTE
from copytrade_live.core.reasons import RejectReason
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.layout import CLOSED, DISPUTED, NO_MARKET, NONE, REJECTIONS
from copytrade_pipelines.backtest.compiled.levels import end_of_levels, first_level
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    copied_at,
    gate_at,
    is_allowed,
    level_at,
    parameters_at,
    placed_at,
    record_at,
    score_at,
    signal_at,
    slot_at,
)

PASSED = NONE
_KILL_SWITCH_FILE = REJECTIONS[RejectReason.KILL_SWITCH_FILE]
_HALTED = REJECTIONS[RejectReason.HALTED]
_GATE_CLOSED = REJECTIONS[RejectReason.GATE_CLOSED]
_DUPLICATE = REJECTIONS[RejectReason.DUPLICATE_SIGNAL]
_STALE_SIGNAL = REJECTIONS[RejectReason.STALE_SIGNAL]
_FEED_LAG = REJECTIONS[RejectReason.FEED_LAG]
_WALLET_MUTED = REJECTIONS[RejectReason.WALLET_MUTED]
_RATE_CAPPED = REJECTIONS[RejectReason.RATE_CAPPED]
_MARKET_DENIED = REJECTIONS[RejectReason.MARKET_DENIED]
_DUST = REJECTIONS[RejectReason.DUST]
_NO_MARKET = REJECTIONS[RejectReason.NO_MARKET]
_MARKET_CLOSED = REJECTIONS[RejectReason.MARKET_CLOSED]
_MARKET_DISPUTED = REJECTIONS[RejectReason.MARKET_DISPUTED]
_NEAR_RESOLUTION = REJECTIONS[RejectReason.NEAR_RESOLUTION]
_OUT_OF_BAND = REJECTIONS[RejectReason.PRICE_OUT_OF_BAND]
_NO_SCORE = REJECTIONS[RejectReason.NO_SCORE]
_STALE_SCORE = REJECTIONS[RejectReason.STALE_SCORE]
_LOW_COVERAGE = REJECTIONS[RejectReason.LOW_COVERAGE]
_MAKER_LEADER = REJECTIONS[RejectReason.MAKER_LEADER]
_FLAGGED = REJECTIONS[RejectReason.FLAGGED_LEADER]
_LOW_P_POS = REJECTIONS[RejectReason.LOW_P_POS]
_LOW_SCORE = REJECTIONS[RejectReason.LOW_SCORE]
_MAYBE_LUCK = REJECTIONS[RejectReason.MAYBE_LUCK]
_NO_BOOK = REJECTIONS[RejectReason.NO_BOOK]
_STALE_BOOK = REJECTIONS[RejectReason.STALE_BOOK]
_WIDE_SPREAD = REJECTIONS[RejectReason.WIDE_SPREAD]
_PRICE_MOVED = REJECTIONS[RejectReason.PRICE_MOVED]
_THIN = REJECTIONS[RejectReason.THIN_LIQUIDITY]
_OWN_POSITION = REJECTIONS[RejectReason.OWN_POSITION]
_OPPOSING = REJECTIONS[RejectReason.OPPOSING_POSITION]
_IN_FLIGHT = REJECTIONS[RejectReason.ORDER_IN_FLIGHT]
_DAILY_STOP = REJECTIONS[RejectReason.DAILY_SOFT_STOP]
_MAX_POSITIONS = REJECTIONS[RejectReason.MAX_POSITIONS]
_SLIPPAGE = REJECTIONS[RejectReason.SLIPPAGE]


@inner
def refused_by_filters(w: World, config: int, number: int, is_repeat: bool, now: int) -> int:
    """The code of the first filter that refuses, PASSED when none does."""
    code = refused_at_all(w, config, now)
    if code != PASSED:
        return code
    signal, p = signal_at(w, number), parameters_at(w, config)
    if is_repeat:
        return _DUPLICATE
    if signal.age > p.max_age:
        return _STALE_SIGNAL
    if signal.lag > p.max_lag:
        return _FEED_LAG
    if is_cut_off(w, config, signal.wallet, now):
        return _WALLET_MUTED
    if is_too_fast(w, config, signal.wallet, now):
        return _RATE_CAPPED
    if not is_allowed(w, config, signal.condition):
        return _MARKET_DENIED
    if signal.notional < p.min_notional_leader:
        return _DUST
    if signal.status == NO_MARKET:
        return _NO_MARKET
    if signal.status == CLOSED:
        return _MARKET_CLOSED
    if signal.status == DISPUTED:
        return _MARKET_DISPUTED
    if signal.hours < p.min_hours:
        return _NEAR_RESOLUTION
    if signal.price <= p.min_price or signal.price >= p.max_price:
        return _OUT_OF_BAND
    code = refused_by_score(w, config, number)
    return code if code != PASSED else refused_by_book(w, config, number)


@inner
def refused_at_all(w: World, config: int, now: int) -> int:
    """What operators, stops and pipelines say."""
    if w.kill_switch:
        return _KILL_SWITCH_FILE
    if account_at(w, config).is_halted:
        return _HALTED
    gate = w.gate
    if gate < 0 or not gate_at(w, gate).is_open or now > gate_at(w, gate).until:
        return _GATE_CLOSED
    return PASSED


@inner
def is_cut_off(w: World, config: int, wallet: int, now: int) -> bool:
    """Whether a leader's copies stand too far below their peak, or lost too often in a row lately."""
    record, p = record_at(w, wallet, config), parameters_at(w, config)
    elapsed = now - record.measured_at
    left = 0.0
    if record.shortfall > 0.0:
        left = rules.faded(record.shortfall, elapsed, p.half_life, p.half)
    if left / p.leader_base >= p.leader_cutoff:
        return True
    return elapsed < p.recent and record.streak >= p.loss_streak


@inner
def is_too_fast(w: World, config: int, wallet: int, now: int) -> bool:
    """Whether too many copies, of this leader or in all, were begun within the last minute."""
    p, count = parameters_at(w, config), account_at(w, config).pace
    size, of_all, of_leader = w.paced_room, 0, 0
    for back in range(1, min(count, size) + 1):
        copied = copied_at(w, config, count - back)
        if now - copied.at >= MINUTE:
            break
        of_all += 1
        of_leader += 1 if copied.wallet == wallet else 0
    return of_leader >= p.leader_pace or of_all >= p.pace


@inner
def refused_by_score(w: World, config: int, number: int) -> int:
    """What the leader's score says."""
    signal, p = signal_at(w, number), parameters_at(w, config)
    if signal.score < 0:
        return _NO_SCORE
    if signal.score_age > p.max_score_age:
        return _STALE_SCORE
    score = score_at(w, signal.score)
    if score.coverage < p.min_coverage:
        return _LOW_COVERAGE
    if score.maker_share > p.max_maker_share:
        return _MAKER_LEADER
    if score.flags & p.refused_flags:
        return _FLAGGED
    if is_on_probation(w, config, number):
        return PASSED
    if score.p_pos < p.min_p_pos:
        return _LOW_P_POS
    if score.lcb10 < p.min_lcb10:
        return _LOW_SCORE
    # No q value is NaN.
    if score.q_value != score.q_value:
        return _MAYBE_LUCK if p.requires_q else PASSED
    return _MAYBE_LUCK if score.q_value > p.max_q_value else PASSED


@inner
def is_on_probation(w: World, config: int, number: int) -> bool:
    """Whether the leader's record is too thin to be judged, and new leaders may start small."""
    p = parameters_at(w, config)
    return p.probation != 0 and signal_at(w, number).events < p.min_events


@inner
def refused_by_book(w: World, config: int, number: int) -> int:
    """What the book says, and what is held already."""
    signal, p = signal_at(w, number), parameters_at(w, config)
    if not signal.has_mid:
        return _NO_BOOK
    if signal.book_age > p.max_book_age:
        return _STALE_BOOK
    if signal.spread > p.max_spread:
        return _WIDE_SPREAD
    if signal.moved > p.max_move:
        return _PRICE_MOVED
    # What rests at the best ask is often enough, and then no level has to be read.
    reach = signal.best_ask * (1.0 + p.max_move)
    is_enough = signal.top >= p.min_liquidity and rules.is_within(True, signal.best_ask, reach)
    if not is_enough and depth_within(w, signal.book, reach) < p.min_liquidity:
        return _THIN
    at = placed_at(w, signal.condition, config).slot
    if at < 0:
        return PASSED
    slot = slot_at(w, config, at)
    if slot.token != signal.token:
        return _OPPOSING
    return _OWN_POSITION if slot.is_held else PASSED


@inner
def depth_within(w: World, book: int, limit: float) -> float:
    """Collateral offered within a limit."""
    total = 0.0
    for level in range(first_level(w, book, 1), end_of_levels(w, book, 1)):
        if not rules.is_within(True, level_at(w, level).price, limit):
            break
        total += level_at(w, level).price * level_at(w, level).size
    return total


@inner
def refused_by_limits(w: World, config: int, number: int, equity: float, furthest: float) -> int:
    """What the risk manager says of an entry that is sized; furthest is the worst price it may pay."""
    signal, p, account = signal_at(w, number), parameters_at(w, config), account_at(w, config)
    at = placed_at(w, signal.condition, config).slot
    if at >= 0 and slot_at(w, config, at).works:
        return _IN_FLIGHT
    opened = account.day_equity
    if opened > 0.0 and rules.fall_from(opened, equity) >= p.daily_stop:
        return _DAILY_STOP
    if account.positions + account.entries >= p.max_positions:
        return _MAX_POSITIONS
    return PASSED if rules.within_entry(signal.best_ask, furthest) else _SLIPPAGE
