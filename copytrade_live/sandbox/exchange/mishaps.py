"""Where the exchange can be made to misbehave; here nothing does. Faults and simulations bring their own."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from copytrade_live.core.market import Instant, Micro
from copytrade_live.sandbox.exchange.options import Fate
from copytrade_live.sandbox.exchange.terms import NewOrder, Order, Trade

if TYPE_CHECKING:
    from copytrade_live.sandbox.exchange.redeeming import Redemption


class DelayEnd(StrEnum):
    """How an order that was held back comes out."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    KILLED = "killed"


class Delay(NamedTuple):
    """An order held back before matching. Units: after in the world's milliseconds."""

    after: Instant
    end: DelayEnd = DelayEnd.MATCHED


class VenueCancel(NamedTuple):
    """A resting order the venue takes off by itself, with the status text it gives."""

    after: Instant
    status: str


class RedemptionFate(StrEnum):
    """What becomes of a payout that was asked for."""

    PAYS = "pays"
    FAILS = "fails"
    SILENT = "silent"


class Mishaps:
    """Asked at every point where the venue has been seen to go wrong. Override what should."""

    def refuse(self, order: NewOrder, now: Instant) -> None:
        """Before anything else of an order. Raises: Refused to turn it away."""

    def depth_share(self, order: Order) -> float:
        """How much of the strangers' depth an order that matches really meets, from 0 to 1."""
        return 1.0

    def dust(self, order: Order) -> Micro:
        """How many micro-shares an order's fill falls short of its size, in whole hundredths of a share."""
        return 0

    def delay(self, order: Order) -> Delay | None:
        """Whether an order that matches is held back, in any market."""
        return None

    def fate(self, trade: Trade, planned: Fate) -> Fate:
        """What becomes of a match."""
        return planned

    def venue_cancel(self, order: Order) -> VenueCancel | None:
        """Whether the venue takes a resting order off by itself."""
        return None

    def redemption(self, redemption: Redemption) -> RedemptionFate:
        """What becomes of a payout."""
        return RedemptionFate.PAYS

    def silence(self, redemption: Redemption) -> Instant | None:
        """How long a silent payout stays pending before it pays; None for ever."""
        return None
