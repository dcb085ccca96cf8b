"""The trading port straight over the sandbox's exchange, with answers that get lost and requests that come late."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field

from copytrade_live.clock import Clock
from copytrade_live.core.market import MICRO, SECOND, Instant, Market, Side
from copytrade_live.core.orders import Order
from copytrade_live.errors import VenueUnavailable
from copytrade_live.ports import (
    CancelAnswer,
    PostAccepted,
    PostAnswer,
    PostRefused,
    PostStatus,
    PostUnknown,
    RedeemAccepted,
    RedeemAnswer,
    RedeemFailed,
    SignedOrder,
    UserHint,
    VenueAccount,
    VenueOrder,
    VenueRedemption,
    VenueTrade,
)
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.redeeming import RedemptionState
from copytrade_live.sandbox.exchange.terms import NewOrder, OrderType, Refused
from copytrade_live.secret import Secret
from copytrade_live.simulation.trading import rows_of

WALLET = "0xa"
OWNER = "key"


@dataclass
class Mood:
    """How the venue behaves. Lists are used up one order at a time: what befalls the next POST, and the one after.

    posts: ok, lost (taken, the answer lost), dropped (never arrives), late (answer lost, arrives late_seconds later),
    or a PostRefused.
    """

    posts: list[str | PostRefused] = field(default_factory=list)
    late_seconds: float = 7.0
    cancels_fail: int = 0
    looks_fail: int = 0
    post_seconds: float = 0.05


class ExchangeVenue:
    """A TradingVenue for one wallet."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self.exchange = exchange
        self.mood = Mood()
        self.posted: list[tuple[Instant, str]] = []
        self.cancels: list[tuple[Instant, str]] = []
        self.signed: dict[str, NewOrder] = {}
        self._late: list[tuple[Instant, NewOrder]] = []
        self._clock = clock

    # --- writes -----------------------------------------------------------------------------------------------------

    async def prepare(self, market: Market | None, token_id: str) -> None:
        pass

    async def sign(self, order: Order) -> SignedOrder:
        venue_id = "0x" + hashlib.sha256(order.order_id.encode()).hexdigest()
        worth = round(order.limit * order.size)
        is_buy = order.side is Side.BUY
        self.signed[venue_id] = NewOrder(
            order_id=venue_id,
            account=WALLET,
            owner=OWNER,
            token_id=order.token_id,
            side=order.side,
            making=worth if is_buy else order.size,
            taking=order.size if is_buy else worth,
            order_type=OrderType.GTC,
        )
        return SignedOrder(
            order_id=order.order_id, venue_order_id=venue_id, payload=Secret(venue_id), signed_at=self._clock.now()
        )

    async def post(self, signed: SignedOrder) -> PostAnswer:
        self.posted.append((self._clock.now(), signed.order_id))
        mood = self.mood.posts.pop(0) if self.mood.posts else "ok"
        await self._clock.sleep(self.mood.post_seconds)
        if isinstance(mood, PostRefused):
            return mood
        new = self.signed[signed.payload.reveal()]
        if mood == "dropped":
            return PostUnknown(cause="timeout")
        if mood == "late":
            self._late.append((self._now() + round(self.mood.late_seconds * SECOND), new))
            return PostUnknown(cause="timeout")
        try:
            placed = self.exchange.place(new, self._now())
        except Refused as refused:
            return PostRefused(code="refused", message=refused.message)
        if mood == "lost":
            return PostUnknown(cause="timeout")
        return PostAccepted(
            venue_order_id=new.order_id,
            status=PostStatus(placed.order.status.value.lower()),
            trade_ids=tuple(trade.trade_id for trade in placed.trades),
        )

    async def cancel(self, venue_order_ids: Sequence[str]) -> CancelAnswer:
        self.cancels += [(self._clock.now(), one) for one in venue_order_ids]
        if self.mood.cancels_fail:
            self.mood.cancels_fail -= 1
            raise VenueUnavailable("cancelling: timeout")
        self._settle()
        cancelled, refused = self.exchange.cancel(OWNER, venue_order_ids, self._now())
        return CancelAnswer(cancelled=frozenset(cancelled), not_cancelled=refused)

    async def redeem(self, condition_id: str) -> RedeemAnswer:
        try:
            asked = self.exchange.redeem(WALLET, condition_id, self._now())
        except Refused as refused:
            return RedeemFailed(message=refused.message, may_retry=True)
        return RedeemAccepted(reference=asked.redemption_id)

    # --- reads ------------------------------------------------------------------------------------------------------

    async def open_orders(self) -> list[VenueOrder]:
        self._look()
        return [
            VenueOrder(
                venue_order_id=order.order_id,
                token_id=order.new.token_id,
                condition_id=order.listing.condition_id,
                side=order.new.side,
                price=order.price / MICRO,
                size=order.size,
                matched=order.matched,
                status=order.status.value.lower(),
                created_at=order.placed_at,
            )
            for order in self.exchange.open_orders(OWNER)
        ]

    async def trades(self, *, after: Instant) -> list[VenueTrade]:
        self._look()
        return [
            row
            for trade in self.exchange.trades.values()
            if trade.matched_at >= after
            for row in rows_of(trade, WALLET)
        ]

    async def account(self, token_ids: Collection[str]) -> VenueAccount:
        self._look()
        account = self.exchange.account(WALLET)
        return VenueAccount(
            cash=account.cash,
            holdings={token: account.balance(token) for token in token_ids},
            observed_at=self._now(),
        )

    async def redemptions(self, *, after: Instant) -> list[VenueRedemption]:
        self._settle()
        return [
            VenueRedemption(
                redemption_id=one.redemption_id, condition_id=one.condition_id, cash=one.cash, redeemed_at=one.due_at
            )
            for one in self.exchange.redemptions.asked.values()
            if one.state is RedemptionState.PAID and one.due_at >= after
        ]

    async def server_time(self) -> Instant:
        return self._now()

    async def hints(self) -> AsyncIterator[UserHint]:
        while True:
            await self._clock.sleep(3600.0)
            yield UserHint(kind="order")  # type: ignore[arg-type]

    # --- time -------------------------------------------------------------------------------------------------------

    def _now(self) -> Instant:
        return self._clock.now()

    def _look(self) -> None:
        if self.mood.looks_fail:
            self.mood.looks_fail -= 1
            raise VenueUnavailable("open orders: timeout")
        self._settle()

    def _settle(self) -> None:
        due = [(at, new) for at, new in self._late if at <= self._now()]
        self._late = [one for one in self._late if one not in due]
        for at, new in due:
            self.exchange.place(new, at)
        self.exchange.advance(self._now())
