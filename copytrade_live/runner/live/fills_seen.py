"""What the journal knows of our orders at the venue and of their fills: a fold, so a restart knows as much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from copytrade_live.core.events import FillConfirmed, FillVoided, JournalEvent, OrderFilled, OrderSigned
from copytrade_live.core.market import DAY, Instant, Micro

# Orders remembered; the oldest are forgotten first. A fill of a forgotten order shows as a change from outside.
_REMEMBERED_ORDERS = 50_000


# Settled fills are remembered so long for the runs that follow: no first look reaches back anywhere near as far.
_REMEMBERED_FILLS: Instant = 30 * DAY


class Stand(StrEnum):
    """How far a fill of ours is."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class SeenFill:
    """A fill that the journal has."""

    order_id: str
    matched_at: Instant
    stand: Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class FillNotes:
    """What FillsSeen remembers. Shape: venue_ids, signed_at and matched by our order id, fills by fill id."""

    venue_ids: Mapping[str, str] = field(default_factory=dict)
    signed_at: Mapping[str, Instant] = field(default_factory=dict)
    fills: Mapping[str, SeenFill] = field(default_factory=dict)
    matched: Mapping[str, Micro] = field(default_factory=dict)


class FillsSeen:
    """Which orders are ours, by the venue's id, and which of their fills are already in the ledger."""

    def __init__(self) -> None:
        self._venue_ids: dict[str, str] = {}
        self._order_ids: dict[str, str] = {}
        self._signed_at: dict[str, Instant] = {}
        # What looks compare with, and what a run that follows starts with: its first look reaches further back.
        self._fills: dict[str, SeenFill] = {}
        self._all_fills: dict[str, SeenFill] = {}
        self._matched: dict[str, Micro] = {}

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event."""
        if isinstance(event, OrderSigned):
            self._remember(event)
        elif isinstance(event, OrderFilled):
            fill = event.fill
            stand = Stand.CONFIRMED if fill.is_final else Stand.PROVISIONAL
            seen = SeenFill(fill.order_id, event.event_at, stand)
            self._fills[fill.fill_id] = self._all_fills[fill.fill_id] = seen
            self._let_go_before(event.event_at - _REMEMBERED_FILLS)
            self._matched[fill.order_id] = self._matched.get(fill.order_id, 0) + fill.size
        elif isinstance(event, FillConfirmed):
            self._settle(event.fill_id, Stand.CONFIRMED)
        elif isinstance(event, FillVoided):
            self._settle(event.fill_id, Stand.VOIDED)

    def notes(self) -> FillNotes:
        """All that a run which follows needs."""
        return FillNotes(
            venue_ids=dict(self._venue_ids),
            signed_at=dict(self._signed_at),
            fills=dict(self._all_fills),
            matched=dict(self._matched),
        )

    def recall(self, notes: FillNotes) -> None:
        """Remember exactly this."""
        self._venue_ids, self._signed_at = dict(notes.venue_ids), dict(notes.signed_at)
        self._order_ids = {venue_id: order_id for order_id, venue_id in self._venue_ids.items()}
        self._all_fills, self._matched = dict(notes.fills), dict(notes.matched)
        self._fills = dict(self._all_fills)

    def venue_id(self, order_id: str) -> str | None:
        """The venue's id of an order of ours, None when it was never signed."""
        return self._venue_ids.get(order_id)

    def order_id(self, venue_order_id: str) -> str | None:
        """Our id of an order at the venue, None when it is not ours."""
        return self._order_ids.get(venue_order_id)

    def signed_at(self, order_id: str) -> Instant | None:
        """When an order was signed."""
        return self._signed_at.get(order_id)

    def stand(self, fill_id: str) -> Stand | None:
        """How far a fill is, None when the journal does not have it."""
        seen = self._fills.get(fill_id)
        return seen.stand if seen else None

    def matched(self, order_id: str) -> Micro:
        """How much of an order ever matched, whatever became of it. Units: micro-shares."""
        return self._matched.get(order_id, 0)

    def provisional(self) -> list[tuple[str, SeenFill]]:
        """Fills that may still fail, in the order in which they came."""
        return [(fill_id, seen) for fill_id, seen in self._fills.items() if seen.stand is Stand.PROVISIONAL]

    def oldest_open(self) -> Instant | None:
        """When the oldest fill that may still fail was matched."""
        return min((seen.matched_at for _, seen in self.provisional()), default=None)

    def forget_fills_before(self, instant: Instant) -> None:
        """Let go of settled fills that no look reaches back to any more."""
        gone = [
            fill_id
            for fill_id, seen in self._fills.items()
            if seen.matched_at < instant and seen.stand is not Stand.PROVISIONAL
        ]
        for fill_id in gone:
            del self._fills[fill_id]

    def _remember(self, event: OrderSigned) -> None:
        self._venue_ids[event.order_id] = event.venue_order_id
        self._order_ids[event.venue_order_id] = event.order_id
        self._signed_at[event.order_id] = event.event_at
        while len(self._venue_ids) > _REMEMBERED_ORDERS:
            oldest = next(iter(self._venue_ids))
            self._order_ids.pop(self._venue_ids.pop(oldest), None)
            self._signed_at.pop(oldest, None)
            self._matched.pop(oldest, None)

    def _settle(self, fill_id: str, stand: Stand) -> None:
        for fills in (self._fills, self._all_fills):
            if fill_id in fills:
                fills[fill_id] = replace(fills[fill_id], stand=stand)

    def _let_go_before(self, instant: Instant) -> None:
        """Forget for good what is old, but nothing that came after a fill that may still fail."""
        while True:
            oldest, seen = next(iter(self._all_fills.items()))
            if seen.matched_at >= instant or seen.stand is Stand.PROVISIONAL:
                return
            del self._all_fills[oldest]
            self._fills.pop(oldest, None)
