"""What the venue notifies a wallet's owner of: cancels, fills, fills that failed, and payouts made for him."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Row, answer
from copytrade_live.sandbox.exchange.redeeming import Redemption
from copytrade_live.sandbox.exchange.rules import number
from copytrade_live.sandbox.exchange.terms import Change, ChangeKind, Order, Trade, TradeStatus
from copytrade_live.sandbox.exchange.wallets import wallet_of
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldMarket

CANCELLATION, FILL, FILL_FAILED, AUTO_REDEEMED = 1, 2, 8, 9
MOST = 1000


@dataclass(frozen=True, slots=True)
class Notification:
    """One of them, with its payload as the venue writes it."""

    number: int
    account: str
    at: Instant
    kind: int
    payload: Row


class Notifications:
    """Answers /notifications; keeps the latest thousand."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._venue, self._desk = venue, desk
        self._kept: dict[int, Notification] = {}
        self._count = 0
        desk.exchange.listeners.append(self._hear)

    async def serve(self, request: Request) -> Response:
        """List a wallet's notifications, or drop some."""
        key = await self._desk.caller(request)
        self._desk.now()
        params = Params.of(request)
        signature_type = params.whole("signature_type", 0, most=3)
        wallets = {wallet_of(key.address, signature_type), *self._desk.sessions.wallets(key.address)}
        if request.method == "DELETE":
            for wanted in params.many("ids"):
                if wanted.isdecimal() and int(wanted) in self._kept and self._kept[int(wanted)].account in wallets:
                    del self._kept[int(wanted)]
            return answer("OK")
        return answer([_row(one, key.key) for one in self._kept.values() if one.account in wallets])

    def _hear(self, change: Change) -> None:
        if change.kind is ChangeKind.CANCELLED and change.order is not None:
            self._note(change, CANCELLATION, self._order_payload(change.order, None))
        elif change.kind is ChangeKind.TRADE and change.trade is not None:
            kind = {TradeStatus.MATCHED: FILL, TradeStatus.FAILED: FILL_FAILED}.get(change.trade.status)
            for leg in change.trade.legs_of(change.account) if kind is not None else ():
                order = self._desk.exchange.orders[leg.order_id]
                self._note(change, kind or FILL, self._order_payload(order, change.trade))
        elif change.kind is ChangeKind.REDEEMED and change.redemption is not None and change.redemption.is_automatic:
            self._note(change, AUTO_REDEEMED, self._payout_payload(change.redemption))

    def _note(self, change: Change, kind: int, payload: Row) -> None:
        self._count += 1
        self._kept[self._count] = Notification(self._count, change.account, change.at, kind, payload)
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def _order_payload(self, order: Order, trade: Trade | None) -> Row:
        new, listing = order.new, order.listing
        market = self._market(listing.condition_id)
        outcome = listing.outcome_of(new.token_id)
        return {
            "asset_id": new.token_id,
            "market": listing.condition_id,
            "order_id": order.order_id,
            "side": new.side.value,
            "type": new.order_type.value,
            "price": number(order.price),
            "original_size": number(order.size),
            "matched_size": number(order.matched),
            "remaining_size": number(max(order.rest, 0)),
            "outcome": listing.outcomes[outcome],
            "outcome_index": outcome,
            "transaction_hash": trade.transaction if trade else "",
            "trade_id": trade.trade_id if trade else "",
            "question": market.question,
            "market_slug": market.slug,
            "icon": "",
            "image": "",
            "eventSlug": market.event_slug,
            "seriesSlug": "",
        }

    def _payout_payload(self, redemption: Redemption) -> Row:
        market = self._market(redemption.condition_id)
        winner = 0 if redemption.shares[0] >= redemption.shares[1] else 1
        return {
            "proxyWallet": redemption.account,
            "amount": number(redemption.cash),
            "conditionId": redemption.condition_id,
            "question": market.question,
            "image": "",
            "slug": market.slug,
            "position": market.outcomes[winner],
            "negRisk": market.neg_risk,
            "txnHash": redemption.transaction,
        }

    def _market(self, condition_id: str) -> WorldMarket:
        return self._venue.markets[self._venue.by_condition[condition_id]]


def _row(one: Notification, owner: str) -> Row:
    return {"id": one.number, "owner": owner, "timestamp": one.at // SECOND, "type": one.kind, "payload": one.payload}
