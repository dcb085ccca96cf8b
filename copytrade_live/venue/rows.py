"""Rows as the venue shows them, checked and typed, before anything is concluded from them."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.market import Instant, Market, MarketStatus, Role, Side
from copytrade_live.core.signal import Signal

# The activity type of a fill, and the last status of a resolution, as the venue writes them.
TRADE = "TRADE"
RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """One row of a fill listing. outcome_index is None where the venue does not know it yet (it sends 999)."""

    wallet: str
    condition_id: str
    token_id: str
    outcome: str
    outcome_index: int | None
    side: Side
    price: float
    size: float
    event_at: Instant
    tx_hash: str
    title: str
    slug: str
    event_slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFill(FillRow):
    """A fill with the identity that stays the same however often it is listed."""

    fill_id: str
    occurrence: int

    def as_signal(self, observed_at: Instant, role: Role = Role.UNKNOWN) -> Signal:
        """The fill as something that could be copied."""
        return Signal(
            signal_id=self.fill_id,
            wallet=self.wallet,
            condition_id=self.condition_id,
            token_id=self.token_id,
            outcome=self.outcome,
            side=self.side,
            role=role,
            price=self.price,
            size=self.size,
            event_at=self.event_at,
            observed_at=observed_at,
            tx_hash=self.tx_hash,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """One thing a wallet did that is not a trade: split, merge, redemption, conversion, rebate."""

    wallet: str
    type: str
    condition_id: str
    token_id: str
    size: float
    usdc_size: float
    event_at: Instant
    tx_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueActivity(ActivityRow):
    """An activity row with its identity."""

    activity_id: str
    occurrence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """What a wallet holds of a token, as the venue reckons it. Units: shares, dollars per share, collateral.

    total_size is every share it ever acquired; event_at the last thing that moved the position (v1 does not say).
    """

    wallet: str
    condition_id: str
    token_id: str
    outcome: str
    size: float
    total_size: float
    average_price: float
    realised_pnl: float
    total_pnl: float
    status: str
    event_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """One rank of a leaderboard. Units: pnl in collateral; volume as the venue counts it (shares in v2)."""

    rank: int
    wallet: str
    name: str
    pnl: float
    volume: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """One of the largest holders of a token. Units: size in shares."""

    wallet: str
    token_id: str
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionRow:
    """Where a condition stands on its way to a payout. Shape: payouts run parallel to outcomes, 0 to 1."""

    condition_id: str
    status: str
    payouts: tuple[float, ...]
    was_disputed: bool
    updated_at: Instant | None
    resolved_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRow:
    """One market as gamma describes it. Shape: outcomes and token_ids run in parallel."""

    condition_id: str
    market_id: str
    question: str
    slug: str
    event_id: str
    event_slug: str
    category: str
    outcomes: tuple[str, ...]
    token_ids: tuple[str, ...]
    tick_size: float
    min_order_size: float
    fee_rate: float
    fee_exponent: float
    neg_risk: bool
    start_at: Instant | None
    end_at: Instant | None
    closed: bool
    closed_at: Instant | None
    accepting_orders: bool
    updated_at: Instant | None
    uma_statuses: tuple[str, ...]
    outcome_prices: tuple[float, ...]
    uma_end_at: Instant | None = None
    fee_taker_only: bool = True
    fee_rebate: float = 0.0

    @property
    def status(self) -> MarketStatus:
        """Open or closed, and how far the oracle got."""
        if self.uma_statuses and self.uma_statuses[-1] == RESOLVED:
            return MarketStatus.RESOLVED
        if self.uma_statuses and self.uma_statuses[-1] == "disputed":
            return MarketStatus.DISPUTED
        if self.closed:
            return MarketStatus.CLOSED
        return MarketStatus.PROPOSED if self.uma_statuses else MarketStatus.OPEN

    def as_market(self, observed_at: Instant) -> Market:
        """What a decision must know of the market."""
        return Market(
            condition_id=self.condition_id,
            token_ids=self.token_ids,
            outcomes=self.outcomes,
            event_id=self.event_id,
            category=self.category,
            tick_size=self.tick_size,
            min_order_size=self.min_order_size,
            fee_rate=self.fee_rate,
            fee_exponent=self.fee_exponent,
            neg_risk=self.neg_risk,
            end_at=self.end_at,
            status=self.status,
            accepting_orders=self.accepting_orders,
            observed_at=observed_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """What markets belong together. In a neg-risk event exactly one market pays its first outcome.

    Shape: condition_ids, yes_tokens and no_tokens run in parallel; markets without two tokens are left out.
    """

    event_id: str
    slug: str
    title: str
    category: str
    tags: tuple[str, ...]
    neg_risk: bool
    neg_risk_id: str
    condition_ids: tuple[str, ...]
    yes_tokens: tuple[str, ...]
    no_tokens: tuple[str, ...]
    start_at: Instant | None
    end_at: Instant | None
    closed: bool
    updated_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClobMarketRow:
    """The trading facts of a market as the CLOB keeps them; fees are the charged schedule, not the legacy signal."""

    condition_id: str
    token_ids: tuple[str, ...]
    outcomes: tuple[str, ...]
    tick_size: float
    min_order_size: float
    fee_rate: float
    fee_exponent: float
    neg_risk: bool
    has_taker_delay: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """The mid of a token at a time."""

    at: Instant
    mid: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that does not fit, kept whole: which field, which value, why, and the row as JSON text."""

    source: str
    reason: str
    field: str
    value: str
    payload: str
