"""The venue's trading side through its official client: create, post, cancel, read. Nothing else of it is called.

The client's place_* methods can approve unlimited spending and post a second time; they are never reached from here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from polymarket.errors import (
    PolymarketError,
    RequestRejectedError,
    SigningError,
    TransportError,
    UnexpectedResponseError,
    UserInputError,
)
from polymarket.models.clob.orders import SignedOrder as ClientOrder
from polymarket.streams import UserSpec

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.core.market import MICRO, SECOND, Instant, Market
from copytrade_live.core.orders import Order
from copytrade_live.errors import PayloadError, PolicyRefused, VenueError, VenueUnavailable
from copytrade_live.ports import (
    CancelAnswer,
    HintKind,
    PostAnswer,
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
from copytrade_live.secret import Secret
from copytrade_live.venue.trading.answers import as_venue_error, read_answer, read_failure
from copytrade_live.venue.trading.order_hash import protocol_version, venue_order_id
from copytrade_live.venue.trading.own_trades import Fees, instant, micro, open_order, own_trades

if TYPE_CHECKING:
    from polymarket._internal.actions.orders.market_data import MarketInfo
    from polymarket.clients.async_secure import AsyncSecureClient
    from polymarket.models.clob.account import AssetType
    from polymarket.models.types import ClobAssetId

# The venue takes an order off by itself this long after its time, should we be gone by then. It wants three minutes
# at least, and takes one of them for itself.
_DEAD_MANS_SECONDS = 300
# Refusals of the signer's policy that end by themselves.
_REDEEM_LATER = frozenset({"daily_count"})
# Failures of a read that are worth another try at once; a host that is asked too often is left alone.
_ONCE_MORE = (500, 502, 504)
# Balances asked for at once.
_READS_AT_ONCE = 5
# Tokens whose terms are remembered. Those used longest ago go first, and are asked for again when they are needed.
_REMEMBERED_TERMS = 1000
# Most ids in one request to cancel.
_MOST_CANCELS = 1000

_CLIENT_FIELDS = fields(ClientOrder)


class SdkVenue:
    """A TradingVenue over one signed-in client, for its wallet."""

    def __init__(self, client: AsyncSecureClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._wall = SystemClock()
        self._terms: dict[str, MarketInfo] = {}

    async def prepare(self, market: Market | None, token_id: str) -> None:
        """Have the client fetch tick, fee and exchange of the token; it remembers them for ten minutes."""
        await self._market_info(token_id)

    async def sign(self, order: Order) -> SignedOrder:
        """Sign one limit order by the client's own rules; terms that are not at hand are asked for."""
        info = self._known(order.token_id) or await self._market_info(order.token_id)
        try:
            signed = await self._client.create_limit_order(
                asset_id=order.token_id,
                price=Decimal(str(round(order.limit, 6))),
                size=Decimal(order.size) / MICRO,
                side=order.side.value,
                expiration=self._expiration(order),
            )
        except (SigningError, UserInputError) as error:
            if isinstance(error.__cause__, PolicyRefused):
                raise error.__cause__ from error
            raise PolicyRefused(f"order {order.order_id} cannot be signed: {error}") from error
        except PolymarketError as error:
            raise as_venue_error(error, f"terms of token {order.token_id}") from error
        return SignedOrder(
            order_id=order.order_id,
            venue_order_id=venue_order_id(
                signed, exchange=self._exchange(order.token_id, info), chain_id=self._config.chain_id
            ),
            payload=Secret(
                json.dumps({item.name: getattr(signed, item.name) for item in _CLIENT_FIELDS}, sort_keys=True)
            ),
            signed_at=self._clock.now(),
        )

    def may_sign_at_once(self, order: Order) -> bool:
        """Whether the terms of its token were read."""
        return order.token_id in self._terms

    def sign_at_once(self, order: Order) -> SignedOrder:
        """Sign in one go: the client waits for nothing but terms that grew old, and asks for those before it signs."""
        signing = self.sign(order)
        try:
            signing.send(None)
        except StopIteration as done:
            signed: SignedOrder = done.value
            return signed
        signing.close()
        raise VenueUnavailable(f"order {order.order_id}: the terms of token {order.token_id} have to be read again")

    async def post(self, signed: SignedOrder) -> PostAnswer:
        """Send it, once."""
        order = ClientOrder(**json.loads(signed.payload.reveal()))
        try:
            answer = await self._client.post_order(order)
        except PolymarketError as error:
            return read_failure(error, signed.venue_order_id)
        return read_answer(answer, signed.venue_order_id)

    async def cancel(self, venue_order_ids: Sequence[str]) -> CancelAnswer:
        """Ask once, in as many requests as the venue's limit needs."""
        cancelled: set[str] = set()
        refused: dict[str, str] = {}
        for start in range(0, len(venue_order_ids), _MOST_CANCELS):
            async with _failing("cancelling"):
                answer = await self._client.cancel_orders(order_ids=venue_order_ids[start : start + _MOST_CANCELS])
            cancelled |= {str(one).lower() for one in answer.canceled}
            refused |= {str(one).lower(): why for one, why in answer.not_canceled.items()}
        return CancelAnswer(cancelled=frozenset(cancelled), not_cancelled=refused)

    async def open_orders(self) -> list[VenueOrder]:
        """All pages."""
        async with _failing("open orders"):
            return [open_order(order) async for page in self._client.list_open_orders() for order in page.items]

    async def trades(self, *, after: Instant) -> list[VenueTrade]:
        """All pages, never filtered by token: as a maker ours may be of the other outcome."""
        async with _failing("own trades"):
            pages = self._client.list_account_trades(after=str(max(0, after // SECOND - 1)))
            found = [trade async for page in pages for trade in page.items]
        taken = dict.fromkeys(trade.asset_id for trade in found if trade.trader_side == "TAKER")
        fees = {token_id: await self._fees(token_id) for token_id in taken}
        rows: list[VenueTrade] = []
        for trade in found:
            rows += own_trades(trade, self._client.wallet, fees.get(trade.asset_id))
        return sorted(rows, key=lambda row: row.matched_at)

    async def account(self, token_ids: Collection[str]) -> VenueAccount:
        """Cash, then the tokens, a few at a time: the less time it takes, the less moves meanwhile."""
        turns = asyncio.Semaphore(_READS_AT_ONCE)

        async def held(token_id: str) -> int:
            async with turns:
                return await self._held(token_id)

        async with _failing("balances"):
            cash = await self._client.get_balance_allowance(asset_type="COLLATERAL")
            tokens = sorted(token_ids)
            holdings = dict(zip(tokens, await asyncio.gather(*map(held, tokens)), strict=True))
        return VenueAccount(
            cash=cash.balance, holdings=holdings, observed_at=self._clock.now(), allowances=dict(cash.allowances)
        )

    async def redeem(self, condition_id: str) -> RedeemAnswer:
        """Send the transaction through the relayer, without waiting for it."""
        try:
            handle = await self._client.redeem_positions(condition_id=condition_id)
        except PolicyRefused as refusal:
            return RedeemFailed(message=str(refusal), may_retry=refusal.code in _REDEEM_LATER)
        except PolymarketError as error:
            # The market listing may lag behind the resolution, a lost answer says nothing, an edge answers 403 to
            # anybody for a while, and a key may be put right: only our own policy's word is for good.
            return RedeemFailed(message=f"{type(error).__name__}: {error}", may_retry=True)
        return RedeemAccepted(reference=str(handle.transaction_id or handle.transaction_hash or ""))

    async def redemptions(self, *, after: Instant) -> list[VenueRedemption]:
        """Payouts as the wallet's public activity shows them."""
        async with _failing("redemptions"):
            pages = self._client.list_activity(activity_types=("REDEEM",), start=max(1, after // SECOND))
            found: list[Any] = [one async for page in pages for one in page.items]
        rows = [_redemption(one) for one in found]
        return sorted(rows, key=lambda row: row.redeemed_at)

    async def server_time(self) -> Instant:
        """The venue tells whole seconds; the middle of one is nearest to what it means."""
        async with _failing("the venue's time"):
            told = await self._client._ctx.clob.get_json("/time")
        if not isinstance(told, int | str) or not str(told).isdigit():
            raise PayloadError(f"the venue's time must be seconds since epoch, was {told!r}", field="time", value=told)
        return int(told) * SECOND + SECOND // 2

    async def hints(self) -> AsyncIterator[UserHint]:
        """The user stream; it reconnects by itself, and what its queue had to drop is a gap."""
        async with _failing("the user stream"):
            handle = await self._client.subscribe(UserSpec())
        dropped = 0
        try:
            yield UserHint(kind=HintKind.RECONNECTED, received_at=self._clock.now())
            async for event in handle:
                now = self._clock.now()
                lost = int(getattr(handle, "dropped", 0))
                if lost > dropped:
                    dropped = lost
                    yield UserHint(kind=HintKind.GAP, received_at=now)
                is_trade = getattr(event, "type", "") == "trade"
                yield UserHint(kind=HintKind.TRADE if is_trade else HintKind.ORDER, received_at=now)
        except PolymarketError as error:
            raise as_venue_error(error, "the user stream") from error
        finally:
            await handle.close()

    async def _fees(self, token_id: str) -> Fees | None:
        info = self._known(token_id)
        # One market that is not told any more must not hide the fills of all others, nor its own.
        with suppress(VenueError):
            info = await self._market_info(token_id)
        return Fees(rate=float(info.fee_info.rate), exponent=float(info.fee_info.exponent)) if info else None

    # --- what the client keeps to itself, all in one place ----------------------------------------------------------

    @property
    def _config(self) -> Any:
        return self._client._ctx.environment_config

    async def _market_info(self, token_id: str) -> MarketInfo:
        context = self._client._ctx
        async with _failing(f"terms of token {token_id}"):
            info = await context.order_metadata.resolve_market(context, token_id=cast("ClobAssetId", token_id))
        self._terms.pop(token_id, None)
        self._terms[token_id] = info
        # The client remembers them too, and what it no longer trusts it keeps all the same.
        memory = context.order_metadata
        for known in (self._terms, memory._conditions._values, memory._markets._values):
            _forget_oldest(known)
        return info

    def _known(self, token_id: str) -> MarketInfo | None:
        info = self._terms.pop(token_id, None)
        if info is not None:
            self._terms[token_id] = info
        return info

    def _exchange(self, token_id: str, info: MarketInfo) -> str:
        if protocol_version(token_id) == "3":
            return str(self._config.exchange_v3)
        return str(self._config.neg_risk_exchange if info.neg_risk else self._config.standard_exchange)

    def _expiration(self, order: Order) -> int:
        """When the venue gives up on it if we never come back. The client compares with the machine's own time."""
        life = (order.expires_at - order.submitted_at) // SECOND + _DEAD_MANS_SECONDS
        return max(self._clock.now(), self._wall.now()) // SECOND + life

    async def _held(self, token_id: str) -> int:
        asset_type: AssetType = "CONDITIONAL-V2" if protocol_version(token_id) == "3" else "CONDITIONAL"
        try:
            held = await self._client.get_balance_allowance(asset_type=asset_type, asset_id=token_id)
        except (TransportError, UnexpectedResponseError, RequestRejectedError) as error:
            if isinstance(error, RequestRejectedError) and error.status not in _ONCE_MORE:
                raise
            # One failed answer of dozens would cost the whole reading.
            held = await self._client.get_balance_allowance(asset_type=asset_type, asset_id=token_id)
        return int(held.balance)


def _as_dict(signed: ClientOrder) -> dict[str, Any]:
    # What dataclasses.asdict gives, without its copies: all of it is plain.
    return {item.name: getattr(signed, item.name) for item in _CLIENT_FIELDS}


def _forget_oldest(known: MutableMapping[Any, Any]) -> None:
    while len(known) > _REMEMBERED_TERMS:
        del known[next(iter(known))]


def _redemption(row: Any) -> VenueRedemption:
    return VenueRedemption(
        redemption_id=f"{row.transaction_hash}/{row.condition_id}",
        condition_id=row.condition_id,
        cash=micro(row.amount),
        redeemed_at=instant(row.timestamp),
    )


@asynccontextmanager
async def _failing(what: str) -> AsyncIterator[None]:
    """Turn what the client raises into our own errors."""
    try:
        yield
    except PolymarketError as error:
        raise as_venue_error(error, what) from error
