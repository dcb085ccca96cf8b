"""Faults of the order path: false refusals, lost cancels, changed grids, and answers that say too little."""

from __future__ import annotations

import json
from collections.abc import Callable

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.fault_effects import EDGE_PAGE, HTML, Reply
from copytrade_live.sandbox.fault_requests import Asked, price_of
from copytrade_live.sandbox.fault_settings import Fault
from copytrade_live.sandbox.fault_windows import said
from copytrade_live.sandbox.ticks import grid_broken_by
from copytrade_live.sandbox.venue import Venue

_HUGE = 2_000_000


class OrderFaults:
    """Remembers which tokens are falsely without balance, and changes grids under orders."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._locked: dict[str, Instant] = {}

    def lock(self, asked: Asked, fault: Fault) -> None:
        """From now on the first order's token seems to be paid for by orders long gone."""
        until = self._venue.now() + round(fault.window_seconds * SECOND)
        self._locked |= {_token(order["order"]): until for order in asked.orders[:1]}

    def locked(self, asked: Asked) -> Reply | None:
        """The refusal of an order for a locked token."""
        for order in asked.orders if self._locked else ():
            if self._locked.get(_token(order["order"]), 0) > self._venue.now():
                amount = order["order"].get("makerAmount", "0")
                return said(
                    400,
                    "not enough balance / allowance: the balance is not enough -> "
                    f"balance: {amount}, sum of matched orders: {amount}, order amount: {amount}",
                )
        return None

    def breakable(self, asked: Asked) -> tuple[int, float] | None:
        """A market among the request's whose grid can be changed so that its order breaks it, and that grid."""
        now = self._venue.now()
        for order in asked.orders:
            known, price = self._venue.by_token.get(_token(order["order"])), price_of(order["order"])
            if known is None or price is None:
                continue
            grid = grid_broken_by(price, self._venue.tick_size(known[0], now))
            if grid is not None:
                return known[0], grid
        return None

    def change_tick(self, asked: Asked, fault: Fault) -> None:
        """Put a market on a grid that the order breaks."""
        found = self.breakable(asked)
        if found is not None:
            until = self._venue.now() + round(fault.window_seconds * SECOND)
            self._venue.ticks.change(*found, until)


def lost_cancel(asked: Asked) -> Reply:
    """What a cancel that worked would have said."""
    body = {"not_canceled": {}, "canceled": asked.cancelled_ids}
    return Reply(200, json.dumps(body, separators=(",", ":")).encode())


def odd_answer(reply: Reply, luck: float) -> Reply:
    """The answer to an order, spoilt in one of many ways that leave its outcome open."""
    return _ODDITIES[int(luck * len(_ODDITIES))](reply)


def _token(order: dict[str, object]) -> str:
    return str(order.get("tokenId", ""))


def _changed(change: Callable[[dict[str, object]], object]) -> Callable[[Reply], Reply]:
    def spoil(reply: Reply) -> Reply:
        try:
            payload = json.loads(reply.body)
        except ValueError:
            return reply
        for one in payload if isinstance(payload, list) else [payload]:
            if isinstance(one, dict):
                change(one)
        return reply.with_body(json.dumps(payload).encode())

    return spoil


_ODDITIES: tuple[Callable[[Reply], Reply], ...] = (
    _changed(lambda answer: answer.update(orderID="")),
    _changed(lambda answer: answer.update(status="ORDER_STATUS_PONDERED")),
    _changed(lambda answer: answer.update(errorMsg=None)),
    _changed(lambda answer: answer.pop("orderID", None)),
    _changed(lambda answer: answer.update(takingAmount=float("nan"), makingAmount="1e400")),
    _changed(lambda answer: answer.update({"extra": {"nested": [1, None]}, "engine": "v4"})),
    lambda reply: reply.with_body(b'{"pad":"' + b"x" * _HUGE + b'"}'),
    lambda reply: Reply(200, EDGE_PAGE, HTML),
    lambda reply: reply.with_body(b""),
    lambda reply: reply.with_body(b"null"),
)
