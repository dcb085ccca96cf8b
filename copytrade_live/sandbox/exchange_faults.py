"""Faults of matching, settlement, resting and payouts: the exchange's mishaps, drawn from the faults that are on."""

from __future__ import annotations

from copytrade_live.core.market import SECOND, Instant, Micro
from copytrade_live.sandbox.exchange.mishaps import Delay, DelayEnd, Mishaps, RedemptionFate, VenueCancel
from copytrade_live.sandbox.exchange.options import Fate
from copytrade_live.sandbox.exchange.redeeming import Redemption
from copytrade_live.sandbox.exchange.terms import SIZE_STEP, Order, Trade
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.faults import FaultBook

# Why the venue takes an order off by itself, in its words.
CANCEL_REASONS = (
    "CANCELED_NOT_ENOUGH_BALANCE",
    "CANCELED_EXPIRED_ORDER",
    "CANCELED_MARKET_RESOLVED",
    "INVALID",
)
_DELAY_ENDS = (DelayEnd.MATCHED, DelayEnd.UNMATCHED, DelayEnd.KILLED)


class ExchangeFaults(Mishaps):
    """Each thing is befallen or not by its own id, so that the same orders meet the same faults."""

    def __init__(self, book: FaultBook) -> None:
        self._book = book

    def depth_share(self, order: Order) -> float:
        """A part of the book is gone when the order arrives."""
        befallen = self._book.befalls(FaultKind.PARTIAL_FILL, order.order_id)
        return 1.0 if befallen is None else befallen.luck

    def dust(self, order: Order) -> Micro:
        """A hundredth of a share too little."""
        return 0 if self._book.befalls(FaultKind.DUST_FILL, order.order_id) is None else SIZE_STEP

    def delay(self, order: Order) -> Delay | None:
        """Held back, then matched, left unmatched or killed."""
        befallen = self._book.befalls(FaultKind.TAKER_DELAYED, order.order_id)
        if befallen is None:
            return None
        return Delay(_later(befallen.fault.delay_seconds), _DELAY_ENDS[int(befallen.luck * len(_DELAY_ENDS))])

    def fate(self, trade: Trade, planned: Fate) -> Fate:
        """Failed, taken back, retried or slow; the first that befalls."""
        slow, key = planned.mined_after, trade.trade_id
        if found := self._book.befalls(FaultKind.SETTLEMENT_FAILED, key):
            return Fate(mined_after=0, final_after=_later(found.fault.delay_seconds), fails=True)
        if found := self._book.befalls(FaultKind.SETTLEMENT_REORGED, key):
            return Fate(mined_after=slow, final_after=slow + _later(found.fault.delay_seconds), fails=True, reorgs=True)
        if found := self._book.befalls(FaultKind.SETTLEMENT_RETRIED, key):
            later = slow + _later(found.fault.delay_seconds)
            return Fate(mined_after=later, final_after=later + SECOND, retries=True)
        if found := self._book.befalls(FaultKind.SETTLEMENT_SLOW, key):
            later = _later(found.fault.delay_seconds)
            return Fate(mined_after=later, final_after=later + SECOND)
        return planned

    def venue_cancel(self, order: Order) -> VenueCancel | None:
        """Taken off by the venue, for one of its reasons."""
        befallen = self._book.befalls(FaultKind.VENUE_CANCELLED, order.order_id)
        if befallen is None:
            return None
        reason = CANCEL_REASONS[int(befallen.luck * len(CANCEL_REASONS))]
        return VenueCancel(_later(befallen.fault.delay_seconds), reason)

    def redemption(self, redemption: Redemption) -> RedemptionFate:
        """Failed, or pending for long."""
        key = redemption.redemption_id
        if self._book.befalls(FaultKind.REDEEM_FAILED, key):
            return RedemptionFate.FAILS
        return RedemptionFate.SILENT if self._book.befalls(FaultKind.REDEEM_SILENT, key) else RedemptionFate.PAYS

    def silence(self, redemption: Redemption) -> Instant | None:
        """How long a silent payout stays pending."""
        fault = self._book.standing(FaultKind.REDEEM_SILENT)
        return None if fault is None else _later(fault.delay_seconds)


def _later(seconds: float) -> Instant:
    return round(seconds * SECOND)
