"""What a venue shows: sides, roles, books and markets, and the units all of copytrade counts in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Milliseconds since 1970-01-01 UTC. An integer, so that a journal replays byte for byte.
Instant = int
# Millionths of a share or of collateral: what the venue settles in, so that cash folds exactly.
Micro = int

MICRO = 1_000_000
SECOND: Instant = 1_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE
DAY: Instant = 24 * HOUR


class Side(StrEnum):
    """Which way a fill or an order goes."""

    BUY = "BUY"
    SELL = "SELL"


class Role(StrEnum):
    """Whether a fill rested on the book or crossed it; unknown where the source does not say."""

    MAKER = "maker"
    TAKER = "taker"
    UNKNOWN = "unknown"


class MarketStatus(StrEnum):
    """Where a market stands on its way to a payout."""

    OPEN = "open"
    CLOSED = "closed"
    PROPOSED = "proposed"
    DISPUTED = "disputed"
    RESOLVED = "resolved"


class BookSource(StrEnum):
    """Where a book came from; a modelled book is always flagged, never mixed in silently."""

    RECORDED = "recorded"
    MODELLED = "modelled"


@dataclass(frozen=True, slots=True)
class Level:
    """One price of a book and the shares resting at it. Units: dollars per share, shares."""

    price: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Resting orders for one token, best first on both sides (the venue sends best last)."""

    token_id: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    event_at: Instant
    observed_at: Instant
    source: BookSource = BookSource.RECORDED

    @property
    def has_levels(self) -> bool:
        """Whether anything rests in it."""
        return bool(self.bids or self.asks)

    @property
    def best_bid(self) -> float | None:
        """Highest resting buy price, None when nobody bids."""
        return self.bids[0].price if self.bids else None

    @property
    def best_ask(self) -> float | None:
        """Lowest resting sell price, None when nobody offers."""
        return self.asks[0].price if self.asks else None

    @property
    def mid(self) -> float | None:
        """Middle of best bid and best ask, None when a side is empty."""
        if not self.bids or not self.asks:
            return None
        return (self.bids[0].price + self.asks[0].price) / 2.0

    @property
    def spread(self) -> float | None:
        """Best ask minus best bid, None when a side is empty."""
        if not self.bids or not self.asks:
            return None
        return self.asks[0].price - self.bids[0].price


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One condition and what a decision must know of it.

    Units: tick_size in dollars per share, min_order_size in shares; fee = shares * rate * (p(1-p))**exponent.
    Shape: token_ids and outcomes run in parallel; event_id groups the markets of one (neg-risk) event.
    """

    condition_id: str
    token_ids: tuple[str, ...]
    outcomes: tuple[str, ...]
    event_id: str
    category: str
    tick_size: float
    min_order_size: float
    fee_rate: float
    fee_exponent: float
    neg_risk: bool
    end_at: Instant | None
    status: MarketStatus
    accepting_orders: bool
    observed_at: Instant
