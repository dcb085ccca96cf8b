"""Opaque signed cursors of the v2 data API: they hold a place and the filters they belong to."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from copytrade_live.sandbox.answers import Refusal

# Signs nothing of worth: it only lets a sandbox tell its own cursors from made-up ones.
_KEY = b"copytrade sandbox cursor"


def make_cursor(kind: str, filters: str, place: int) -> str:
    """A cursor that continues after place under these filters."""
    data = {"type": kind, "params": {"p": place, "f": hashlib.sha256(filters.encode()).hexdigest()[:16]}}
    signed = {"data": data, "sig": _sign(data)}
    return base64.urlsafe_b64encode(_compact(signed)).decode().rstrip("=")


def read_cursor(cursor: str, kind: str, filters: str) -> int:
    """The place a cursor holds. Raises: Refusal when it is not ours, or belongs to other filters."""
    if not cursor:
        raise Refusal(400, "invalid cursor", parameter="cursor")
    try:
        signed = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        data, signature = signed["data"], signed["sig"]
        place, made_for = data["params"]["p"], data["params"]["f"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise Refusal(400, "invalid cursor", parameter="cursor") from None
    if not hmac.compare_digest(str(signature), _sign(data)) or data.get("type") != kind:
        raise Refusal(400, "invalid cursor", parameter="cursor")
    if made_for != hashlib.sha256(filters.encode()).hexdigest()[:16]:
        raise Refusal(400, "cursor does not match the request's filters", parameter="cursor")
    return int(place)


def _sign(data: object) -> str:
    return hmac.new(_KEY, _compact(data), hashlib.sha256).hexdigest()[:32]


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
