"""The unit of a reason's measured number and its limit."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from copytrade_live.core.reasons import ExitReason, HaltReason, RejectReason


class Unit(StrEnum):
    """What a number counts. share: a fraction of 1; price: dollars per share."""

    SECONDS = "seconds"
    HOURS = "hours"
    SHARE = "share"
    PRICE = "price"
    COLLATERAL = "collateral"
    COUNT = "count"


# Those not named have no number, or numbers of several kinds.
_REASONS: Mapping[Unit, tuple[RejectReason | ExitReason | HaltReason, ...]] = {
    Unit.SECONDS: (
        RejectReason.GATE_CLOSED,
        RejectReason.NOT_RECONCILED,
        RejectReason.CLOCK_SKEW,
        RejectReason.FEED_SILENT,
        RejectReason.STALE_SIGNAL,
        RejectReason.FEED_LAG,
        RejectReason.STALE_SCORE,
        RejectReason.STALE_BOOK,
    ),
    Unit.HOURS: (RejectReason.NEAR_RESOLUTION, ExitReason.TIME_EXIT),
    Unit.SHARE: (
        RejectReason.LOW_COVERAGE,
        RejectReason.MAKER_LEADER,
        RejectReason.LOW_P_POS,
        RejectReason.MAYBE_LUCK,
        RejectReason.WIDE_SPREAD,
        RejectReason.PRICE_MOVED,
        RejectReason.SLIPPAGE,
        RejectReason.DAILY_SOFT_STOP,
        ExitReason.MIRROR,
        ExitReason.TAKE_PROFIT,
        ExitReason.STOP_LOSS,
        HaltReason.WEEKLY_DRAWDOWN,
    ),
    Unit.PRICE: (RejectReason.PRICE_OUT_OF_BAND, RejectReason.LOW_SCORE, RejectReason.NO_EDGE),
    Unit.COLLATERAL: (
        RejectReason.DUST,
        RejectReason.THIN_LIQUIDITY,
        RejectReason.BELOW_MINIMUM,
        RejectReason.NO_CASH,
        RejectReason.MARKET_EXPOSURE,
        RejectReason.LEADER_EXPOSURE,
        RejectReason.EVENT_EXPOSURE,
        RejectReason.GROSS_EXPOSURE,
        HaltReason.RECONCILIATION,
    ),
    Unit.COUNT: (
        RejectReason.RATE_CAPPED,
        RejectReason.FLAGGED_LEADER,
        RejectReason.MAX_POSITIONS,
        HaltReason.UNKNOWN_ORDERS,
        HaltReason.ORDER_ERRORS,
    ),
}
_UNITS = {reason.value: unit for unit, reasons in _REASONS.items() for reason in reasons}


def unit_of(reason: str) -> Unit | None:
    """The unit of a reason's numbers by the reason's value, None where there is none or more than one."""
    return _UNITS.get(reason)
