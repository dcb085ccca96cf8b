"""The signal filter's gates: is this fill worth copying at all? Walked in order, first refusal wins."""

from __future__ import annotations

from copytrade_live.core.context import Context, EntryGate, entry_limit
from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND, MarketStatus, Side
from copytrade_live.core.permission import PERMISSIONS
from copytrade_live.core.pricing import depth_within, moved, within_entry
from copytrade_live.core.reasons import Held, Rejected, RejectReason, Verdict, above, below, reaching


def signal_is_new(c: Context) -> Verdict:
    """This fill was not decided before."""
    return Rejected(reason=RejectReason.DUPLICATE_SIGNAL) if c.is_duplicate else None


def signal_is_fresh(c: Context) -> Verdict:
    """The fill is young enough at decision time. Measured in seconds."""
    return above(
        RejectReason.STALE_SIGNAL, (c.now - c.signal.event_at) / SECOND, c.config.filter.max_signal_age_seconds
    )


def feed_is_fast(c: Context) -> Verdict:
    """The fill reached us in time. Measured in seconds."""
    lag = (c.signal.observed_at - c.signal.event_at) / SECOND
    return above(RejectReason.FEED_LAG, lag, c.config.filter.max_feed_lag_seconds)


def leader_is_not_cut_off(c: Context) -> Verdict:
    """No operator cut the leader off, and its copies do not stand too far below their peak or in a losing streak."""
    if c.signal.wallet in c.standing.cut_off:
        return Rejected(reason=RejectReason.WALLET_MUTED)
    risk, record = c.config.risk, c.record
    drawdown = record.shortfall_at(c.now, risk.leader_record_half_life_days) / risk.leader_drawdown_base
    if drawdown >= risk.leader_drawdown_cutoff:
        return Rejected(reason=RejectReason.WALLET_MUTED, measured=drawdown, limit=risk.leader_drawdown_cutoff)
    is_recent = c.now - record.measured_at < risk.leader_record_half_life_days * DAY
    streak, most = float(record.streak), float(risk.leader_loss_streak)
    return (
        reaching(RejectReason.WALLET_MUTED, streak, most) if is_recent else Held(drawdown, risk.leader_drawdown_cutoff)
    )


def leader_keeps_a_pace(c: Context) -> Verdict:
    """Not too many copies of this leader were begun within the last minute."""
    recent = sum(1 for at, wallet in c.standing.copied if wallet == c.signal.wallet and c.now - at < MINUTE)
    return reaching(RejectReason.RATE_CAPPED, float(recent), float(c.config.risk.max_leader_copies_per_minute))


def copies_keep_a_pace(c: Context) -> Verdict:
    """Not too many copies were begun within the last minute."""
    recent = sum(1 for at, _ in c.standing.copied if c.now - at < MINUTE)
    return reaching(RejectReason.RATE_CAPPED, float(recent), float(c.config.risk.max_copies_per_minute))


def market_is_allowed(c: Context) -> Verdict:
    """The operator's lists allow the market."""
    allowed = c.config.filter.markets_allowed
    is_denied = c.signal.condition_id in c.config.filter.markets_denied
    if is_denied or (allowed and c.signal.condition_id not in allowed):
        return Rejected(reason=RejectReason.MARKET_DENIED)
    return None


def leader_fill_is_not_dust(c: Context) -> Verdict:
    """The leader put enough behind it. Measured in collateral."""
    return below(RejectReason.DUST, c.signal.notional, c.config.filter.min_leader_notional)


def market_is_known(c: Context) -> Verdict:
    """We know the market's tick, fee and end."""
    return Rejected(reason=RejectReason.NO_MARKET) if c.market is None else None


def market_takes_orders(c: Context) -> Verdict:
    """The market is open and accepts orders."""
    if c.market and (not c.market.accepting_orders or c.market.status in (MarketStatus.CLOSED, MarketStatus.RESOLVED)):
        return Rejected(reason=RejectReason.MARKET_CLOSED)
    return None


def market_is_undisputed(c: Context) -> Verdict:
    """No resolution is proposed or disputed."""
    if c.market and c.market.status in (MarketStatus.PROPOSED, MarketStatus.DISPUTED):
        return Rejected(reason=RejectReason.MARKET_DISPUTED)
    return None


def resolution_is_far(c: Context) -> Verdict:
    """The scheduled end leaves time enough. Measured in hours; an unknown end is never near."""
    if c.market is None or c.market.end_at is None:
        return None
    hours = (c.market.end_at - c.now) / HOUR
    return below(RejectReason.NEAR_RESOLUTION, hours, c.config.filter.min_hours_to_resolution)


def price_is_in_band(c: Context) -> Verdict:
    """The leader's price is away from 0 and 1. Measured in dollars per share."""
    low, high = c.config.filter.min_price, c.config.filter.max_price
    if c.signal.price <= low:
        return Rejected(reason=RejectReason.PRICE_OUT_OF_BAND, measured=c.signal.price, limit=low)
    return reaching(RejectReason.PRICE_OUT_OF_BAND, c.signal.price, high)


def score_exists(c: Context) -> Verdict:
    """The published snapshot knows the leader."""
    return Rejected(reason=RejectReason.NO_SCORE) if c.score is None else None


def score_is_fresh(c: Context) -> Verdict:
    """The snapshot is young enough. Measured in seconds."""
    if c.standing.snapshot is None:
        return None
    return above(RejectReason.STALE_SCORE, (c.now - c.standing.snapshot.as_of) / SECOND, c.config.score.max_age_seconds)


def history_is_complete(c: Context) -> Verdict:
    """Enough of the leader's history reconciles."""
    return below(RejectReason.LOW_COVERAGE, c.score.coverage, c.config.score.min_coverage) if c.score else None


def leader_takes(c: Context) -> Verdict:
    """The leader does not live from resting orders."""
    return above(RejectReason.MAKER_LEADER, c.score.maker_share, c.config.score.max_maker_share) if c.score else None


def leader_is_not_flagged(c: Context) -> Verdict:
    """The score carries no flag that config refuses, on probation or not. Measured: how many such flags."""
    refused = set(c.config.score.refused_flags).intersection(c.score.flags) if c.score and c.score.flags else ()
    return above(RejectReason.FLAGGED_LEADER, float(len(refused)), 0.0)


def copying_likely_pays(c: Context) -> Verdict:
    """The probability of a positive copier's edge is high enough; a leader on probation is let through."""
    if c.score is None or is_on_probation(c):
        return None
    return below(RejectReason.LOW_P_POS, c.score.p_pos, c.config.score.min_p_pos)


def edge_is_bounded_below(c: Context) -> Verdict:
    """The lower bound of the copier's edge is high enough; a leader on probation is let through."""
    if c.score is None or is_on_probation(c):
        return None
    return below(RejectReason.LOW_SCORE, c.score.lcb10, c.config.score.min_lcb10)


def record_is_not_luck(c: Context) -> Verdict:
    """Few of the wallets with a record as good are merely lucky; a leader on probation is let through."""
    if c.score is None or is_on_probation(c):
        return None
    limit = c.config.score.max_q_value
    if c.score.q_value is not None:
        return above(RejectReason.MAYBE_LUCK, c.score.q_value, limit)
    return Rejected(reason=RejectReason.MAYBE_LUCK, limit=limit) if c.config.score.require_q_value else None


def book_exists(c: Context) -> Verdict:
    """There is a book with both sides."""
    return Rejected(reason=RejectReason.NO_BOOK) if c.book is None or c.book.mid is None else None


def book_is_fresh(c: Context) -> Verdict:
    """The book was seen lately. Measured in seconds."""
    if c.book is None:
        return None
    return above(RejectReason.STALE_BOOK, (c.now - c.book.observed_at) / SECOND, c.config.filter.max_book_age_seconds)


def spread_is_narrow(c: Context) -> Verdict:
    """The spread is small against the mid."""
    if c.book is None or c.book.mid is None or c.book.spread is None:
        return None
    return above(RejectReason.WIDE_SPREAD, c.book.spread / c.book.mid, c.config.filter.max_spread)


def price_has_not_moved(c: Context) -> Verdict:
    """The best ask is not far above the leader's price. Measured as a fraction of it."""
    if c.book is None or c.book.best_ask is None:
        return None
    measured = moved(c.book.best_ask, c.signal.price)
    return above(RejectReason.PRICE_MOVED, measured, c.config.filter.max_price_move)


def liquidity_is_enough(c: Context) -> Verdict:
    """Enough is offered near the best ask: within the price move allowed. Measured in collateral."""
    if c.book is None or c.book.best_ask is None:
        return None
    reach = c.book.best_ask * (1.0 + c.config.filter.max_price_move)
    return below(RejectReason.THIN_LIQUIDITY, depth_within(Side.BUY, c.book.asks, reach), c.config.filter.min_liquidity)


def token_is_not_held(c: Context) -> Verdict:
    """We do not hold this token yet."""
    return Rejected(reason=RejectReason.OWN_POSITION) if c.signal.token_id in c.portfolio.positions else None


def no_other_outcome_is_held(c: Context) -> Verdict:
    """We do not hold another outcome of this market."""
    if c.portfolio.holds_other_outcome(c.signal.condition_id, c.signal.token_id):
        return Rejected(reason=RejectReason.OPPOSING_POSITION)
    return None


def is_on_probation(c: Context) -> bool:
    """Whether the leader's whole record is too thin to be judged, and the operator lets new leaders start small."""
    return c.config.score.probation and c.events < c.config.score.min_events


def within_price_limit(c: Context) -> Verdict:
    """The best ask is within what we ever pay. Measured as a fraction above the leader's price."""
    if c.market is None or c.book is None or c.book.best_ask is None:
        return None
    measured = moved(c.book.best_ask, c.signal.price)
    if within_entry(c.book.best_ask, entry_limit(c, c.market)):
        return Held(measured, c.config.execution.max_slippage, RejectReason.SLIPPAGE)
    return Rejected(reason=RejectReason.SLIPPAGE, measured=measured, limit=c.config.execution.max_slippage)


FILTERS: tuple[EntryGate, ...] = (
    *PERMISSIONS,
    signal_is_new,
    signal_is_fresh,
    feed_is_fast,
    leader_is_not_cut_off,
    leader_keeps_a_pace,
    copies_keep_a_pace,
    market_is_allowed,
    leader_fill_is_not_dust,
    market_is_known,
    market_takes_orders,
    market_is_undisputed,
    resolution_is_far,
    price_is_in_band,
    score_exists,
    score_is_fresh,
    history_is_complete,
    leader_takes,
    leader_is_not_flagged,
    copying_likely_pays,
    edge_is_bounded_below,
    record_is_not_luck,
    book_exists,
    book_is_fresh,
    spread_is_narrow,
    price_has_not_moved,
    liquidity_is_enough,
    token_is_not_held,
    no_other_outcome_is_held,
)
