"""What each part of the runner reads from a venue, as narrow as that part needs it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from copytrade_live.core.market import Book, Instant
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import MarketRow, PositionRow, ResolutionRow, VenueFill


class LeaderFeed(Protocol):
    """Where leaders' fills and holdings are read."""

    async def fills(self, wallet: str, *, start: Instant | None = None) -> Listing[VenueFill]:
        """A wallet's fills from start on, maker fills included."""
        ...

    async def positions(self, wallet: str) -> Listing[PositionRow]:
        """What a wallet holds now."""
        ...


class BookFeed(Protocol):
    """Where books are read."""

    async def books(self, token_ids: Iterable[str]) -> Listing[tuple[str, Book]]:
        """Books of tokens, each with its condition id; tokens without one are left out."""
        ...


class MarketFeed(Protocol):
    """Where markets are described."""

    async def markets(self, condition_ids: Iterable[str]) -> Listing[MarketRow]:
        """Markets of conditions; unknown ones are left out."""
        ...


class ResolutionFeed(Protocol):
    """Where resolutions are announced."""

    async def resolutions(self, condition_ids: Iterable[str]) -> Listing[ResolutionRow]:
        """Where conditions stand on their way to a payout."""
        ...
