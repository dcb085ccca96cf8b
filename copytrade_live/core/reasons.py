"""Every reason copytrade can give for refusing, leaving or stopping: one registry for docs, labels and tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self


class Stage(StrEnum):
    """Where in a decision a rejection arises, in the order the gates are walked."""

    FILTER = "filter"
    SIZE = "size"
    RISK = "risk"
    PRICE = "price"


class _Reason(StrEnum):
    summary: str

    def __new__(cls, value: str, summary: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.summary = summary
        return member


class RejectReason(_Reason):
    """Why a signal was not copied. The value is the wire form and never changes."""

    KILL_SWITCH_FILE = "kill_switch_file", "The kill switch file exists."
    HALTED = "halted", "An operator or a stop of ours halted new entries."
    MODE_PAPER = "mode_paper", "The runner holds real money but is switched to paper: it only leaves what it holds."
    NOT_RECONCILED = "not_reconciled", "The venue's account was not found equal to ours lately."
    VENUE_RESTRICTED = "venue_restricted", "The venue takes no orders from us, or not all of them."
    CLOCK_SKEW = "clock_skew", "Our clock differs too much from the venue's."
    FEED_SILENT = "feed_silent", "No source of leaders' fills is proven alive."
    UNWELL = "unwell", "The runner's own machine is not fit to trade: its disk, its pace, its orders."
    GATE_CLOSED = "gate_closed", "The pipelines' gate is closed, missing or past its valid_until."
    DUPLICATE_SIGNAL = "duplicate_signal", "This fill of the leader was decided before."
    STALE_SIGNAL = "stale_signal", "The leader's fill is older than the limit at decision time."
    FEED_LAG = "feed_lag", "The fill took longer than the lag budget to reach us."
    WALLET_MUTED = "wallet_muted", "The leader is cut off, by an operator or by its losses with us."
    RATE_CAPPED = "rate_capped", "Too many copies, of this leader or in all, within the last minute."
    MARKET_DENIED = "market_denied", "A deny list names the market, or an allow list does not."
    DUST = "dust", "The leader's fill is too small to mean anything."
    NO_MARKET = "no_market", "We know nothing of the market, so its tick, fee and end are unknown."
    MARKET_CLOSED = "market_closed", "The market no longer takes orders."
    MARKET_DISPUTED = "market_disputed", "A resolution is proposed or disputed."
    NEAR_RESOLUTION = "near_resolution", "The market's scheduled end is too close."
    PRICE_OUT_OF_BAND = "price_out_of_band", "The leader's price is too near 0 or 1."
    NO_SCORE = "no_score", "No published score for this leader."
    STALE_SCORE = "stale_score", "The score snapshot is too old to act on."
    LOW_COVERAGE = "low_coverage", "Too much of the leader's history is missing to trust the score."
    MAKER_LEADER = "maker_leader", "The leader earns by resting orders, which a copier cannot do."
    FLAGGED_LEADER = "flagged_leader", "The leader's score carries a flag that forbids copying it."
    LOW_P_POS = "low_p_pos", "The probability that copying this leader pays is too low."
    LOW_SCORE = "low_score", "The lower bound of the copier's edge is too low."
    MAYBE_LUCK = "maybe_luck", "Among all wallets tested, too many with a record like this one are merely lucky."
    NO_BOOK = "no_book", "No order book, or the side we would cross is empty."
    STALE_BOOK = "stale_book", "The order book is older than the limit."
    THIN_LIQUIDITY = "thin_liquidity", "Too little is offered within our price limit."
    WIDE_SPREAD = "wide_spread", "The spread is too wide against the mid."
    PRICE_MOVED = "price_moved", "The price has moved away from the leader's."
    OWN_POSITION = "own_position", "We already hold this token."
    OPPOSING_POSITION = "opposing_position", "We hold another outcome of the same market."
    MIRROR_OFF = "mirror_off", "The leader sold, and mirroring its exits is switched off."
    NOTHING_TO_SELL = "nothing_to_sell", "The leader sold what we never copied from it."
    UNKNOWN_ORDER = "unknown_order", "The fate of an order of ours in this market is unknown."
    ORDER_IN_FLIGHT = "order_in_flight", "Another order of ours works in this market."
    NO_EDGE = "no_edge", "After today's price and fee no edge is left to size."
    NO_CASH = "no_cash", "Cash above the reserve is used up."
    BELOW_MINIMUM = "below_minimum", "The size that fits every cap is below the venue's or our minimum."
    DAILY_SOFT_STOP = (
        "daily_soft_stop",
        "Equity fell too far since the day began; entries wait for tomorrow.",
    )
    MAX_POSITIONS = "max_positions", "Too many positions are open."
    MARKET_EXPOSURE = "market_exposure", "The market's exposure cap is used up."
    LEADER_EXPOSURE = "leader_exposure", "The leader's exposure cap is used up."
    EVENT_EXPOSURE = "event_exposure", "The event's worst-case loss cap is used up."
    GROSS_EXPOSURE = "gross_exposure", "The cap on all exposure together is used up."
    SLIPPAGE = "slippage", "The price limit leaves nothing to buy on the book."


# Everything not named here is a filter's.
_LATER_STAGES = {
    RejectReason.NO_EDGE: Stage.SIZE,
    RejectReason.NO_CASH: Stage.SIZE,
    RejectReason.BELOW_MINIMUM: Stage.SIZE,
    RejectReason.UNKNOWN_ORDER: Stage.RISK,
    RejectReason.ORDER_IN_FLIGHT: Stage.RISK,
    RejectReason.DAILY_SOFT_STOP: Stage.RISK,
    RejectReason.MAX_POSITIONS: Stage.RISK,
    RejectReason.MARKET_EXPOSURE: Stage.RISK,
    RejectReason.LEADER_EXPOSURE: Stage.RISK,
    RejectReason.EVENT_EXPOSURE: Stage.RISK,
    RejectReason.GROSS_EXPOSURE: Stage.RISK,
    RejectReason.SLIPPAGE: Stage.PRICE,
}


def stage_of(reason: RejectReason) -> Stage:
    """Where in a decision the rejection arises."""
    return _LATER_STAGES.get(reason, Stage.FILTER)


class ExitReason(_Reason):
    """Why a position is left."""

    MIRROR = "mirror", "The leader sold, so we sell the same share of ours."
    TAKE_PROFIT = "take_profit", "Unrealised gain reached the target."
    STOP_LOSS = "stop_loss", "Unrealised loss reached the limit."
    TIME_EXIT = "time_exit", "The market's scheduled end is close."
    RESOLUTION = "resolution", "The market paid out."
    OPERATOR = "operator", "An operator closed the position."


class HoldReason(_Reason):
    """Why an exit rule left a position alone although it looked."""

    NO_TRIGGER = "no_trigger", "No exit rule asks for it."
    NO_BID = "no_bid", "Nobody bids, so there is nothing to sell into."
    ORDER_WORKING = "order_working", "An exit order already works."
    DUST = "dust", "What is left is below the venue's minimum; it waits for the resolution."
    UNSETTLED = "unsettled", "What we bought is not final yet, or the venue does not show it; it cannot be sold."
    STOPPED = "stopped", "An operator stopped everything: nothing is posted, only cancels go."


class HaltReason(_Reason):
    """Why new entries are halted until someone or something lifts it."""

    OPERATOR = "operator", "An operator asked for it."
    WEEKLY_DRAWDOWN = "weekly_drawdown", "Equity fell too far since the week began."
    RECONCILIATION = "reconciliation", "The venue's account changed by what no order of ours explains."
    UNKNOWN_ORDERS = "unknown_orders", "The fate of too many orders is unknown at once."
    STRANGE_FILL = "strange_fill", "The venue filled an order that our books do not know."
    ORDER_ERRORS = "order_errors", "Too many orders were refused or failed in a row."


class Condition(_Reason):
    """What entries depend on besides the market: measured by the runner, told when it changes."""

    CLOCK_SKEW = "clock_skew", "How far our clock is from the venue's."
    FEED_SILENT = "feed_silent", "Whether some source of leaders' fills is proven alive by data."
    VENUE_RESTRICTED = "venue_restricted", "Whether the venue takes our orders; the detail names the restriction."
    DISK = "disk", "Whether there is room left to write."
    LOOP_STALL = "loop_stall", "Whether the runner keeps its own pace."
    ORDER_ERRORS = "order_errors", "How many orders were refused or failed in a row; too many halt."


class Mode(_Reason):
    """What a runner of real money may do."""

    PAPER = "paper", "Only leave what it holds."
    LIVE = "live", "Trade."


class TradingState(_Reason):
    """What may be posted right now."""

    ACTIVE = "active", "Entries and exits."
    REDUCING = "reducing", "Exits only."
    HALTED = "halted", "Nothing; only cancels go."


class MuteReason(_Reason):
    """Why a leader is cut off."""

    OPERATOR = "operator", "An operator cut the leader off."
    LEADER_DRAWDOWN = "leader_drawdown", "Copying this leader lost too much from its peak."
    LOSS_STREAK = "loss_streak", "Too many copies of this leader lost in a row."


class AbandonReason(_Reason):
    """Why an order stops working before it is full."""

    ATTEMPTS_USED = "attempts_used", "The repost schedule is used up."
    SLIPPAGE_ABORT = "slippage_abort", "The book moved beyond the price limit."
    BOOK_GONE = "book_gone", "The side to cross is empty."
    REFUSED = "refused", "The venue refused the order."
    RESOLVED = "resolved", "The market resolved while the order worked."
    NOT_PLACED = "not_placed", "The order is proven never to have reached the venue."
    UNCERTAIN = "uncertain", "Its fate was unknown for a while; what is left is decided anew."
    STALE = "stale", "It was proven dead long after its time; what is left is decided anew."
    HALTED = "halted", "Entries were stopped while it worked."
    STOPPED = "stopped", "An operator stopped everything."
    CUT_OFF = "cut_off", "Its leader was cut off while it worked."
    LEADER_LEFT = "leader_left", "The leader sold while we were still buying."
    LEADER_VOIDED = "leader_voided", "The leader's fill never settled."
    OVERTAKEN = "overtaken", "A late fill of an earlier attempt already did its work."


class ScoreFlag(_Reason):
    """What a score row warns of. Config names those that forbid copying."""

    PROBATION = "probation", "Too few events to judge the wallet by its own record."
    THIN = "thin", "The events are so old that little of their weight is left."
    IMPUTED = "imputed", "For most events no book was recorded, so the cost of copying is modelled."
    TRUNCATED = "truncated", "Too little of the wallet's history reconciles to trust what is there."
    MAKER = "maker", "Most of its notional rested on the book, which a copier cannot do."
    BOTH_SIDES = "both_sides", "It buys outcomes of one market against each other, so a copied leg is not its bet."
    FAST_HOLD = "fast_hold", "It leaves positions sooner than a copier can follow it in and out."
    WASH_CLUSTER = "wash_cluster", "It trades with, or in step with, wallets that look like the same hand."
    NOT_COPYABLE = "not_copyable", "By the time a copy can be made, the price has taken the edge away."
    NOT_SIGNIFICANT = "not_significant", "Among all wallets tested, a record like this is too often luck."
    CROWDED = "crowded", "Others copy it at once and move the price before we could."
    DECAYING = "decaying", "Its copies earn less lately than they used to, by more than chance explains."
    INACTIVE = "inactive", "It has not traded lately."


class Held(NamedTuple):
    """A truth that holds, and how close it came: the number that was measured and the limit it kept.

    reason is the one it would have been refused with, where a comparison with one limit decided.
    """

    measured: float | None = None
    limit: float | None = None
    reason: RejectReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A refusal: the reason, the number that was measured and the limit it met, in the reason's own unit."""

    reason: RejectReason
    measured: float | None = None
    limit: float | None = None


# What a gate answers; None where the truth holds and there is no number to tell.
Verdict = Rejected | Held | None


def above(reason: RejectReason, measured: float, limit: float) -> Verdict:
    """Refuse what is above the limit."""
    return (
        Rejected(reason=reason, measured=measured, limit=limit) if measured > limit else Held(measured, limit, reason)
    )


def below(reason: RejectReason, measured: float, limit: float) -> Verdict:
    """Refuse what is below the limit."""
    return (
        Rejected(reason=reason, measured=measured, limit=limit) if measured < limit else Held(measured, limit, reason)
    )


def reaching(reason: RejectReason, measured: float, limit: float) -> Verdict:
    """Refuse what has reached the limit."""
    return (
        Rejected(reason=reason, measured=measured, limit=limit) if measured >= limit else Held(measured, limit, reason)
    )
