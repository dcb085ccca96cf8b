"""What the tracker asks of a source of leaders' fills, and what sources ask of the venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from copytrade_live.core.market import Instant, Role
from copytrade_live.venue.chain import ChainSpan
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import MarketRow, VenueFill


class SourceName(StrEnum):
    """Who told of a fill."""

    POLL = "poll"
    STREAM = "stream"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One fill as one source told it. Its fill_id is the source's own; another source's may differ by a rounding."""

    source: SourceName
    fill: VenueFill
    role: Role
    seen_at: Instant


class SignalSource(Protocol):
    """One way to learn of leaders' fills. Looks may repeat what was told before; they never leave out what is new."""

    name: SourceName
    # Whether it tells of every fill of a leader, or only of some.
    is_complete: bool

    @property
    def interval_seconds(self) -> float:
        """Time between two looks."""
        ...

    @property
    def wake(self) -> Callable[[], Awaitable[None]] | None:
        """Waits until there is something to look at; None where looking is the only way to know."""
        ...

    def follow(self, since: Mapping[str, Instant]) -> None:
        """Follow exactly these wallets, each from an instant on."""
        ...

    async def look(self) -> Sequence[Sighting]:
        """What it tells now. Raises: VenueError; nothing is lost by it."""
        ...

    def covered_until(self) -> Instant:
        """Everything before this was told; later things may still come. 0 where nothing is covered."""
        ...

    def is_alive(self, now: Instant) -> bool:
        """Whether data, not only a connection, came lately."""
        ...

    def take_gap(self) -> bool:
        """Whether something may have been missed since this was last asked."""
        ...

    def facts(self) -> dict[str, object]:
        """What an operator may want to know of it."""
        ...


class ChainFeed(Protocol):
    """The chain, as far as the tracker reads it."""

    async def head(self) -> int:
        """The newest block's number."""
        ...

    async def span(self, wallets: Sequence[str], first: int, last: int) -> ChainSpan:
        """Every fill of some wallets in some blocks. Raises: RangeTooLarge, VenueError."""
        ...

    async def block_at(self, moment: Instant, *, head: int) -> int:
        """The first block at or after a moment."""
        ...


class TokenFeed(Protocol):
    """Where a token's market is looked up; the chain names none."""

    async def markets_of_tokens(self, token_ids: Iterable[str]) -> Listing[MarketRow]:
        """The markets that some tokens belong to; unknown ones are left out."""
        ...
