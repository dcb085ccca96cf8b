"""Frames of the activity stream: whose fill it is, found without reading the rest; and the fill itself."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import msgspec

from copytrade_live.errors import PayloadError
from copytrade_live.venue.fields import refuse, row_of
from copytrade_live.venue.rows import FillRow
from copytrade_live.venue.wire_data import parse_fill

ACTIVITY_TYPES = ("trades", "orders_matched")
_WALLET = re.compile(r'"proxyWallet"\s*:\s*"(0x[0-9a-fA-F]{40})"')
_decode = msgspec.json.Decoder().decode


def subscriptions() -> Sequence[str]:
    """What asks for all fills. One frame a type: an unknown type fails the whole frame it stands in."""
    return [
        json.dumps({"action": "subscribe", "subscriptions": [{"topic": "activity", "type": name}]})
        for name in ACTIVITY_TYPES
    ]


def wallet_of(frame: str) -> str | None:
    """The wallet a frame tells of, in lower case; None when it tells of none. Nothing else is read."""
    found = _WALLET.search(frame)
    return None if found is None else found[1].lower()


def parse_activity_frame(frame: str) -> FillRow:
    """The fill a frame tells of. Raises: PayloadError."""
    try:
        message = row_of(_decode(frame), "frame")
    except (msgspec.DecodeError, RecursionError) as error:
        raise PayloadError(
            f"the frame is not JSON ({error}): {frame[:120]}", field="frame", value=frame[:120]
        ) from None
    if message.get("topic") != "activity":
        refuse("topic", message.get("topic"), "activity")
    return parse_fill(message.get("payload"))
