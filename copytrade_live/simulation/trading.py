"""The trading port of one life of the runner: requests travel, get lost or come late, and so do their answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from copytrade_live.core.market import MICRO, SECOND, Instant, Market, Role
from copytrade_live.core.orders import Order
from copytrade_live.errors import VenueUnavailable
from copytrade_live.ports import (
    CancelAnswer,
    HintKind,
    PostAccepted,
    PostAnswer,
    PostRefused,
    PostStatus,
    PostUnknown,
    RedeemAccepted,
    RedeemAnswer,
    RedeemFailed,
    SignedOrder,
    TradeStatus,
    UserHint,
    VenueAccount,
    VenueOrder,
    VenueRedemption,
    VenueRestriction,
    VenueTrade,
)
from copytrade_live.sandbox.exchange.redeeming import RedemptionState
from copytrade_live.sandbox.exchange.terms import OrderStatus, Placed, Refused, Trade
from copytrade_live.secret import Secret
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.lives import Killed, Life
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.server import OWNER, WALLET, Posted, SimServer

# Stands in every signed payload; it must show up nowhere else.
CANARY = "canary-7f3a9c51e2"
_STATUS = {
    OrderStatus.LIVE: PostStatus.LIVE,
    OrderStatus.DELAYED: PostStatus.DELAYED,
    OrderStatus.MATCHED: PostStatus.MATCHED,
    OrderStatus.UNMATCHED: PostStatus.UNMATCHED,
    OrderStatus.CANCELED: PostStatus.UNMATCHED,
}
# A venue that takes no orders may still let them be cancelled.
_NO_CANCELS = {VenueRestriction.RESTARTING, VenueRestriction.DISABLED, VenueRestriction.GEOBLOCKED}
_NO_READS = {VenueRestriction.RESTARTING}


class SimVenue:
    """Implements TradingVenue. watch is told of every POST as it begins, before anything can go wrong with it."""

    def __init__(self, server: SimServer, life: Life, number: int, watch: Callable[[Posted], None]) -> None:
        self._server = server
        self._life = life
        self._watch = watch
        self._clock = server.clock
        self._luck = stream(server.seed, f"travel {number}")

    # --- writes -----------------------------------------------------------------------------------------------------

    async def prepare(self, market: Market | None, token_id: str) -> None:
        """Fetch terms."""
        self._check_alive()

    def may_sign_at_once(self, order: Order) -> bool:
        """First attempts are; later ones are signed in a turn of their own, as by a signer that takes a while."""
        return order.attempt == 1

    async def sign(self, order: Order) -> SignedOrder:
        """Sign, without any request."""
        return self.sign_at_once(order)

    def sign_at_once(self, order: Order) -> SignedOrder:
        """Sign in the turn that decides."""
        self._check_alive()
        venue_id = self._server.sign(order)
        payload = Secret(f"{CANARY} {venue_id}")
        return SignedOrder(
            order_id=order.order_id, venue_order_id=venue_id, payload=payload, signed_at=self._clock.now()
        )

    async def post(self, signed: SignedOrder) -> PostAnswer:
        """One request: it may not arrive, arrive late, or arrive and not be answered."""
        self._check_alive()
        server, venue_id = self._server, signed.payload.reveal().split()[-1]
        server.count()
        order = server.signed[venue_id][0]
        posted = Posted(venue_order_id=venue_id, order=order, began_at=self._clock.truth())
        server.posted.append(posted)
        self._watch(posted)
        travel = self._luck.uniform(0.01, 0.2)
        trouble = self._trouble()
        if trouble is not None:
            return await self._go_wrong(trouble, venue_id, travel)
        answered: asyncio.Future[PostAnswer] = asyncio.get_running_loop().create_future()
        # On its way: it arrives even if the one who sent it is killed now.
        server.loop.call_later(travel, self._arrive, venue_id, answered)
        answer = await answered
        await self._clock.sleep(travel)
        self._check_alive()
        return answer

    async def cancel(self, venue_order_ids: Sequence[str]) -> CancelAnswer:
        """One request to cancel."""
        await self._travel()
        if self._server.restriction in _NO_CANCELS:
            raise VenueUnavailable("the simulated venue cancels nothing now")
        mischief = self._server.mischief
        if mischief.strikes(SimFault.CANCEL_LOST):
            if self._luck.random() < 0.5:
                self._server.exchange.cancel(OWNER, venue_order_ids, self._clock.truth())
            await self._clock.sleep(self._luck.uniform(0.1, 8.0))
            raise VenueUnavailable("cancelling: no answer")
        cancelled, refused = self._server.exchange.cancel(OWNER, venue_order_ids, self._clock.truth())
        await self._travel()
        return CancelAnswer(cancelled=frozenset(cancelled), not_cancelled=refused)

    async def redeem(self, condition_id: str) -> RedeemAnswer:
        """Ask for a payout."""
        await self._travel()
        try:
            asked = self._server.exchange.redeem(WALLET, condition_id, self._clock.truth())
        except Refused as refused:
            return RedeemFailed(message=refused.message, may_retry=True)
        return RedeemAccepted(reference=asked.redemption_id)

    # --- reads ------------------------------------------------------------------------------------------------------

    async def open_orders(self) -> list[VenueOrder]:
        """What rests."""
        await self._read()
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
            for order in self._server.exchange.open_orders(OWNER)
            if self._server.is_listed(order.order_id, order.placed_at)
        ]

    async def trades(self, *, after: Instant) -> list[VenueTrade]:
        """Every match of ours."""
        await self._read()
        trades = [trade for trade in self._server.exchange.trades.values() if trade.matched_at >= after]
        return [
            row
            for trade in trades
            if self._server.is_listed(trade.trade_id, trade.matched_at)
            for row in rows_of(trade, WALLET)
        ]

    async def account(self, token_ids: Collection[str]) -> VenueAccount:
        """Cash and holdings, as the chain has them."""
        await self._read()
        account = self._server.exchange.account(WALLET)
        return VenueAccount(
            cash=account.cash,
            holdings={token: account.balance(token) for token in token_ids},
            observed_at=self._clock.truth(),
        )

    async def redemptions(self, *, after: Instant) -> list[VenueRedemption]:
        """Payouts that came."""
        await self._read()
        return [
            VenueRedemption(
                redemption_id=one.redemption_id, condition_id=one.condition_id, cash=one.cash, redeemed_at=one.due_at
            )
            for one in self._server.exchange.redemptions.asked.values()
            if one.state is RedemptionState.PAID and one.due_at >= after
        ]

    async def server_time(self) -> Instant:
        """The truth."""
        await self._read()
        return self._clock.truth() // SECOND * SECOND

    async def hints(self) -> AsyncIterator[UserHint]:
        """The user stream: sometimes mute, sometimes cut."""
        seen = len(self._server.changes)
        mute_until = 0.0
        while True:
            await self._clock.sleep(self._luck.uniform(0.3, 0.9))
            self._check_alive()
            fresh, seen = self._server.changes[seen:], len(self._server.changes)
            if not fresh or self._clock.monotonic() < mute_until:
                continue
            if self._server.mischief.strikes(SimFault.HINT_LOST):
                if self._luck.random() < 0.5:
                    mute_until = self._clock.monotonic() + self._luck.uniform(2.0, 30.0)
                    continue
                yield UserHint(kind=HintKind.RECONNECTED, received_at=self._clock.now())
            for change in fresh:
                kind = HintKind.TRADE if change.trade is not None else HintKind.ORDER
                yield UserHint(kind=kind, received_at=self._clock.now())

    # --- trouble ----------------------------------------------------------------------------------------------------

    def _trouble(self) -> SimFault | VenueRestriction | None:
        restriction = self._server.restriction
        if restriction is not None:
            return restriction
        mischief: Mischief = self._server.mischief
        for fault in (
            SimFault.NOT_SENT,
            SimFault.ANSWER_LOST,
            SimFault.ANSWER_LATE,
            SimFault.SERVER_ERROR,
            SimFault.GARBLED_ANSWER,
            SimFault.RATE_LIMITED,
            SimFault.FALSE_BALANCE,
        ):
            if mischief.strikes(fault):
                return fault
        return None

    async def _go_wrong(self, trouble: SimFault | VenueRestriction, venue_id: str, travel: float) -> PostAnswer:
        server = self._server
        if isinstance(trouble, VenueRestriction):
            await self._clock.sleep(2 * travel)
            self._check_alive()
            return PostRefused(code=trouble.value, message="simulated", restriction=trouble)
        match trouble:
            case SimFault.ANSWER_LOST:
                server.place_later(venue_id, travel)
                await self._clock.sleep(self._luck.uniform(5.0, 10.0))
            case SimFault.ANSWER_LATE:
                server.place_later(venue_id, self._luck.uniform(1.0, 35.0))
                await self._clock.sleep(5.0)
            case SimFault.SERVER_ERROR | SimFault.GARBLED_ANSWER:
                if self._luck.random() < 0.5:
                    server.place_later(venue_id, travel)
                await self._clock.sleep(2 * travel)
            case SimFault.RATE_LIMITED:
                await self._clock.sleep(2 * travel)
                retry = 2.0 if self._luck.random() < 0.5 else None
                restriction = VenueRestriction.RATE_LIMITED
                return PostRefused(code="429", message="simulated", restriction=restriction, retry_after=retry)
            case SimFault.FALSE_BALANCE:
                await self._clock.sleep(2 * travel)
                return PostRefused(code="not_enough_balance", message="not enough balance / allowance")
            case _:
                await self._clock.sleep(travel)
        self._check_alive()
        return PostUnknown(cause=trouble.value)

    def _arrive(self, venue_id: str, answered: asyncio.Future[PostAnswer]) -> None:
        try:
            placed = self._server.place(venue_id)
        except Refused as refused:
            answer: PostAnswer = PostRefused(code=str(refused.status), message=refused.message)
        else:
            answer = _accepted(placed)
        if not answered.done():
            answered.set_result(answer)

    async def _read(self) -> None:
        await self._travel()
        if self._server.restriction in _NO_READS or self._server.mischief.strikes(SimFault.READ_FAILED):
            await self._clock.sleep(self._luck.choice((0.1, 1.0, 5.0)))
            raise VenueUnavailable("the simulated venue does not answer")
        self._server.exchange.advance(self._clock.truth())

    async def _travel(self) -> None:
        self._check_alive()
        self._server.count()
        await self._clock.sleep(self._luck.uniform(0.01, 0.15))
        self._check_alive()

    def _check_alive(self) -> None:
        if self._life.is_dead:
            raise Killed("dead")


def rows_of(trade: Trade, account: str) -> list[VenueTrade]:
    """An account's legs of a trade, as the port tells them."""
    return [
        VenueTrade(
            trade_id=trade.trade_id,
            venue_order_id=leg.order_id,
            token_id=leg.token_id,
            condition_id=trade.condition_id,
            side=leg.side,
            size=leg.size,
            price=leg.price / MICRO,
            cash=leg.cash,
            fee=leg.fee,
            role=Role.TAKER if leg is trade.taker else Role.MAKER,
            status=TradeStatus(trade.status.value.lower()),
            tx_hash=trade.transaction or None,
            matched_at=trade.matched_at,
            updated_at=trade.updated_at,
        )
        for leg in trade.legs
        if leg.account == account
    ]


def _accepted(placed: Placed) -> PostAccepted:
    return PostAccepted(
        venue_order_id=placed.order.order_id,
        status=_STATUS[placed.order.status],
        trade_ids=tuple(trade.trade_id for trade in placed.trades),
    )
