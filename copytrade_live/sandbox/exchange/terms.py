"""What the exchange trades in: listings, orders, trades and refusals. Units: micro-dollars, micro-shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from copytrade_live.core.market import MICRO, Instant, Micro, Side

if TYPE_CHECKING:
    from copytrade_live.sandbox.exchange.redeeming import Redemption

# Sizes move in hundredths of a share, so that price times size is always whole micro-dollars.
SIZE_STEP: Micro = 10_000


class OrderType(StrEnum):
    """How long an order lives, in the venue's words."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"

    @property
    def is_immediate(self) -> bool:
        """Whether nothing of it may rest."""
        return self in (OrderType.FOK, OrderType.FAK)


class OrderStatus(StrEnum):
    """What has become of an order."""

    LIVE = "LIVE"
    DELAYED = "DELAYED"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"
    UNMATCHED = "UNMATCHED"


class TradeStatus(StrEnum):
    """Where a trade stands on its way to the chain; CONFIRMED and FAILED are final."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"


class Refused(Exception):
    """An order or a request that the venue does not take: an HTTP status and its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One market as the exchange knows it.

    Units: tick in micro-dollars, min_size in micro-shares, taker_delay in the world's milliseconds.
    Shape: token_ids and outcomes are pairs; a bid for one outcome is an offer of the other.
    """

    condition_id: str
    token_ids: tuple[str, str]
    outcomes: tuple[str, str] = ("Yes", "No")
    tick: Micro = 10_000
    min_size: Micro = 5 * MICRO
    fee_rate: float = 0.0
    fee_exponent: float = 1.0
    neg_risk: bool = False
    opens_at: Instant = 0
    closes_at: Instant | None = None
    taker_delay: Instant = 0

    def is_trading(self, now: Instant) -> bool:
        """Whether orders are taken."""
        return self.opens_at <= now and (self.closes_at is None or now < self.closes_at)

    def outcome_of(self, token_id: str) -> int:
        """0 or 1."""
        return 0 if token_id == self.token_ids[0] else 1

    def other(self, token_id: str) -> str:
        """The opposite outcome's token."""
        return self.token_ids[1 if token_id == self.token_ids[0] else 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """A signed order as it arrives, its signature already checked.

    order_id is its EIP-712 hash, account the wallet that pays, owner the API key that sent it.
    Units: making and taking in micro-dollars or micro-shares by side; expiration in unix milliseconds, 0 for none.
    """

    order_id: str
    account: str
    owner: str
    token_id: str
    side: Side
    making: int
    taking: int
    order_type: OrderType
    expiration: Instant = 0
    post_only: bool = False
    signature_type: int = 0
    spender: str = ""

    @property
    def shares(self) -> Micro:
        """How many shares it names."""
        return self.taking if self.side is Side.BUY else self.making

    @property
    def dollars(self) -> Micro:
        """How many dollars it names."""
        return self.making if self.side is Side.BUY else self.taking


@dataclass(slots=True, kw_only=True)
class Order:
    """An order the exchange took; a rest of no more than dust counts as filled.

    Units: price in micro-dollars a share, sizes in micro-shares.
    """

    new: NewOrder
    listing: Listing
    price: Micro
    size: Micro
    number: int
    placed_at: Instant
    status: OrderStatus = OrderStatus.LIVE
    matched: Micro = 0
    spent: Micro = 0
    dust: Micro = 0
    trades: list[str] = field(default_factory=list)
    cause: str = ""

    @property
    def order_id(self) -> str:
        """The EIP-712 hash."""
        return self.new.order_id

    @property
    def account(self) -> str:
        """The wallet that pays."""
        return self.new.account

    @property
    def is_buy(self) -> bool:
        """Whether it buys its own token."""
        return self.new.side is Side.BUY

    @property
    def rest(self) -> Micro:
        """Shares not yet matched."""
        return self.size - self.matched

    @property
    def is_open(self) -> bool:
        """Whether it can still be matched."""
        return self.status in (OrderStatus.LIVE, OrderStatus.DELAYED)


class Leg(NamedTuple):
    """One side of a trade. account is empty for a stranger of the world, fee in micro-dollars, price per share."""

    order_id: str
    owner: str
    account: str
    address: str
    token_id: str
    outcome: str
    side: Side
    price: Micro
    size: Micro
    fee: Micro

    @property
    def cash(self) -> Micro:
        """What the leg pays (buy, fee included) or gets (sell, fee taken off)."""
        notional = self.price * self.size // MICRO
        return notional + self.fee if self.side is Side.BUY else notional - self.fee


@dataclass(slots=True, kw_only=True)
class Trade:
    """One taker order matched at one price, with every maker it met there."""

    trade_id: str
    number: int
    condition_id: str
    taker: Leg
    makers: tuple[Leg, ...]
    matched_at: Instant
    updated_at: Instant
    status: TradeStatus = TradeStatus.MATCHED
    transaction: str = ""
    mined_at: Instant | None = None

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Taker first."""
        return (self.taker, *self.makers)

    def legs_of(self, account: str) -> list[Leg]:
        """Those of one wallet."""
        return [leg for leg in self.legs if leg.account == account]


class Placed(NamedTuple):
    """What the sender of an order is told."""

    order: Order
    trades: tuple[Trade, ...]


class ChangeKind(StrEnum):
    """What happened to an order, a trade or an account."""

    PLACED = "placed"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    KILLED = "killed"
    TRADE = "trade"
    REDEEMED = "redeemed"


class Change(NamedTuple):
    """One thing that happened, told to whoever listens. order, trade or redemption by kind."""

    kind: ChangeKind
    at: Instant
    account: str
    order: Order | None = None
    trade: Trade | None = None
    redemption: Redemption | None = None
