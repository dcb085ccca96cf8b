"""What the venue refuses, or tells wrongly, while a window is open: restarts, bans, stops and skewed clocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.fault_effects import EDGE_PAGE, HTML, Reply
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.fault_requests import Asked
from copytrade_live.sandbox.faults import FaultBook, Window

RESTARTING = "the matching engine is restarting, please try again later"
DISABLED = "Trading is currently disabled. Check polymarket.com for updates"
CANCEL_ONLY = "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
POST_ONLY = "post-only mode: only post-only orders and cancels are allowed"
UNAUTHORIZED = "Unauthorized/Invalid api key"
GEOBLOCK = (
    "Trading restricted in your region, please refer to available regions - "
    "https://docs.polymarket.com/developers/CLOB/geoblock"
)
_HALF = 0.5


class WindowFaults:
    """Refuses what the open windows refuse, in the order of the edge, the key and the engine."""

    def __init__(self, book: FaultBook, now: Callable[[], Instant]) -> None:
        self._book, self._now = book, now

    def refused(self, asked: Asked) -> Reply | None:
        """The answer to a request while a window is open; None lets it through."""
        now = self._now()
        for kind, reply in self._refusals(asked, now):
            self._book.count(kind)
            return reply
        return None

    def spoilt(self, asked: Asked, reply: Reply) -> Reply:
        """An answer as a skewed clock gives it."""
        window = self._open(FaultKind.CLOCK_SKEWED, asked, self._now()) if asked.path == "/time" else None
        if window is None or reply.status != 200:
            return reply
        self._book.count(FaultKind.CLOCK_SKEWED)
        return reply.with_body(str(int(reply.body) + round(window.fault.skew_seconds)).encode())

    def _refusals(self, asked: Asked, now: Instant) -> Iterator[tuple[FaultKind, Reply]]:
        if asked.is_order and (window := self._open(FaultKind.GEOBLOCK, asked, now)):
            blocked = Reply(403, EDGE_PAGE, HTML) if window.luck < _HALF and window.number else said(403, GEOBLOCK)
            yield FaultKind.GEOBLOCK, blocked
        if asked.has_api_key and self._open(FaultKind.KEY_REVOKED, asked, now):
            yield FaultKind.KEY_REVOKED, said(401, UNAUTHORIZED)
        if not asked.is_order and not asked.is_cancel:
            return
        if window := self._open(FaultKind.RESTART, asked, now):
            ends_in = window.opened_at + window.fault.open_for - now
            if ends_in > window.fault.post_only_seconds * SECOND:
                yield FaultKind.RESTART, said(425, RESTARTING)
            elif asked.is_order and not (asked.orders and all(order.get("postOnly") for order in asked.orders)):
                yield FaultKind.RESTART, _post_only(-(-ends_in // SECOND))
        if self._open(FaultKind.TRADING_DISABLED, asked, now):
            yield FaultKind.TRADING_DISABLED, said(503, DISABLED)
        if asked.is_order and self._open(FaultKind.CANCEL_ONLY, asked, now):
            yield FaultKind.CANCEL_ONLY, said(503, CANCEL_ONLY)

    def _open(self, kind: FaultKind, asked: Asked, now: Instant) -> Window | None:
        return self._book.window(kind, now, path=asked.path) if self._book.has(kind) else None


def said(status: int, message: str) -> Reply:
    """A refusal in the CLOB's form."""
    return Reply(status, json.dumps({"error": message}, separators=(",", ":")).encode())


def _post_only(seconds: int) -> Reply:
    body = {"error": POST_ONLY, "code": "post_only_mode", "retry_after_seconds": seconds}
    reply = Reply(503, json.dumps(body, separators=(",", ":")).encode())
    return replace(reply, headers=(*reply.headers, (b"retry-after", str(seconds).encode())))
