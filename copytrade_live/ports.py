"""What the runner asks of a venue, in the core's own words and as narrow as each part asks it."""

from __future__ import annotations

from typing import Protocol

from copytrade_live.core.market import Book, Instant, Market
from copytrade_live.core.signal import Signal


class SignalReader(Protocol):
    """Where leaders' fills are read."""

    async def signals(self, wallet: str, *, start: Instant) -> list[Signal]:
        """A leader's fills from start on, oldest first."""
        ...


class BookReader(Protocol):
    """Where books are read."""

    async def book(self, token_id: str) -> Book | None:
        """A token's book; None when it has none."""
        ...


class MarketReader(Protocol):
    """Where a market's state is read."""

    async def market(self, condition_id: str) -> Market | None:
        """One market; None when the venue does not know it."""
        ...


class PayoutReader(Protocol):
    """Where resolutions are announced."""

    async def payouts(self, condition_id: str) -> tuple[float, ...] | None:
        """What each outcome paid, in outcome order; None while the condition is not resolved."""
        ...


class TimeReader(Protocol):
    """Where the venue's time is read."""

    async def time(self) -> Instant:
        """The venue's own time."""
        ...
