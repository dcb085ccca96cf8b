"""How often each signed order came in, counted in front of every fault: whoever sends one twice is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.fault_requests import Asked, read_request
from copytrade_live.sandbox.replayed import Replayed

ORDER_PATHS = ("/order", "/orders")


@dataclass
class PostLog:
    """Orders received, by signature: two posts with one signature are one order sent twice."""

    times: dict[str, int] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, asked: Asked) -> None:
        """Count the orders of a request."""
        for one in asked.orders:
            signature = str(one["order"].get("signature", ""))
            self.times[signature] = self.times.get(signature, 0) + 1
            self.orders[signature] = one["order"]

    def rows(self, wallets: set[str]) -> Iterator[Row]:
        """A row for each signed order of some wallets, accepted or not."""
        for signature, order in self.orders.items():
            if str(order.get("maker", "")).lower() in wallets:
                yield {
                    "wallet": str(order["maker"]).lower(),
                    "signature": signature,
                    "token_id": str(order.get("tokenId", "")),
                    "side": str(order.get("side", "")),
                    "times": self.times[signature],
                }


class PostLogMiddleware:
    """Reads each order on its way in and lets it through as it came."""

    def __init__(self, app: ASGIApp, log: PostLog) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in ORDER_PATHS:
            await self._app(scope, receive, send)
            return
        asked = await read_request(scope, receive)
        self._log.note(asked)
        await self._app(scope, Replayed(asked.body, receive).receive, send)
