"""Frames made other than they should be: older or renamed schemas, frames about nothing, frames without some tokens."""

from __future__ import annotations

from typing import Any

from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.checksum import checksummed
from copytrade_live.sandbox.ids import hex_id, wallet_address

Payload = Row | list[Row]
# Names that a stream has once had, or may have tomorrow.
_RENAMED = {
    "proxyWallet": "proxy_wallet",
    "transactionHash": "transaction_hash",
    "conditionId": "condition_id",
    "bids": "buys",
    "asks": "sells",
    "maker_orders": "makers",
    "size_matched": "matched",
}
_FLAT = ("asset_id", "price", "side", "size", "hash")


def another_schema(payload: Payload) -> Payload:
    """The same news in other words: flat price changes, buys and sells, snake case, the name of another channel."""
    if isinstance(payload, list):
        return [one for part in payload for one in _listed(another_schema(part))]
    changes: Any = payload.get("price_changes")
    if isinstance(changes, list):
        shared = {"event_type": "price_change", "market": payload["market"], "timestamp": payload["timestamp"]}
        return [shared | {name: change[name] for name in _FLAT} for change in changes]
    renamed: Row = {_RENAMED.get(name, name): value for name, value in payload.items()}
    inner: Any = payload.get("payload")
    if isinstance(inner, dict):
        renamed |= {"type": "order_matched", "payload": {_RENAMED.get(name, name): inner[name] for name in inner}}
    return renamed


def noise(payload: Payload, number: int) -> Payload:
    """A frame that a flood is made of: of the activity stream a stranger's fill, of the others the same again."""
    inner: Any = payload.get("payload") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(inner, dict):
        return payload
    tx = inner.get("transactionHash") or inner.get("transaction_hash")
    stranger = {
        "proxyWallet": checksummed(wallet_address("flood", number % 64)),
        "transactionHash": hex_id("flood", tx, inner.get("price"), inner.get("size"), number),
    }
    return payload | {"payload": inner | stranger}


def without_tokens(payload: Payload, tokens: frozenset[str]) -> Payload | None:
    """A frame without what it says about some tokens, None when nothing is left; no tokens means all."""
    if not tokens:
        return None
    if isinstance(payload, list):
        return [one for one in payload if _token(one) not in tokens] or None
    changes: Any = payload.get("price_changes")
    if isinstance(changes, list):
        kept = [change for change in changes if change["asset_id"] not in tokens]
        return payload | {"price_changes": kept} if kept else None
    return None if _token(payload) in tokens else payload


def _token(payload: Row) -> str:
    inner: Any = payload.get("payload")
    return str(inner.get("asset", "") if isinstance(inner, dict) else payload.get("asset_id", ""))


def _listed(payload: Payload) -> list[Row]:
    return payload if isinstance(payload, list) else [payload]
