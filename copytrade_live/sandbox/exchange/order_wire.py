"""Orders as they arrive, and orders and trades as the venue tells them: JSON with decimals as strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from copytrade_live.core.market import SECOND, Side
from copytrade_live.sandbox.exchange.api_keys import ApiKey
from copytrade_live.sandbox.exchange.eip712 import SignedFields
from copytrade_live.sandbox.exchange.rules import number
from copytrade_live.sandbox.exchange.signatures import WRONG_VERSION, Sessions, check_signature
from copytrade_live.sandbox.exchange.terms import (
    Leg,
    NewOrder,
    Order,
    OrderStatus,
    OrderType,
    Placed,
    Refused,
    Trade,
)

Row = dict[str, object]
BAD_PAYLOAD = "Invalid order payload"
WRONG_OWNER = "the order owner has to be the owner of the API KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One element of an order request, read but not yet checked."""

    fields: SignedFields
    signature: bytes
    owner: str
    order_type: OrderType
    expiration: int
    post_only: bool


def read_posted(body: Any) -> Posted:
    """Read one order, its keys in any order. Raises: Refused when it is malformed or of a dead version."""
    try:
        order = body["order"]
        if "nonce" in order and "timestamp" not in order:
            raise Refused(400, WRONG_VERSION)
        fields = SignedFields(
            salt=int(order["salt"]),
            maker=_address(order["maker"]),
            signer=_address(order["signer"]),
            token_id=str(int(order["tokenId"])),
            making=_natural(order["makerAmount"]),
            taking=_natural(order["takerAmount"]),
            side={"BUY": 0, "SELL": 1}[order["side"]],
            signature_type=_natural(order["signatureType"], most=3),
            timestamp=_natural(order["timestamp"]),
            metadata=_bytes32(order["metadata"]),
            builder=_bytes32(order["builder"]),
        )
        return Posted(
            fields=fields,
            signature=bytes.fromhex(order["signature"].removeprefix("0x")),
            owner=str(body["owner"]),
            order_type=OrderType(body["orderType"]),
            expiration=_natural(order.get("expiration") or 0),
            post_only=body.get("postOnly") is True,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(400, BAD_PAYLOAD) from None


def checked_order(posted: Posted, key: ApiKey, *, neg_risk: bool, sessions: Sessions) -> NewOrder:
    """An order whose sender, wallet and signature have been checked. Raises: Refused."""
    if posted.owner != key.key:
        raise Refused(400, WRONG_OWNER)
    if posted.post_only and posted.order_type.is_immediate:
        raise Refused(400, BAD_PAYLOAD)
    fields = posted.fields
    checked = check_signature(fields, posted.signature, key_address=key.address, neg_risk=neg_risk, sessions=sessions)
    return NewOrder(
        order_id=checked.order_id,
        account=fields.maker.lower(),
        owner=key.key,
        token_id=fields.token_id,
        side=Side.BUY if fields.side == 0 else Side.SELL,
        making=fields.making,
        taking=fields.taking,
        order_type=posted.order_type,
        expiration=posted.expiration * SECOND,
        post_only=posted.post_only,
        signature_type=fields.signature_type,
        spender=checked.spender,
    )


def placed_row(placed: Placed) -> Row:
    """The answer to an order that was taken; amounts of what matched at once, in human decimals."""
    order, trades = placed
    dollars = sum(trade.taker.price * trade.taker.size // 1_000_000 for trade in trades)
    shares = sum(trade.taker.size for trade in trades)
    making, taking = (dollars, shares) if order.is_buy else (shares, dollars)
    status = "delayed" if order.status is OrderStatus.DELAYED else "matched" if trades else "live"
    row: Row = {
        "errorMsg": "",
        "orderID": order.order_id,
        "takingAmount": number(taking) if trades else "",
        "makingAmount": number(making) if trades else "",
        "status": status,
        "success": True,
    }
    return row | {"tradeIDs": [trade.trade_id for trade in trades]} if trades else row


def order_row(order: Order) -> Row:
    """One order as /data/orders tells it."""
    new, listing = order.new, order.listing
    return {
        "id": order.order_id,
        "status": order.status.value,
        "owner": new.owner,
        "maker_address": new.account,
        "market": listing.condition_id,
        "asset_id": new.token_id,
        "side": new.side.value,
        "original_size": number(order.size),
        "size_matched": number(order.matched),
        "price": number(order.price),
        "outcome": listing.outcomes[listing.outcome_of(new.token_id)],
        "expiration": str(new.expiration // SECOND),
        "order_type": new.order_type.value,
        "associate_trades": list(order.trades),
        "created_at": order.placed_at // SECOND,
    }


def trade_row(trade: Trade, account: str) -> Row:
    """One trade as /data/trades tells it to one of its wallets; everything at the top is the taker's."""
    taker = trade.taker
    is_taker = taker.account == account
    return {
        "id": trade.trade_id,
        "taker_order_id": taker.order_id,
        "market": trade.condition_id,
        "asset_id": taker.token_id,
        "side": taker.side.value,
        "size": number(taker.size),
        "fee_rate_bps": "0",
        "price": number(taker.price),
        "status": trade.status.value,
        "match_time": str(trade.matched_at // SECOND),
        "last_update": str(trade.updated_at // SECOND),
        "outcome": taker.outcome,
        "bucket_index": 0,
        "owner": taker.owner,
        "maker_address": taker.address,
        "transaction_hash": trade.transaction,
        "maker_orders": [_maker_row(leg) for leg in trade.makers],
        "trader_side": "TAKER" if is_taker else "MAKER",
    }


def _maker_row(leg: Leg) -> Row:
    return {
        "order_id": leg.order_id,
        "owner": leg.owner,
        "maker_address": leg.address,
        "matched_amount": number(leg.size),
        "price": number(leg.price),
        "fee_rate_bps": "0",
        "asset_id": leg.token_id,
        "outcome": leg.outcome,
        "side": leg.side.value,
    }


def _natural(value: Any, *, most: int = 2**256 - 1) -> int:
    amount = int(value)
    if not 0 <= amount <= most or isinstance(value, bool | float):
        raise ValueError(value)
    return amount


def _address(value: str) -> str:
    if len(bytes.fromhex(value.removeprefix("0x"))) != 20:
        raise ValueError(value)
    return value


def _bytes32(value: str) -> bytes:
    data = bytes.fromhex(value.removeprefix("0x"))
    if len(data) != 32:
        raise ValueError(value)
    return data
