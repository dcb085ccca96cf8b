"""What the runner asks of a venue that takes orders: one narrow port, for the real venue and the simulated one.

Nothing here retries. An answer that does not prove what became of an order says so (PostUnknown), and the runner
finds out by asking again. Instants are milliseconds; sizes and cash are micro-units.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from copytrade_live.core.market import Instant, Market, Micro, Role, Side
from copytrade_live.core.orders import Order
from copytrade_live.secret import Secret


class VenueRestriction(StrEnum):
    """Why a venue takes no orders, or not all of them, from anyone or from us."""

    RESTARTING = "restarting"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"
    GEOBLOCKED = "geoblocked"
    CLOSED_ONLY = "closed_only"
    UNAUTHORISED = "unauthorised"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """An order as it will be sent. venue_order_id is its EIP-712 hash, known before the venue has seen it.

    payload is what post needs, as text. Only the store and post look into it.
    """

    order_id: str
    venue_order_id: str
    payload: Secret[str]
    signed_at: Instant


class PostStatus(StrEnum):
    """What a venue says of an order that it took."""

    LIVE = "live"
    MATCHED = "matched"
    DELAYED = "delayed"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAccepted:
    """The venue has the order. trade_ids are the matches it told of at once, often none of those that happened."""

    venue_order_id: str
    status: PostStatus
    trade_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRefused:
    """The answer proves that the order was not taken. Units: retry_after in seconds."""

    code: str
    message: str
    restriction: VenueRestriction | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUnknown:
    """Whether the venue has the order cannot be told from the answer, or there was none."""

    cause: str


PostAnswer = PostAccepted | PostRefused | PostUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswer:
    """What became of a request to cancel. not_cancelled says why, by id: such an order may be filled, gone or unknown.

    Neither proves anything of fills that happened before.
    """

    cancelled: frozenset[str]
    not_cancelled: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order of ours that rests at the venue. Units: price in dollars per share, size and matched in micro-shares."""

    venue_order_id: str
    token_id: str
    condition_id: str
    side: Side
    price: float
    size: Micro
    matched: Micro
    status: str
    created_at: Instant


class TradeStatus(StrEnum):
    """How far a trade is on its way into the chain. Confirmed and failed are final."""

    MATCHED = "matched"
    MINED = "mined"
    CONFIRMED = "confirmed"
    RETRYING = "retrying"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change it any more."""
        return self in (TradeStatus.CONFIRMED, TradeStatus.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTrade:
    """One match of one of our orders, with our own order's side, size and price even where we were the maker.

    Units: size in micro-shares, price in dollars per share; cash in micro-collateral, what we paid (buy) or received
    (sell) with the fee in it; fee within cash, None where the venue tells the market's terms no more, and then cash is
    without it. Together trade_id and venue_order_id are its key; tx_hash may change.
    """

    trade_id: str
    venue_order_id: str
    token_id: str
    condition_id: str
    side: Side
    size: Micro
    price: float
    cash: Micro
    fee: Micro | None
    role: Role
    status: TradeStatus
    tx_hash: str | None
    matched_at: Instant
    updated_at: Instant

    def charged(self, fee: Micro) -> VenueTrade:
        """The same with the fee that its cash was without."""
        return replace(self, fee=fee, cash=self.cash + fee if self.side is Side.BUY else self.cash - fee)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAccount:
    """What the venue says we have. holdings has every token asked for. Units: micro-collateral, micro-shares.

    allowances: by spender, micro-collateral; empty where the venue does not tell.
    """

    cash: Micro
    holdings: Mapping[str, Micro]
    observed_at: Instant
    allowances: Mapping[str, Micro] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemAccepted:
    """The request is on its way; redemptions tells when it has paid."""

    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemFailed:
    """Nothing was asked of the chain, or it said no. may_retry is false where asking again cannot help."""

    message: str
    may_retry: bool


RedeemAnswer = RedeemAccepted | RedeemFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRedemption:
    """A condition's winning shares were paid out to us, by our request or without. Units: cash in micro-collateral."""

    redemption_id: str
    condition_id: str
    cash: Micro
    redeemed_at: Instant


class HintKind(StrEnum):
    """What a word of the user stream is about."""

    ORDER = "order"
    TRADE = "trade"
    RECONNECTED = "reconnected"
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserHint:
    """A reason to look now, never the truth itself. venue_order_id is empty where it concerns everything."""

    kind: HintKind
    venue_order_id: str = ""
    received_at: Instant = 0


class TradingVenue(Protocol):
    """Everything the runner may do at a venue in our name. Reads raise VenueError; post and cancel answer.

    There is no way to approve, transfer or withdraw.
    """

    async def prepare(self, market: Market | None, token_id: str) -> None:
        """Fetch what signing for the token needs, so that sign never waits. Raises: VenueError.

        market is None where only the token is known yet.
        """
        ...

    async def sign(self, order: Order) -> SignedOrder:
        """Sign without talking to the venue. Raises: PolicyRefused when the signer's policy says no."""
        ...

    async def post(self, signed: SignedOrder) -> PostAnswer:
        """Send exactly one request, never a second one."""
        ...

    async def cancel(self, venue_order_ids: Sequence[str]) -> CancelAnswer:
        """Ask once to cancel. Raises: VenueError when there is no answer."""
        ...

    async def open_orders(self) -> list[VenueOrder]:
        """All orders of ours that rest. An order that is not there may be filled, cancelled, or not booked yet."""
        ...

    async def trades(self, *, after: Instant) -> list[VenueTrade]:
        """All matches of ours since after, whatever their status, oldest first, nothing left out."""
        ...

    async def account(self, token_ids: Collection[str]) -> VenueAccount:
        """Cash, holdings of these tokens, allowances."""
        ...

    async def redeem(self, condition_id: str) -> RedeemAnswer:
        """Ask once for a resolved condition's payout."""
        ...

    async def redemptions(self, *, after: Instant) -> list[VenueRedemption]:
        """All payouts to us since after, oldest first."""
        ...

    async def server_time(self) -> Instant:
        """The venue's clock."""
        ...

    def hints(self) -> AsyncIterator[UserHint]:
        """The user stream, for as long as it is iterated. It reconnects by itself and says so."""
        ...


@runtime_checkable
class SignsAtOnce(Protocol):
    """A trading venue whose signer needs no wait, so that an order is signed in the turn that decides it."""

    def may_sign_at_once(self, order: Order) -> bool:
        """Whether all that signing the order needs is at hand."""
        ...

    def sign_at_once(self, order: Order) -> SignedOrder:
        """Sign. Raises: PolicyRefused when the signer's policy says no, VenueError when something was not at hand."""
        ...
