"""What each fault does to an answer: one sent instead of it, or the same one spoilt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.fault_settings import Fault

_TOO_MANY = b'{"error":"Too Many Requests"}'
EDGE_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please wait</body></html>"
HTML = ((b"content-type", b"text/html; charset=UTF-8"),)
_LISTS = ("data", "markets", "events")
_BLANK_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/json"),)

    def with_body(self, body: bytes) -> Reply:
        """The same answer with another body."""
        headers = tuple(pair for pair in self.headers if pair[0].lower() != b"content-length")
        return Reply(self.status, body, headers)


def rate_limited(fault: Fault, luck: float) -> Reply:
    """429 that says when to come back."""
    return _with_retry_after(Reply(429, _TOO_MANY), fault)


def with_bucket(reply: Reply, fault: Fault, now: Instant) -> Reply:
    """The same refusal with what it says of the signer's bucket, as orders and cancels get it."""
    told = {"remaining": "0", "reset": str(now // SECOND + fault.retry_after_seconds), "tier": "standard"}
    headers = ((f"poly-ratelimit-{name}".encode(), text.encode()) for name, text in told.items())
    return Reply(reply.status, reply.body, (*reply.headers, *headers))


def rate_limited_silently(fault: Fault, luck: float) -> Reply:
    """429 that does not."""
    return Reply(429, _TOO_MANY)


def throttled_200(fault: Fault, luck: float) -> Reply:
    """A refusal dressed as success."""
    return Reply(200, _TOO_MANY)


def server_error(fault: Fault, luck: float) -> Reply:
    """One of the failures in front of or behind the venue's edge."""
    status = (500, 502, 503, 504)[int(luck * 4)]
    reply = Reply(status, json.dumps({"error": f"sandbox fault {status}"}).encode())
    return _with_retry_after(reply, fault) if status == 503 else reply


def html_body(fault: Fault, luck: float) -> Reply:
    """The edge's own page."""
    return Reply((200, 403, 429, 503)[int(luck * 4)], EDGE_PAGE, HTML)


def truncated_json(reply: Reply, luck: float) -> Reply | None:
    """An object or a list that ends early; None for other bodies, of which a part may still be JSON."""
    if reply.body[:1] not in (b"{", b"[") or len(reply.body) < 2:
        return None
    return reply.with_body(reply.body[: 1 + int(luck * (len(reply.body) - 1))])


def unordered_rows(reply: Reply, luck: float) -> Reply | None:
    """The same rows in another order; None when there are fewer than two."""
    payload = _parsed(reply)
    rows = _rows(payload)
    if len(rows) < 2:
        return None
    order = np.random.default_rng(int(luck * 2**32)).permutation(len(rows))
    rows[:] = [rows[place] for place in order.tolist()]
    return reply.with_body(_compact(payload))


def skipped_rows(reply: Reply, luck: float) -> Reply | None:
    """The page without a run of its rows; None when there are fewer than two."""
    payload = _parsed(reply)
    rows = _rows(payload)
    if len(rows) < 2:
        return None
    first = int(luck * (len(rows) - 1))
    del rows[first : first + max(len(rows) // 5, 1)]
    return reply.with_body(_compact(payload))


def blank_fields(reply: Reply, luck: float) -> Reply | None:
    """Half of the ledger rows without their index and event; None when there are no such rows."""
    payload = _parsed(reply)
    rows = [row for row in _rows(payload) if isinstance(row, dict) and {"outcome_index", "outcomeIndex"} & row.keys()]
    rows = [row for row in rows if {"transaction_hash", "transactionHash"} & row.keys()]
    chances = np.random.default_rng(int(luck * 2**32)).random(len(rows))
    chosen = [row for row, chance in zip(rows, chances.tolist(), strict=True) if chance < _BLANK_SHARE] or rows[:1]
    for row in chosen:
        is_snake = "outcome_index" in row
        row["outcome_index" if is_snake else "outcomeIndex"] = 999
        row["event_slug" if is_snake else "eventSlug"] = ""
    return reply.with_body(_compact(payload)) if chosen else None


INSTEAD: dict[FaultKind, Callable[[Fault, float], Reply]] = {
    FaultKind.RATE_LIMITED: rate_limited,
    FaultKind.RATE_LIMITED_SILENTLY: rate_limited_silently,
    FaultKind.THROTTLED_200: throttled_200,
    FaultKind.SERVER_ERROR: server_error,
    FaultKind.HTML_BODY: html_body,
}
SPOILT: dict[FaultKind, Callable[[Reply, float], Reply | None]] = {
    FaultKind.TRUNCATED_JSON: truncated_json,
    FaultKind.SKIPPED_ROWS: skipped_rows,
    FaultKind.UNORDERED_ROWS: unordered_rows,
    FaultKind.BLANK_FIELDS: blank_fields,
}


def _with_retry_after(reply: Reply, fault: Fault) -> Reply:
    return Reply(reply.status, reply.body, (*reply.headers, (b"retry-after", str(fault.retry_after_seconds).encode())))


def _parsed(reply: Reply) -> object:
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def _rows(payload: object) -> list[object]:
    if isinstance(payload, dict):
        payload = next((payload[name] for name in _LISTS if isinstance(payload.get(name), list)), None)
    return payload if isinstance(payload, list) else []


def _compact(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
