"""A request as faults see it: what it asks, and whether it sends orders, cancels them, or needs a key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from copytrade_live.sandbox.fault_kinds import CATALOGUE, FaultKind, Point

ORDER_PATHS = frozenset(("/order", "/orders"))
SUBMIT_PATH = "/submit"
CANCEL_PATHS = ORDER_PATHS | {"/cancel-all", "/cancel-market-orders"}


@dataclass(frozen=True)
class Asked:
    """One HTTP request, read whole; key is the same when it is asked again."""

    method: str
    path: str
    query: str
    body: bytes
    key: str
    has_api_key: bool

    @property
    def is_order(self) -> bool:
        """Whether it sends orders."""
        return self.method == "POST" and self.path in ORDER_PATHS

    @property
    def is_submission(self) -> bool:
        """Whether it has the relayer send a transaction."""
        return self.method == "POST" and self.path == SUBMIT_PATH

    @property
    def is_cancel(self) -> bool:
        """Whether it cancels orders."""
        return self.method == "DELETE" and self.path in CANCEL_PATHS

    @cached_property
    def orders(self) -> list[dict[str, Any]]:
        """What it sends, one dictionary an order with its order type and flags; empty when it is none or unreadable."""
        payload = _parsed(self.body) if self.is_order else None
        listed = payload if isinstance(payload, list) else [payload]
        return [one for one in listed if isinstance(one, dict) and isinstance(one.get("order"), dict)]

    @cached_property
    def cancelled_ids(self) -> list[str]:
        """The orders it cancels by id."""
        payload = _parsed(self.body) if self.is_cancel else None
        if isinstance(payload, dict):
            payload = [payload["orderID"]] if "orderID" in payload else []
        return [str(one) for one in payload] if isinstance(payload, list) else []

    def fits(self, kind: FaultKind) -> bool:
        """Whether it is of the sort that a fault may befall."""
        match CATALOGUE[kind].point:
            case Point.ORDER:
                return self.is_order
            case Point.SENT:
                return self.is_order or self.is_submission
            case Point.CANCEL:
                return bool(self.cancelled_ids)
            case Point.ACCOUNT:
                return self.has_api_key
        return True


async def read_request(scope: Scope, receive: Receive) -> Asked:
    """Take a request off the wire."""
    body, is_more = b"", True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    method, path, query = str(scope["method"]), str(scope["path"]), scope["query_string"].decode()
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    key = hashlib.sha256(repr((method, path, pairs, _without_ids(body))).encode()).hexdigest()
    has_api_key = any(name.lower() in (b"poly_api_key", b"poly-api-key") for name, _ in scope["headers"])
    return Asked(method, path, query, body, key, has_api_key)


def price_of(order: dict[str, Any]) -> float | None:
    """Dollars per share that a signed order names; None when it is unreadable."""
    try:
        made, taken = int(order["makerAmount"]), int(order["takerAmount"])
        dollars, shares = (made, taken) if str(order["side"]).upper() in ("BUY", "0") else (taken, made)
        return round(dollars / shares, 6)
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        return None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _without_ids(body: bytes) -> object:
    """A JSON-RPC call's body but for its number, which is new each time it is asked again."""
    calls: Any = _parsed(body)
    if calls is None:
        return body
    if isinstance(calls, list):
        return [_without_id(call) for call in calls]
    return _without_id(calls)


def _without_id(call: object) -> object:
    return {name: call[name] for name in sorted(call) if name != "id"} if isinstance(call, dict) else call
